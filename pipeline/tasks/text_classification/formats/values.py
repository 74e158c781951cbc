"""Examples from the plain values of a row, for the formats with columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.records import Example
from pipeline.userfiles.explain import shorten
from pipeline.userfiles.read import parse_rows


def parse_examples(
    path: Path | str, rows: Iterable[tuple[int, Mapping[str, Any]]], form: Form, on_error: OnError
) -> Iterator[Example]:
    """Yield the example of each (number, row); a bad row goes to `on_error`."""
    return parse_rows(path, rows, lambda number, row: example_of(path, number, row, form), on_error)


def example_of(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> Example:
    """Return the example of one row: its texts joined by one space, its labels in order.

    Raises:
        DataError: A column is missing or has a value of the wrong type.
    """
    text = " ".join(_text(path, number, row, name) for name in form.columns.text)
    return Example(text, _labels(path, number, row, form), f"{path}:{number}")


def label_column(multi_label: bool) -> str:
    """Return the name of the label column in files that we write."""
    return "labels" if multi_label else "label"


def split_cell(cell: str, form: Form) -> tuple[str, ...]:
    """Return the label in a cell, or in multi-label data the labels between separators."""
    if not form.multi_label:
        return (cell,)
    return tuple(cell.split(form.separator)) if cell else ()


def _text(path: Path | str, number: int, row: Mapping[str, Any], name: str) -> str:
    value = _value(path, number, row, name)
    if not isinstance(value, str):
        raise DataError(path, number, f"`{name}` is {shorten(repr(value))}", "a string")
    return value


def _labels(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> tuple[str, ...]:
    name = form.columns.label
    value = _value(path, number, row, name)
    if isinstance(value, str):
        return split_cell(value, form)
    items = value if isinstance(value, list) else [value]
    labels = [_label(item) for item in items]
    if None in labels:
        wanted = "a list of labels, strings or whole numbers" if form.multi_label else "a label"
        raise DataError(path, number, f"`{name}` is {shorten(repr(value))}", wanted)
    return tuple(label for label in labels if label is not None)


def _label(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _value(path: Path | str, number: int, row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        known = shorten(", ".join(row))
        raise DataError(path, number, f"no `{name}` among {known}", "the config's data.columns")
    return row[name]
