"""The errors a user sees: what is wrong, what was expected, what was received, and where.

Every message is one line that says what to do. `main.py` prints it without a traceback and leaves
with `exit_status`; anything else that escapes is a bug in this project.
"""

from __future__ import annotations

from pathlib import Path


class PipelineError(Exception):
    """Something failed that the user did not cause and cannot mend by other input."""

    exit_status = 1


class InputError(PipelineError):
    """Wrong usage or bad input: a setting, a file, a path, a text."""

    exit_status = 2


class DataError(InputError):
    """A bad line of a data file.

    Args:
        path: The file.
        line: Its line, counted from 1; 0 where the error is the whole file's.
        wrong: What is wrong, with what was received.
        expected: What was expected instead.
    """

    def __init__(self, path: Path | str, line: int, wrong: str, expected: str) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {wrong}; expected {expected}")
        self.path, self.line, self.wrong, self.expected = str(path), line, wrong, expected


class RowError(DataError):
    """A bad line whose text is known.

    Args:
        path, line, wrong, expected: As in `DataError`.
        shown: The text with the bad place marked, for a person.
        fix: What to write instead; empty where nobody but the author can tell.
        safe: Whether the task's `repair` may do that by itself.
    """

    def __init__(
        self,
        path: Path | str,
        line: int,
        wrong: str,
        expected: str,
        shown: str = "",
        fix: str = "",
        safe: bool = False,
    ) -> None:
        super().__init__(path, line, wrong, expected)
        self.shown, self.fix, self.safe = shown, fix, safe


class GateError(PipelineError):
    """A candidate did not pass a gate, so nothing was published."""


class DriftError(PipelineError):
    """Texts are unlike those that a model was trained on."""

    exit_status = 4


class RejectedError(GateError):
    """A retrained candidate is not better than what is published."""

    exit_status = 3
