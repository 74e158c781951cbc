"""The rows that travel with a version, read back."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.task import Record, Task


def read_rows(task: Task, config: Config, file: Path) -> list[Record]:
    """The records of a JSONL file in the embedded form; none where there is no such file.

    Raises:
        DataError: A bad line, by number.
    """
    if not file.exists():
        return []
    found, _ = task.guess(file, None)
    old = config.settings.data
    files = {"train": found["files"]["train"]}
    data = type(old).model_validate({**old.model_dump(), **found, "files": files})
    return list(task.read(data))
