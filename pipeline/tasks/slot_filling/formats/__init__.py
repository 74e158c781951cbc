"""Readers and writers of annotated utterances, one module a format.

- `jsonl`, `doccano`: an object a line; `smp`, `label_studio`: a list of objects. `objects` is
  what these four share: spans as their keys have them, and the keys that this project adds.
- `triples`, `table`, `conll`: a tag a word; `tagging` lays tags over a text and back.
- `inline`, `rasa`: `[value](slot)` inside the text; `markup` reads and writes that.

`read(path, columns, on_error)` goes through a file once and yields `Utterance`s as they stand
there. A bad line goes to `on_error` with its file, line, what is wrong and what was expected, and
is not yielded.

`write(utterances, path, scheme)` writes what `read` gives back. What the format cannot hold is a
`RowError` that names the utterance's own file and line, or is noticed by `writer`, which reads
every file back.
"""
