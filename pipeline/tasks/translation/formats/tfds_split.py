"""A split of a TensorFlow Datasets data set (`datasets.tfds_sets`): its two sides.

Data sets of translations have a feature for each language, such as the columns `de` and `en`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.tfds_sets import features_of, plain, read_rows, require_features, resolve
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import example_of, outer
from pipeline.tasks.translation.records import Example
from pipeline.userfiles.read import parse_rows


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row, counted from 1."""
    name = str(path)
    present = features_of(resolve(name).builder)
    wanted = [
        [outer(column, present) for column in names_of(side)]
        for side in (form.columns.source, form.columns.target)
    ]

    def parse(number: int, row: Mapping[str, Any]) -> Example:
        return example_of(name, number, plain(row), form)

    rows = read_rows(name, require_features(name, present, wanted))
    yield from parse_rows(name, rows, parse, on_error)
