"""Write a user's file in another format, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import DataError, InputError
from pipeline.report.terminal import note
from pipeline.stages.data.validate import print_problems
from pipeline.task import Task


def run(
    task: Task,
    source: Path,
    target: Path,
    from_: str | None = None,
    to: str | None = None,
    tags: str | None = None,
) -> str:
    """Write `source` as `target` and return one line on what was written.

    The target is written beside its place, read back by the task's writer, and moved only if
    nothing was lost.

    Args:
        task: The task of the formats.
        source: A file, or the folder of one set.
        target: The file to write; it must not exist.
        from_: The source's format; detected and logged if None.
        to: The target's format; given by its ending if None.
        tags: The tag scheme to write, for formats with tags.

    Raises:
        DataError: A line is bad, or the target's format cannot hold it; names file and line.
        InputError: The target exists, or a format is unknown.
    """
    refuse(target)
    found, seen = task.data.detect(source, from_)
    note(seen)
    sets = found["files"].values()
    training = found["files"]["train"]
    two = isinstance(training, dict)  # two files that make one set
    if str(source) != _first(training) and not (two and len(sets) == 1):
        known = ", ".join(map(_first, sets))
        raise InputError(f"{source}: holds several sets; expected one of {known}")
    found = {**found, "files": {"train": training}}
    found.pop("intent", None)  # filled in for training; not in the file
    problems: list[DataError] = []
    settings = task.settings.model_validate({"task": task.name, "data": found})
    records = list(task.data.read_as_is(settings, problems.append))
    if problems:
        print_problems(task, source.name, problems)
        raise InputError(f"{source}: {len(problems)} bad lines, nothing written; {problems[0]}")
    summary = publish(target, lambda path: task.data.write(records, path, to, tags))
    return f"wrote {target}: {len(records)} examples, {summary}"


def _first(files: str | dict[str, str]) -> str:
    """Return the file that names a set: the first of several."""
    return files if isinstance(files, str) else next(iter(files.values()))


def refuse(target: Path) -> None:
    """Raise an InputError if the target exists, or its folder does not."""
    if target.exists() or target.is_symlink():
        raise InputError(f"{target}: exists; choose another name")
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such folder to write {target.name} into")


def publish(target: Path, write: Callable[[Path], str]) -> str:
    """Call `write` in a folder beside the target, then move the result to its place."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        staged = Path(folder) / target.name
        summary = write(staged)
        if target.exists():
            raise InputError(f"{target}: appeared meanwhile; nothing written")
        shutil.move(staged, target)
    return summary
