"""Read users' files as examples; bad rows go to `on_error` and reading continues."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.datasets.cells import SEPARATORS
from pipeline.datasets.lines import OnError, read_rows, require
from pipeline.errors import DataError, InputError
from pipeline.userfiles.explain import shorten

E = TypeVar("E")
R = TypeVar("R")


class SplitShares(Protocol):
    """The shares of the training examples that become `valid` and `test`."""

    @property
    def valid(self) -> float: ...

    @property
    def test(self) -> float: ...


def require_split(files: Mapping[str, object], split: str) -> None:
    """Check that `data.files` names a file for the split.

    Raises:
        InputError: It does not.
    """
    if split not in files:
        raise InputError(f"data.files names {', '.join(files) or 'nothing'}; expected `{split}`")


def require_kind(path: Path, format_: str, folder: bool) -> Path:
    """Return the path if it is a folder or a file, as the format needs.

    Raises:
        InputError: There is nothing, or a file instead of a folder, or the other way round.
    """
    if require(path).is_dir() != folder:
        found, wanted = ("file", "folder") if folder else ("folder", "file")
        raise InputError(f"{path}: a {found}; data.format {format_} expects a {wanted}")
    return path


def shares_to_carve(shares: SplitShares, present: Collection[str]) -> dict[str, float]:
    """Return the shares of the splits that have no file of their own."""
    stated = {"valid": shares.valid, "test": shares.test}
    return {split: share for split, share in stated.items() if split not in present}


def checked(
    read: Callable[[], Iterable[E]], convert: Callable[[E], R], on_error: OnError
) -> Callable[[], Iterator[R]]:
    """Return a reader of converted examples; one that `convert` refuses goes to `on_error`."""

    def read_checked() -> Iterator[R]:
        for example in read():
            try:
                converted = convert(example)
            except DataError as error:
                on_error(error)
            else:
                yield converted

    return read_checked


def parse_rows(
    path: Path | str, rows: Iterable[tuple[int, R]], parse: Callable[[int, R], E], on_error: OnError
) -> Iterator[E]:
    """Yield `parse(number, row)` of each row; a bad row goes to `on_error`."""
    for number, row in rows:
        try:
            example = parse(number, row)
        except UnicodeDecodeError as error:
            wrong = f"byte 0x{error.object[error.start]:02x} of a string is not UTF-8"
            on_error(DataError(path, number, wrong, "strings in UTF-8"))
        except DataError as error:
            on_error(error)
        else:
            yield example


def column_names(cells: Sequence[str], header: bool) -> list[str]:
    """Return the cells of the first row, or without a header the columns' numbers from "0"."""
    return list(cells) if header else [str(index) for index in range(len(cells))]


def read_named_cells(
    path: Path,
    format_: str,
    header: bool,
    encoding: str,
    wanted: Sequence[Sequence[str]],
    on_error: OnError,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line of the row, column name to cell) from a table in the format csv or tsv.

    Args:
        path: The table.
        format_: `csv` or `tsv`.
        header: Whether the first row names the columns.
        encoding: One of Python's names.
        wanted: For each role, the names of which at least one must be there.
        on_error: What to do with a row that has another number of cells than the first.

    Raises:
        DataError: The file is empty, or a wanted column is missing or repeated.
    """
    names: list[str] = []
    for number, cells in read_rows(path, SEPARATORS[format_], on_error, encoding):
        if not names:
            names = column_names(cells, header)
            for role in wanted:
                _require_column(path, number, names, role, header)
            if header:
                continue
        if len(cells) != len(names):
            first = "header" if header else "first row"
            wrong = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            on_error(DataError(path, number, wrong, f"{len(names)} cells, as the {first} has"))
            continue
        yield number, dict(zip(names, cells, strict=True))
    if not names:
        raise DataError(path, 0, "the file is empty", "one example in each row")


def _require_column(
    path: Path, number: int, names: Sequence[str], wanted: Sequence[str], header: bool
) -> None:
    for name in wanted:
        if names.count(name) > 1:
            raise DataError(path, number, f"the column {name!r} occurs twice", "each name once")
    if not set(wanted) & set(names):
        hint = (
            "or header: false, if the first row is an example" if header else "numbers: no header"
        )
        wrong = f"no column {' or '.join(map(repr, wanted))} among {shorten(', '.join(names))}"
        raise DataError(path, number, wrong, f"the config's data.columns ({hint})")
