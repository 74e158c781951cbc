"""Parquet: a column of texts, a column of labels or lists of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.parquet import read_parquet, write_parquet
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import example_of, label_column
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one row an example, counted from 1; columns other than the config's are passed over."""
    columns = (*form.columns.text, form.columns.label)
    for number, row in read_parquet(path, columns, on_error):
        try:
            yield example_of(path, number, row, form)
        except DataError as error:
            on_error(error)


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Writes the columns `text` and `label`, or in multi-label data `labels`, of lists."""
    labels = [list(each.labels) if multi_label else each.labels[0] for each in examples]
    write_parquet(
        path, {"text": [each.text for each in examples], label_column(multi_label): labels}
    )
