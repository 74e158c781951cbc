"""Examples from the plain values of a row, for the formats with columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.datasets.lines import OnError
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.records import Example
from pipeline.userfiles.explain import shorten
from pipeline.userfiles.read import parse_rows

PARTS = "parts"
SOURCE, TARGET = "source", "target"  # the columns of a file that we write


def parse_examples(
    path: Path | str, rows: Iterable[tuple[int, Mapping[str, Any]]], form: Form, on_error: OnError
) -> Iterator[Example]:
    """Yield the example of each (number, row); a bad row goes to `on_error`."""
    return parse_rows(path, rows, lambda number, row: example_of(path, number, row, form), on_error)


def example_of(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> Example:
    """Return the example of one row; a key `parts` names the parts that it belongs to.

    Raises:
        DataError: A column is missing or holds no string.
    """
    return Example(
        _side(path, number, row, names_of(form.columns.source)),
        _side(path, number, row, names_of(form.columns.target)),
        f"{path}:{number}",
        _parts(path, number, row),
    )


def outer(name: str, present: Mapping[str, Any] | list[str]) -> str:
    """Return the column that holds a name: itself, or the part before its first dot."""
    return name if name in present else name.partition(".")[0]


def _side(path: Path | str, number: int, row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    values = {name: value for name in names for value in _values(row, name)}
    if not values:
        wanted = "` or `".join(names)
        wrong = f"no `{wanted}` among {shorten(', '.join(row))}"
        raise DataError(path, number, wrong, "the config's data.columns")
    filled = [name for name in values if values[name] not in (None, "")]
    name = filled[0] if filled else list(values)[-1]
    if not isinstance(values[name], str):
        raise DataError(path, number, f"`{name}` is {shorten(repr(values[name]))}", "a string")
    return str(values[name])


def _values(row: Mapping[str, Any], name: str) -> list[Any]:
    """Return the value of that name in a list, which is empty if there is none."""
    if name in row:
        return [row[name]]
    first, dot, rest = name.partition(".")
    inner = row.get(first)
    return _values(inner, rest) if dot and isinstance(inner, Mapping) else []


def _parts(path: Path | str, number: int, row: Mapping[str, Any]) -> tuple[str, ...]:
    value = row.get(PARTS) or []
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise DataError(path, number, f"`{PARTS}` is {shorten(repr(value))}", "a list of strings")
    return tuple(value)
