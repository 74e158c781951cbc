"""Every file that comes into a folder is learnt by the newest version of a model.

Each in a process of its own: in one process TensorFlow keeps some 100 MB of every training, and a
crash would end the watching.
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

ERROR = "error: "  # how a command begins the line that says why it failed


def run(
    home: Path,
    folder: Path,
    command: Sequence[str],
    overrides: Sequence[str] = (),
    exam: Path | None = None,
    old_data: Path | None = None,
) -> None:
    """Has every file of a folder learnt, until Ctrl-C or SIGTERM; what is refused is told.

    What was done stands in the folder, in a file for each model.

    Args:
        home: `saved_models/<name>`: each file is learnt by the version that is then the newest.
        folder: What to watch.
        command: Retrains `home` with what follows here, if `--data FILE` is put behind it.
        overrides: As for `retrain.run`; tried before any file has come, and so are the next two.
        exam: As for `retrain.run`.
        old_data: As for `retrain.run`.

    Raises:
        InputError: There is no such folder or model, a set of rows is missing, a setting is wrong,
            or `home` is one version.
    """
    version = incumbent.open_version(home, overrides, exam, old_data).version
    if home.resolve() == version:
        raise InputError(
            f"{home}: one version; every file is learnt by the newest one, so expected"
            f" {home.parent}"
        )
    with _sigterm_as_ctrl_c():
        poll_folder.run(
            folder,
            lambda file: _learn(version.parent, [*command, "--data", str(file)]),
            state_file=folder / f".{version.parent.name}{poll_folder.STATE}",
        )


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """As services are stopped; else what is being trained would go on, and be published."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _learn(home: Path, command: Sequence[str]) -> None:
    """Runs a command that retrains a model; again where it failed and another version came.

    A candidate of the version before would undo that one, and is not published; nothing is wrong
    with the file.
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
    """Runs a command, its output shown as it comes but for the error, which is raised."""
    said = ""
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        try:
            for line in process.stderr or ():
                if line.startswith(ERROR):
                    said = line.removeprefix(ERROR).rstrip("\n")
                else:
                    sys.stderr.write(line)
        except BaseException:  # Ctrl-C: nothing is published once nobody watches
            process.terminate()
            raise
    if process.returncode:
        raise PipelineError(said or f"exit status {process.returncode}, no reason given")
