"""Tokenization in TensorFlow string ops, used unchanged in training and serving.

The files in reading order:

- `split`: splits texts at the matches of a pattern.
- `tokens`: splits texts into words, single Han characters and single digits, with offsets in code
  points of the unchanged input.
- `vocabulary`: maps tokens and characters to ids, `<pad>` 0, `<unk>` 1.
- `shapes`: classifies tokens by capitals, digits and signs.
- `subwords`: lossless SentencePiece tokenization, trained on texts.
- `piece_files`, `extending`: SentencePiece model files, and adding pieces to a trained model.
- `protect`: replaces strings that a translation must keep with placeholders, and restores them.
- `glossary`: protects terms with a given translation in the same way.
- `sentences`: splits texts into sentences.
- `ngrams`: hashes n-grams of words and characters to ids.
- `scripts`: counts letters per script.
- `row_ids`: the row of each value of a ragged tensor.

TensorFlow's string ops and Python's `str` methods split and lower-case differently, so this room
never tokenizes in Python.
"""
