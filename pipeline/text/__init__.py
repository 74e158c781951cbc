"""Strings <-> ids, written once in TensorFlow string ops, for training and serving alike.

Read in this order:

- `tokens`: a text becomes words, single Han characters and single digits, with offsets in code
  points into the exact input.
- `vocabulary`: tokens and characters become ids, `<pad>` 0, `<unk>` 1.
- `shapes`: how a token is written: capitals, digits, signs.
- `subwords`: pieces of words, learnt by SentencePiece; every text comes back as it was.
- `piece_files`, `extending`: their model files, and pieces of new texts behind those of old ones.
- `protect`: what a translation must not change, set aside and put back.
- `glossary`: terms whose translation is given, set aside likewise.
- `sentences`: a text cut at the ends of its sentences.
- `ngrams`: what stands side by side, hashed to ids.
- `scripts`: what letters are written in.

TensorFlow's string ops and Python's `str` methods split and lower-case differently, so text is
never tokenised in Python here.
"""
