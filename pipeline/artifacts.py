"""Folders that outlive a process: runs, and published versions `<name>/<number>/`.

A version is written under a temporary name that servers ignore, described by a manifest (SHA-256
of every file), flushed to the disk, and renamed once. A reader sees either the complete version or
none; a published version never changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, PipelineError
from pipeline.runs import MANIFEST, VersionFolder

FORMAT_VERSION = 1
STAGING = ".staging-"


def write_file(path: Path, data: bytes) -> None:
    """Write a file completely or not at all: to a temporary file, flushed, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would exclude a server of another user
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON.

    Lone surrogates, which stand for bytes of file names that are not UTF-8, are kept.
    """
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    write_file(path, text.encode(errors="backslashreplace"))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: There is no such file.
        PipelineError: The file is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except ValueError as error:
        raise PipelineError(f"{path}: not valid JSON ({error}); the file was damaged") from error


def new_run(home: Path) -> Path:
    """Make a folder under `runs/<name>`, named by the time so that names sort by age."""
    home.mkdir(parents=True, exist_ok=True)
    while True:
        folder = home / datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def newest_run(home: Path) -> Path:
    """Return the newest folder under `runs/<name>`.

    Raises:
        InputError: There is no run.
    """
    runs = sorted(entry for entry in home.iterdir() if entry.is_dir()) if home.is_dir() else []
    if not runs:
        raise InputError(f"{home}: no run to resume; train without --resume first")
    return runs[-1]


@contextmanager
def staging(root: Path, name: str) -> Iterator[Path]:
    """Make a temporary folder beside the versions of `name` for a candidate; remove it afterwards.

    Folders left by killed publishers are removed, too: a folder is locked while its owner runs.
    """
    home = root / name
    home.mkdir(parents=True, exist_ok=True)
    for folder in home.glob(f"{STAGING}*"):
        _remove_unlocked(folder)
    folder, lock = _new_staging(home)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_staging(home: Path) -> tuple[Path, int]:
    """Make a folder and lock it with an open file; retry if `_remove_unlocked` came in between."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=home))
        try:
            os.chmod(folder, 0o755)
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _remove_unlocked(folder: Path) -> None:
    """Remove a folder unless another process has locked it."""
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)


def seal(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the manifest: `facts`, format version, time, and the SHA-256 of every file."""
    files = {
        file.relative_to(folder).as_posix(): file_digest(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    sealed = {
        "format_version": FORMAT_VERSION,
        "sealed": datetime.now(UTC).isoformat("T", "seconds"),
    }
    write_json(folder / MANIFEST, {**sealed, **facts, "files": files})


def publish(candidate: Path, home: Path) -> Path:
    """Rename a sealed candidate to the next free version number under `home`.

    Safe with concurrent publishers: the rename fails if the number is taken, and the next number is
    tried. The candidate must be on the same file system, which `staging` ensures.
    """
    for file in candidate.rglob("*"):
        (_flush_folder if file.is_dir() else _flush_file)(file)
    _flush_folder(candidate)
    number = max(versions(home), default=0) + 1
    while True:
        target = home / str(number)
        try:
            os.rename(candidate, target)
        except OSError:
            if not target.exists():
                raise
            number += 1
        else:
            _flush_folder(home)
            return target


def versions(home: Path) -> list[int]:
    """Return the version numbers under `saved_models/<name>` in ascending order."""
    if not home.is_dir():
        return []
    return sorted(int(entry.name) for entry in home.iterdir() if entry.name.isdecimal())


def find_version(path: Path | str) -> Path:
    """Return the folder of a version: the path itself, or the newest under `saved_models/<name>`.

    Raises:
        InputError: There is no published model.
    """
    folder = Path(path)
    if VersionFolder(folder).saved_model.is_file():
        return folder
    numbers = versions(folder)
    if not numbers:
        raise InputError(
            f"{folder}: no published model here; expected saved_models/<name> with a numbered"
            " version below it, or one version's folder"
        )
    return folder / str(numbers[-1])


def verify(version: Path) -> dict[str, Any]:
    """Read the manifest and check every file against it.

    Raises:
        PipelineError: A file is missing, changed or unlisted, or the format version is another.
    """
    manifest: dict[str, Any] = read_json(version / MANIFEST)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise PipelineError(
            f"{version}: format version is {manifest.get('format_version')}; expected"
            f" {FORMAT_VERSION}; export the model again with this program"
        )
    listed = set(manifest["files"])
    present = {f.relative_to(version).as_posix() for f in version.rglob("*") if f.is_file()}
    for name in sorted(listed ^ (present - {MANIFEST})):
        state = "is missing" if name in listed else "is not in the manifest"
        raise PipelineError(f"{version / name}: {state}; publish the model again")
    for name, digest in manifest["files"].items():
        if file_digest(version / name) != digest:
            raise PipelineError(
                f"{version / name}: changed since it was published; publish the model again"
            )
    return manifest


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
