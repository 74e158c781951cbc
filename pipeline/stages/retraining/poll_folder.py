"""A folder is looked at again and again; each file in it that is whole is handed on once.

What was handed on stands in a state file, by name with the content's hash: after a restart it is
not done again, a file that was only touched is not new, one with other content is.
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
State = dict[str, dict[str, Any]]  # name of a file to what is known of it


class Look(NamedTuple):
    """How a file was when it was looked at; the same twice means that nobody writes it."""

    size: int
    changed: int  # nanoseconds


def run(
    folder: Path,
    handle: Handle,
    seconds: float = POLL_SECONDS,
    state_file: Path | None = None,
    sleep: Callable[[float], Any] = time.sleep,
) -> None:
    """Hands each new file of a folder on, the oldest first, until Ctrl-C.

    A file is taken for whole when it is the same at two looks in a row and not empty; hidden files,
    folders and names that programs give to what they are writing are passed over. An error of
    `handle` that a user can mend is told and noted, and the file left until it changes. Where the
    process is killed while `handle` is at work, the file is handed on again.

    Args:
        folder: What to watch; not the folders below it.
        handle: Called with one file at a time.
        seconds: Between two looks.
        state_file: What was done; by default `.watched.json` in the folder.
        sleep: Waits; a KeyboardInterrupt from it ends the watching.

    Raises:
        InputError: There is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder to watch")
    file = state_file or folder / STATE
    before: dict[str, Look] = {}
    note(f"watching {folder}: Ctrl-C ends it")
    while True:
        seen = looks(folder)
        for name in _settled(seen, before):
            _once(folder / name, seen[name], handle, file)
        before = seen
        try:
            sleep(seconds)
        except KeyboardInterrupt:
            note(f"stopped watching {folder}")
            return


def looks(folder: Path) -> dict[str, Look]:
    """The files of a folder that may be handed on, by name."""
    found = {}
    for entry in folder.iterdir():
        if entry.name.startswith((".", "~")) or entry.name.endswith((*UNFINISHED, "~")):
            continue
        try:
            seen = entry.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        if entry.is_file():
            found[entry.name] = Look(seen.st_size, seen.st_mtime_ns)
    return found


def _settled(seen: dict[str, Look], before: dict[str, Look]) -> list[str]:
    """The names of files that are as they were, the oldest first."""
    same = [name for name, look in seen.items() if look.size and before.get(name) == look]
    return sorted(same, key=lambda name: (seen[name].changed, name))


def _once(path: Path, look: Look, handle: Handle, state_file: Path) -> None:
    """Hands a file on unless its content was already; notes how that went."""
    state: State = artifacts.read_json(state_file) if state_file.exists() else {}
    known = state.get(path.name, {})
    if known.get("look") == list(look):
        return
    try:
        digest = artifacts.file_digest(path)
    except FileNotFoundError:  # taken away again
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
