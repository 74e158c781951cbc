"""Retrain the newest version of a model with each file that arrives in a folder.

Each file gets its own process: within one process TensorFlow keeps some 100 MB of every training,
and a crash would end the watching.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.report.terminal import note
from pipeline.stages.retraining import incumbent, poll_folder

ERROR = "error: "  # the start of the line with which a command reports its error


def run(
    home: Path,
    folder: Path,
    command: Sequence[str],
    overrides: Sequence[str] = (),
    exam: Path | None = None,
    old_data: Path | None = None,
) -> None:
    """Retrain with every file of a folder, until Ctrl-C or SIGTERM; refused files are logged.

    A file in the folder, one for each model, records the handled files.

    Args:
        home: `saved_models/<name>`; each file retrains the version that is the newest then.
        folder: The folder to watch.
        command: The command that retrains `home` when `--data FILE` is appended.
        overrides: As for `retrain.run`; checked before the first file, like the next two.
        exam: As for `retrain.run`.
        old_data: As for `retrain.run`.

    Raises:
        InputError: There is no such folder or model, a set of rows is missing, a setting is wrong,
            or `home` is one version.
    """
    version = incumbent.open_version(home, overrides, exam, old_data).version.path
    if home.resolve() == version:
        raise InputError(
            f"{home}: one version; each file retrains the newest version, so expected {home.parent}"
        )
    with _sigterm_as_ctrl_c():
        poll_folder.run(
            folder,
            lambda file: _learn(version.parent, [*command, "--data", str(file)]),
            state_file=folder / f".{version.parent.name}{poll_folder.STATE}",
        )


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Treat SIGTERM, which stops services, as Ctrl-C; otherwise a training would continue."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _learn(home: Path, command: Sequence[str]) -> None:
    """Run a command that retrains a model; repeat it if another version was published meanwhile.

    A candidate of the previous version would undo the other one, so it is not published; nothing is
    wrong with the file.
    """
    while True:
        newest = artifacts.versions(home)
        try:
            _run(command)
            return
        except PipelineError as error:
            if artifacts.versions(home) == newest:
                raise
            note(f"{error}; learnt again from the newest version")


def _run(command: Sequence[str]) -> None:
    """Run a command, show its output, and raise its error."""
    reason = ""
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        try:
            for line in process.stderr or ():
                if line.startswith(ERROR):
                    reason = line.removeprefix(ERROR).rstrip("\n")
                else:
                    sys.stderr.write(line)
        except BaseException:  # Ctrl-C: nothing is published after the watching ends
            process.terminate()
            raise
    if process.returncode:
        raise PipelineError(reason or f"exit status {process.returncode}, no reason given")
