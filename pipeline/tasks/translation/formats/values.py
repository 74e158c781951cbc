"""What the formats with columns share: two sides out of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.records import Example, shorten

PARTS = "parts"
SOURCE, TARGET = "source", "target"  # the columns of a file that we write


def example_of(path: Path | str, number: int, row: Mapping[str, Any], form: Form) -> Example:
    """The example of one row; a key `parts` names the parts that it belongs to.

    Raises:
        DataError: A column is not there or holds no string.
    """
    return Example(
        _side(path, number, row, names_of(form.columns.source)),
        _side(path, number, row, names_of(form.columns.target)),
        f"{path}:{number}",
        _parts(path, number, row),
    )


def outer(name: str, present: Mapping[str, Any] | list[str]) -> str:
    """The column that a name is found in: itself, or what stands before its first dot."""
    return name if name in present else name.partition(".")[0]


def _side(path: Path | str, number: int, row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = {name: value for name in names for value in _values(row, name)}
    if not found:
        wanted = "` or `".join(names)
        wrong = f"no `{wanted}` among {shorten(', '.join(row))}"
        raise DataError(path, number, wrong, "the config's data.columns")
    filled = [name for name in found if found[name] not in (None, "")]
    name = filled[0] if filled else list(found)[-1]
    if not isinstance(found[name], str):
        raise DataError(path, number, f"`{name}` is {shorten(repr(found[name]))}", "a string")
    return str(found[name])


def _values(row: Mapping[str, Any], name: str) -> list[Any]:
    """The value of that name, if there is one."""
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
