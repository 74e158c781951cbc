"""A split of a TensorFlow Datasets data set (`datasets.tfds_sets`): its two sides.

Sets of translations have a feature a language: the columns are `de` and `en`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.tfds_sets import features_of, read_rows, resolve
from pipeline.errors import DataError, InputError
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import example_of, outer
from pipeline.tasks.translation.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one row an example, counted from 1."""
    name = str(path)
    for number, row in read_rows(name, _columns(name, form)):
        try:
            yield example_of(name, number, _plain(row), form)
        except UnicodeDecodeError as error:
            wrong = f"byte 0x{error.object[error.start]:02x} of a string is not UTF-8"
            on_error(DataError(name, number, wrong, "strings in UTF-8"))
        except DataError as error:
            on_error(error)


def _columns(name: str, form: Form) -> list[str]:
    present = features_of(resolve(name).builder)
    wanted: list[str] = []
    for names in map(names_of, (form.columns.source, form.columns.target)):
        there = [outer(each, present) for each in names if outer(each, present) in present]
        if not there:
            known, shown = ", ".join(present), "` or `".join(names)
            raise InputError(f"{name}: no feature `{shown}`; it has {known} (see data.columns)")
        wanted += there
    return list(dict.fromkeys(wanted))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value.tolist() if hasattr(value, "tolist") else value
