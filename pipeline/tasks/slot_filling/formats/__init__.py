"""Readers of annotated utterances, one module a format; each yields `Utterance`s.

`reader(path, columns, on_error)` goes through the file once. A bad line goes to `on_error` with
its file, line, what is wrong and what was expected, and is not yielded.
"""
