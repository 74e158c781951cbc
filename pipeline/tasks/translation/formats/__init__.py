"""Readers and writers of pairs, one module per format.

- `aligned`: two text files, line by line.
- `table` (CSV, TSV), `jsonl`, `parquet`, `tfds_split`: columns; `values` holds what they share.
- `tmx`: translation memories.

`read(path, form, on_error)` (`aligned`: two paths) reads a file and yields its `Example`s
unchanged. A bad line is passed to `on_error` with its file, line, what is wrong and what was
expected; it is not yielded.

`write(examples, path)` is the inverse of `read`. If the format cannot represent an example, `write`
raises a `RowError` with the example's own file and line, or `writer` detects the difference when it
reads the file back.
"""
