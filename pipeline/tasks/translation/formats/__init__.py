"""Readers and writers of pairs, one module a format.

- `aligned`: two text files, line by line.
- `table` (CSV, TSV), `jsonl`, `parquet`, `tfds_split`: columns; `values` is what they share.
- `tmx`: translation memories.

`read(path, form, on_error)` (`aligned`: two paths) goes through a file once and yields `Example`s
as they stand there. A bad line goes to `on_error` with its file, line, what is wrong and what was
expected, and is not yielded.

`write(examples, path)` writes what `read` gives back. What the format cannot hold is a `RowError`
that names the example's own file and line, or is noticed by `writer`, which reads every file back.
"""
