"""JSONL: `{"text": ..., "label": ...}`, the label a string, a whole number or a list of such."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import example_of, label_column
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one object a line; keys other than the config's are passed over."""
    for number, row in read_objects(path, on_error, form.encoding):
        try:
            yield example_of(path, number, row, form)
        except DataError as error:
            on_error(error)


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Writes objects with `text` and `label`, or in multi-label data `labels`, a list."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            label = list(each.labels) if multi_label else each.labels[0]
            row = {"text": each.text, label_column(multi_label): label}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
