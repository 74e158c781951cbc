"""Readers and writers of labelled texts, one module per format.

- `table` (CSV, TSV), `jsonl`, `parquet`, `tfds_split`: columns; `values` holds what they share.
- `fasttext`, `label_text`: one example per line, the labels first.
- `folders`: one folder per class, one file per example.

`read(path, form, on_error)` reads a file and yields its `Example`s unchanged, with the labels of
the file. A bad line is passed to `on_error` with its file, line, what is wrong and what was
expected; it is not yielded.

`write(examples, path, multi_label)` is the inverse of `read`. If the format cannot represent an
example, `write` raises a `RowError` with the example's own file and line, or `writer` detects the
difference when it reads the file back.
"""
