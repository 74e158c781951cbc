"""The lines that errors are about, as they stand in their files, for a person to see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.lines import read_lines
from pipeline.errors import DataError, InputError, RowError

WITHOUT_LINES = (".parquet", ".parquet.gz")


def lines_of(errors: Sequence[DataError]) -> dict[tuple[str, int], str]:
    """The lines of those errors that do not show their text."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for error in errors:
        if error.line and not isinstance(error, RowError):
            wanted[error.path].add(error.line)
    found: dict[tuple[str, int], str] = {}
    for path, numbers in wanted.items():
        if path.endswith(WITHOUT_LINES):
            continue
        try:
            for number, line in read_lines(Path(path), encoding="latin-1"):
                if number in numbers:
                    # Latin-1 has every byte, so that damaged ones can be shown.
                    found[path, number] = line.encode("latin-1").decode("utf-8", "backslashreplace")
        except InputError:
            continue  # a file that cannot be read at all has no lines to show, nor has a TFDS split
    return found
