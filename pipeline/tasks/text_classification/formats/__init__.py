"""Readers and writers of labelled texts, one module a format.

- `table` (CSV, TSV), `jsonl`, `parquet`, `tfds_split`: columns; `values` is what they share.
- `fasttext`, `label_text`: a line an example, the labels first.
- `folders`: a folder a class, a file an example.

`read(path, form, on_error)` goes through a file once and yields `Example`s as they stand there,
labels as the file has them. A bad line goes to `on_error` with its file, line, what is wrong and
what was expected, and is not yielded.

`write(examples, path, multi_label)` writes what `read` gives back. What the format cannot hold is
a `RowError` that names the example's own file and line, or is noticed by `writer`, which reads
every file back.
"""
