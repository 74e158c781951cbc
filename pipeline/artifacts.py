"""Folders that outlive a process: runs, and published versions `<name>/<number>/`.

A version is written aside under a name that no server takes for a version, described by a
manifest (SHA-256 of every file), flushed to the disk, and renamed once. A reader sees the whole
version or none of it; a version that stands is never changed.
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
    """Writes a file whole or not at all: aside, flushed, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, 0o644)  # mkstemp's 0600 would keep a server of another user out
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Strings with half surrogates, as names of files that are not UTF-8 have, are read back so."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    write_file(path, text.encode(errors="backslashreplace"))


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except ValueError as error:
        raise PipelineError(f"{path}: not valid JSON ({error}); the file was damaged") from error


def new_run(home: Path) -> Path:
    """A new folder under `runs/<name>`, named by the time so that names sort by age."""
    home.mkdir(parents=True, exist_ok=True)
    while True:
        folder = home / datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def newest_run(home: Path) -> Path:
    """The youngest folder under `runs/<name>`."""
    runs = sorted(entry for entry in home.iterdir() if entry.is_dir()) if home.is_dir() else []
    if not runs:
        raise InputError(f"{home}: no run to go on with; train without --resume first")
    return runs[-1]


@contextmanager
def staging(root: Path, name: str) -> Iterator[Path]:
    """A folder beside the versions of `name` to write a candidate in; gone afterwards.

    What a publisher that was killed has left there goes, too: a folder is locked as long as its
    owner lives.
    """
    home = root / name
    home.mkdir(parents=True, exist_ok=True)
    for left in home.glob(f"{STAGING}*"):
        _sweep(left)
    folder, lock = _new_staging(home)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_staging(home: Path) -> tuple[Path, int]:
    """A folder, and the open file that locks it; another one where `_sweep` was between the two."""
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


def _sweep(folder: Path) -> None:
    """Removes a folder that nobody has locked."""
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
    """Writes the manifest: `facts`, format version, time, and the SHA-256 of every file."""
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
    """Renames a sealed candidate to the next free version number under `home`.

    Safe with many publishers: the rename fails where another was faster, and the next number is
    tried. The candidate must lie on the same file system, as `staging` sees to.
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
    """The version numbers under `saved_models/<name>`, rising."""
    if not home.is_dir():
        return []
    return sorted(int(entry.name) for entry in home.iterdir() if entry.name.isdecimal())


def find_version(path: Path | str) -> Path:
    """The folder of a version: itself, or the newest under `saved_models/<name>`."""
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
    """Reads the manifest and checks every file against it.

    Raises:
        PipelineError: A file is missing, changed or unlisted, or the format is newer than this.
    """
    manifest: dict[str, Any] = read_json(version / MANIFEST)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise PipelineError(
            f"{version}: format version {manifest.get('format_version')}, this program reads"
            f" {FORMAT_VERSION}; export the model again with it"
        )
    listed = set(manifest["files"])
    found = {f.relative_to(version).as_posix() for f in version.rglob("*") if f.is_file()}
    for name in sorted(listed ^ (found - {MANIFEST})):
        state = "is missing" if name in listed else "is not in the manifest"
        raise PipelineError(f"{version / name}: {state}; publish the model again")
    for name, digest in manifest["files"].items():
        if file_digest(version / name) != digest:
            raise PipelineError(f"{version / name}: changed since it was published")
    return manifest


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
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
