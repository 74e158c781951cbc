"""Bad lines for a person: what stands there, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datasets.bad_lines import lines_of
from pipeline.errors import DataError, RowError
from pipeline.task import Advice
from pipeline.tasks.translation.records import shorten


def explain(errors: Sequence[DataError]) -> list[Advice]:
    """For each error both sides of the pair, or the file's line, and a suggested fix."""
    lines = lines_of(errors)
    return [_advice(error, lines.get((error.path, error.line), "")) for error in errors]


def _advice(error: DataError, line: str) -> Advice:
    if isinstance(error, RowError):
        return Advice(error.shown, error.fix or f"write {error.expected}", error.safe)
    return Advice(shorten(line), f"write {error.expected}", safe=False)
