"""Errors for users: what is wrong and where, what was expected, what was received.

Every message is one line that says what to do. `main.py` prints it without a traceback and exits
with `exit_status`. Any other exception that escapes is a bug in this project.
"""

from __future__ import annotations

from pathlib import Path


class PipelineError(Exception):
    """A failure that the user did not cause and cannot fix with different input."""

    exit_status = 1


class InputError(PipelineError):
    """Wrong usage or invalid input: a setting, a file, a path, a text."""

    exit_status = 2


class DataError(InputError):
    """An invalid line of a data file.

    Args:
        path: The file.
        line: The line number, from 1; 0 if the error concerns the whole file.
        wrong: What is wrong, with the received value.
        expected: What was expected instead.
    """

    def __init__(self, path: Path | str, line: int, wrong: str, expected: str) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {wrong}; expected {expected}")
        self.path, self.line, self.wrong, self.expected = str(path), line, wrong, expected


class IncompleteDataError(InputError):
    """A file lacks an annotation that a model learns."""


class RowError(DataError):
    """An invalid line whose text is available.

    Args:
        path, line, wrong, expected: As in `DataError`.
        shown: The text with the invalid place marked, for display.
        fix: What to write instead; empty if only the author can know.
        safe: Whether the task's `repair` may apply the fix automatically.
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
    """A candidate failed a check before publishing; nothing was published."""


class DriftError(PipelineError):
    """Texts differ from those that a model was trained on."""

    exit_status = 4


class RejectedError(GateError):
    """A retrained candidate was rejected; the incumbent stays published."""

    exit_status = 3
