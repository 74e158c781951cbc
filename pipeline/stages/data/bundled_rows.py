"""Rows that travel with a version: JSON lines of records, written and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline import artifacts
from pipeline.config import Config
from pipeline.task import Record, Task


def write(task: Task, file: Path, records: Iterable[Record]) -> None:
    """Write one row a line; no file without rows."""
    rows = [json.dumps(task.data.to_json(record), ensure_ascii=False) for record in records]
    if rows:
        artifacts.write_file(file, "".join(f"{row}\n" for row in rows).encode())


def read(task: Task, config: Config, file: Path) -> list[Record]:
    """Read the records of such a file, with its name and line as `source`; none without it."""
    if not file.exists():
        return []
    files = dict.fromkeys(("train", "valid", "test"), str(file))
    return list(task.data.load(task.data.bundled_settings(config.settings, files)).splits["test"]())
