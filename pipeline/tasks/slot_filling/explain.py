"""Bad lines for a person: what stands there, the place marked, and what to write instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.lines import read_lines
from pipeline.errors import DataError, InputError, RowError
from pipeline.task import Advice
from pipeline.tasks.slot_filling.records import marked


def explain(errors: Sequence[DataError]) -> list[Advice]:
    """For each error the text with its span marked, or the file's line, and a suggested fix."""
    lines = _lines(errors)
    return [_advice(error, lines.get((error.path, error.line), "")) for error in errors]


def _advice(error: DataError, line: str) -> Advice:
    if isinstance(error, RowError):
        return Advice(error.shown, error.fix or f"write {error.expected}", error.safe)
    return Advice(marked(line, []), f"write {error.expected}", safe=False)


def _lines(errors: Sequence[DataError]) -> dict[tuple[str, int], str]:
    """The lines of those errors that do not show their text."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for error in errors:
        if error.line and not (isinstance(error, RowError) and error.shown):
            wanted[error.path].add(error.line)
    found: dict[tuple[str, int], str] = {}
    for path, numbers in wanted.items():
        try:
            for number, line in read_lines(Path(path), lambda _: None):
                if number in numbers:
                    found[path, number] = line
        except InputError:
            continue  # a file that cannot be read at all has no lines to show
    return found
