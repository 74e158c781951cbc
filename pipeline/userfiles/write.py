"""Write examples in a user's format, and read them back before anyone relies on the file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from pipeline.errors import DataError, InputError, RowError

WITHIN_FORMAT = "what the format can hold (jsonl holds anything)"
MAX_CHARACTERS = 80  # of a value in a message


class SourcedExample(Protocol):
    """An example that knows the file and line it comes from."""

    def error(self, wrong: str, expected: str) -> RowError:
        """Return an error at the example's file and line."""


E = TypeVar("E", bound=SourcedExample)


class Format(NamedTuple, Generic[E]):
    """How to write and read one format.

    Attributes:
        name: As in `data.format`.
        write: Writes examples to a file or folder.
        read: Reads what `write` wrote; raises a DataError at a bad line.
        content: Maps an example to its named values that the file must keep.
    """

    name: str
    write: Callable[[Sequence[E], Path], None]
    read: Callable[[Path], Iterable[E]]
    content: Callable[[E], Mapping[str, object]]


def format_for(
    path: Path, format_: str | None, formats: Collection[str], endings: Mapping[str, str]
) -> str:
    """Return the format to write: `format_`, or by default the one that the path's ending names.

    Raises:
        InputError: There is no such format, or the ending names none.
    """
    chosen = format_ or endings.get(path.suffix, "")
    if chosen in formats:
        return chosen
    wrong = f"format `{chosen}`" if chosen else f"its ending `{path.suffix}` names no format"
    raise InputError(f"{path.name}: {wrong}; expected --to with one of {', '.join(formats)}")


def write_checked(examples: Sequence[E], path: Path, format_: Format[E]) -> None:
    """Write examples and read them back.

    Raises:
        DataError: The format cannot hold an example. The error names the file and line that the
            example comes from, and what the format changes.
    """
    format_.write(examples, path)
    if not examples:
        return
    try:
        back = list(format_.read(path))
    except DataError as error:
        raise _unreadable(examples, path, format_, error.line, error.wrong) from error
    if len(back) != len(examples):
        wrong = f"{len(back)} of {len(examples)} examples"
        raise _unreadable(examples, path, format_, 0, wrong)
    for written, read in zip(examples, back, strict=True):
        _compare(written, read, format_)


def _compare(written: E, read: E, format_: Format[E]) -> None:
    back = format_.content(read)
    for name, value in format_.content(written).items():
        if name not in back or back[name] != value:
            shown = _short(back[name]) if name in back else "nothing"
            wrong = f"{format_.name} changes its {name} from {_short(value)} to {shown}"
            raise written.error(wrong, WITHIN_FORMAT)


def _unreadable(
    examples: Sequence[E], path: Path, format_: Format[E], line: int, wrong: str
) -> DataError:
    """Return an error for the first example that is not read back even if written alone."""
    for example in examples:
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / path.name
            format_.write([example], alone)
            try:
                lost = len(list(format_.read(alone))) != 1
            except DataError as error:
                return example.error(f"{format_.name} cannot hold it: {error.wrong}", WITHIN_FORMAT)
        if lost:
            return example.error(f"{format_.name} cannot hold it: it is lost", WITHIN_FORMAT)
    return DataError(path, line, f"read back from {format_.name}: {wrong}", WITHIN_FORMAT)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[:MAX_CHARACTERS]}…"
