"""Find the columns of a user's table, and describe them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.userfiles.explain import shorten

Row = Mapping[str, Any]


def usual_column(names: Sequence[str], usual: Sequence[str]) -> str:
    """Return the column with the first of the usual names, whatever its case; empty if none has."""
    matches = [name for word in usual for name in names if name.strip().lower() == word]
    return matches[0] if matches else ""


def unused(names: Sequence[str], used: Collection[str]) -> str:
    """Return the note on the columns that are not read, such as ` (not read: id)`."""
    others = [name for name in names if name not in used]
    return f" (not read: {', '.join(others)})" if others else ""


def no_columns(
    path: Path, what: str, names: Sequence[str], expected: str, roles: Sequence[str]
) -> InputError:
    """Return the error for a file without a column that is needed.

    Args:
        path: The file.
        what: The missing columns, such as "no column for the text".
        names: The columns that are there.
        expected: The names that would have been found.
        roles: The keys of `data.columns` that can name them.
    """
    settings = " ".join(f"retrain.columns.{role}=NAME" for role in roles)
    return InputError(
        f"{path}: {what} among {shorten(', '.join(names) or 'none')}; expected {expected} (or name"
        f" it in the config: {' and '.join(f'data.columns.{role}' for role in roles)}; to retrain:"
        f" --set {settings})"
    )
