"""Write a config for a user's own file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipeline.artifacts import write_file
from pipeline.errors import InputError
from pipeline.task import Task


def run(
    task: Task,
    data: Path,
    target: Path,
    format_: str | None = None,
    others: Iterable[Task] = (),
) -> str:
    """Write a config for `data` to `target` and return one line on what was detected.

    Args:
        task: The task to train.
        data: The user's file or folder.
        target: The config to write.
        format_: The data's format; detected if None.
        others: Tasks that may read the data; tried only if this task cannot read it.

    Raises:
        InputError: The data is in no known format, or `target` exists.
    """
    if target.exists():
        raise InputError(f"{target}: exists; choose another name with --config")
    try:
        found, seen = task.data.detect(data, format_)
    except InputError as error:
        readers = _readers(others, data, format_)
        if not readers:
            raise
        raise InputError(f"{error}. That is for {task.name}; {' or '.join(readers)}") from error
    settings: dict[str, Any] = {"task": task.name, "data": found}
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    head = (
        f"# Detected: {seen}\n"
        "# Every other setting has its default; `python main.py settings` lists them.\n"
    )
    write_file(target, (head + text).encode())
    return seen


def _readers(tasks: Iterable[Task], data: Path, format_: str | None) -> list[str]:
    """Return the tasks that can read the data, each with what it detects."""
    found = []
    for task in tasks:
        try:
            _, seen = task.data.detect(data, format_)
        except InputError:
            continue
        found.append(f"--task {task.name} reads {seen.removeprefix(f'{data}: ')}")
    return found
