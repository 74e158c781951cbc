"""Readers and writers of annotated utterances, one module per format.

- `jsonl`, `doccano`: one object per line; `smp`, `label_studio`: a list of objects. `objects` holds
  what these four share: parsing of spans, and the keys that this project adds.
- `triples`, `table`, `conll`: one tag per word; `tagging` converts between tags and spans.
- `inline`, `rasa`: `[value](slot)` inside the text; `markup` parses and renders it.

`read(path, columns, on_error)` reads a file and yields its `Utterance`s unchanged. A bad line is
passed to `on_error` with its file, line, what is wrong and what was expected; it is not yielded.

`write(utterances, path, scheme)` is the inverse of `read`. If the format cannot represent an
utterance, `write` raises a `RowError` with the utterance's own file and line, or `writer` detects
the difference when it reads the file back.
"""
