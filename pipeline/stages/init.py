"""A config for a user's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipeline.artifacts import write_file
from pipeline.errors import InputError
from pipeline.task import Task


def run(task: Task, data: Path, target: Path, format_: str | None = None) -> str:
    """Writes a config for `data` to `target` and gives one line on what was detected.

    `format_` is the data's format where the user says it.

    Raises:
        InputError: The data is in no known format, or `target` exists.
    """
    if target.exists():
        raise InputError(f"{target}: exists; choose another name with --config")
    found, seen = task.guess(data, format_)
    settings: dict[str, Any] = {"task": task.name, "data": found}
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    head = f"# Detected: {seen}\n# Every other setting has its default; `train` writes all out.\n"
    write_file(target, (head + text).encode())
    return seen
