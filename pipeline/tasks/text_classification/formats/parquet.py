"""Parquet: columns of texts, and a column of labels or lists of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.parquet import read_parquet, write_parquet
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import label_column, parse_examples
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row, counted from 1; other columns than the config's are ignored."""
    columns = (*form.columns.text, form.columns.label)
    return parse_examples(path, read_parquet(path, columns, on_error), form, on_error)


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write the columns `text` and `label`, or in multi-label data `labels`, of lists."""
    labels = [list(each.labels) if multi_label else each.labels[0] for each in examples]
    write_parquet(
        path, {"text": [each.text for each in examples], label_column(multi_label): labels}
    )
