"""Poll a folder, and handle each complete file in it once.

A state file keeps the name and the content's hash of each handled file. So a file is not handled
again after a restart or a change of its time, but it is after a change of its content.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.errors import InputError, PipelineError
from pipeline.report.terminal import note

STATE = ".watched.json"
POLL_SECONDS = 2.0
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".swp")  # names of files being written
DONE = "done"

Handle = Callable[[Path], Any]
State = dict[str, dict[str, Any]]  # name of a file to its facts


class FileState(NamedTuple):
    """Size and time of a file; a file with the same state at two polls is complete."""

    size: int
    changed: int  # nanoseconds


def run(
    folder: Path,
    handle: Handle,
    seconds: float = POLL_SECONDS,
    state_file: Path | None = None,
    sleep: Callable[[float], Any] = time.sleep,
) -> None:
    """Handle each new file of a folder, the oldest first, until Ctrl-C.

    A file is complete if it is not empty and has not changed between two polls. Hidden files,
    folders, and the temporary names of programs that write files are skipped. An error of `handle`
    that the user can correct is logged, and the file is skipped until it changes. If the process is
    killed during `handle`, the file is handled again.

    Args:
        folder: The folder to poll, without the folders in it.
        handle: Called with one file at a time.
        seconds: The time between two polls.
        state_file: The handled files; by default `.watched.json` in the folder.
        sleep: Waits; a KeyboardInterrupt from it ends the polling.

    Raises:
        InputError: There is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder to watch")
    file = state_file or folder / STATE
    before: dict[str, FileState] = {}
    note(f"watching {folder}; stop with Ctrl-C")
    while True:
        seen = file_states(folder)
        for name in _settled(seen, before):
            _once(folder / name, seen[name], handle, file)
        before = seen
        try:
            sleep(seconds)
        except KeyboardInterrupt:
            note(f"stopped watching {folder}")
            return


def file_states(folder: Path) -> dict[str, FileState]:
    """Return the files of a folder that may be handled, by name."""
    found = {}
    for entry in folder.iterdir():
        if entry.name.startswith((".", "~")) or entry.name.endswith((*UNFINISHED, "~")):
            continue
        try:
            seen = entry.stat()
        except FileNotFoundError:  # removed since it was listed
            continue
        if entry.is_file():
            found[entry.name] = FileState(seen.st_size, seen.st_mtime_ns)
    return found


def _settled(seen: dict[str, FileState], before: dict[str, FileState]) -> list[str]:
    """Return the names of files that have not changed, the oldest first."""
    same = [name for name, look in seen.items() if look.size and before.get(name) == look]
    return sorted(same, key=lambda name: (seen[name].changed, name))


def _once(path: Path, look: FileState, handle: Handle, state_file: Path) -> None:
    """Handle a file unless its content was handled already; record the result."""
    state: State = artifacts.read_json(state_file) if state_file.exists() else {}
    known = state.get(path.name, {})
    if known.get("look") == list(look):
        return
    try:
        digest = artifacts.file_digest(path)
    except FileNotFoundError:  # removed meanwhile
        return
    except OSError as error:
        digest, outcome = "", f"cannot be read: {error.strerror}"
        note(f"{path.name}: {outcome}")
    else:
        touched = known.get("sha256") == digest
        outcome = known["outcome"] if touched else _outcome(path, handle)
    when = datetime.now(UTC).isoformat("T", "seconds")
    state[path.name] = {"look": list(look), "sha256": digest, "when": when, "outcome": outcome}
    artifacts.write_json(state_file, state)


def _outcome(path: Path, handle: Handle) -> str:
    try:
        handle(path)
    except PipelineError as error:
        note(f"{path.name}: {error}")
        return str(error)
    return DONE
