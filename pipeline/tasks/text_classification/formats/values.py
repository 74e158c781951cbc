"""What the formats with columns share: a text and labels out of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.records import Example, shorten


def example_of(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> Example:
    """The example of one row: its texts joined by one space, its labels in order.

    Raises:
        DataError: A column is not there or not of the right kind.
    """
    text = " ".join(_text(path, number, row, name) for name in form.columns.text)
    return Example(text, _labels(path, number, row, form), f"{path}:{number}")


def label_column(multi_label: bool) -> str:
    """What the column of labels is called in a file that we write."""
    return "labels" if multi_label else "label"


def split_cell(cell: str, form: Form) -> tuple[str, ...]:
    """The labels in a cell: all of it, or in multi-label data what the separator splits."""
    if not form.multi_label:
        return (cell,)
    return tuple(cell.split(form.separator)) if cell else ()


def _text(path: Path | str, number: int, row: Mapping[str, Any], name: str) -> str:
    value = _present(path, number, row, name)
    if not isinstance(value, str):
        raise DataError(path, number, f"`{name}` is {shorten(repr(value))}", "a string")
    return value


def _labels(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> tuple[str, ...]:
    name = form.columns.label
    value = _present(path, number, row, name)
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


def _present(path: Path | str, number: int, row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        found = shorten(", ".join(row))
        raise DataError(path, number, f"no `{name}` among {found}", "the config's data.columns")
    return row[name]
