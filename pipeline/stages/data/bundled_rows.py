"""Rows that travel: records as JSON lines in the task's embedded form, written and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline import artifacts
from pipeline.config import Config
from pipeline.task import Record, Task


def write(task: Task, file: Path, records: Iterable[Record]) -> None:
    """One row a line; no file where there is no row."""
    rows = [json.dumps(task.data.to_json(record), ensure_ascii=False) for record in records]
    if rows:
        artifacts.write_file(file, "".join(f"{row}\n" for row in rows).encode())


def read(task: Task, config: Config, file: Path) -> list[Record]:
    """The records of such a file; their `source` is its name and line. None where there is none."""
    if not file.exists():
        return []
    files = dict.fromkeys(("train", "valid", "test"), str(file))
    return list(task.data.load(task.data.bundled_settings(config.settings, files)).splits["test"]())
