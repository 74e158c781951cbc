"""Explain bad lines to a person: show the line and suggest a fix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.lines import read_lines
from pipeline.errors import DataError, InputError, RowError
from pipeline.task import Advice

MAX_CHARACTERS = 160  # of a line that is shown
WITHOUT_LINES = (".parquet", ".parquet.gz")


def describe_errors(errors: Sequence[DataError]) -> list[Advice]:
    r"""Return, for each error in order, the bad line and a suggested fix.

    A `RowError` brings the text of its row and often a fix. For other errors the line is read from
    the file; damaged bytes are shown as `\xff`.
    """
    lines = lines_of(errors)
    return [_advice(error, lines.get((error.path, error.line), "")) for error in errors]


def shorten(text: str, max_characters: int = MAX_CHARACTERS) -> str:
    """Return the text on one line, cut if it is long, with control characters escaped."""
    cut = text if len(text) <= max_characters else f"{text[:max_characters]}…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


def lines_of(errors: Sequence[DataError]) -> dict[tuple[str, int], str]:
    """Return the lines of the errors that bring no text, by path and line number.

    Files that cannot be read, Parquet files and TensorFlow Datasets splits have no lines.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    for error in errors:
        if error.line and not (isinstance(error, RowError) and error.shown):
            wanted[error.path].add(error.line)
    lines: dict[tuple[str, int], str] = {}
    for path, numbers in wanted.items():
        if path.endswith(WITHOUT_LINES):
            continue
        try:
            for number, line in read_lines(Path(path), encoding="latin-1"):
                if number in numbers:
                    # Latin-1 decodes every byte, so that damaged ones can be shown.
                    lines[path, number] = line.encode("latin-1").decode("utf-8", "backslashreplace")
        except InputError:
            continue
    return lines


def _advice(error: DataError, line: str) -> Advice:
    if isinstance(error, RowError):
        fix = error.fix or f"write {error.expected}"
        return Advice(error.shown or shorten(line), fix, error.safe)
    return Advice(shorten(line), f"write {error.expected}", safe=False)
