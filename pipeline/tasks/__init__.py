"""The tasks, each a folder with the same file names.

A task is its folder and a word here; nothing else in the project names one.
"""

from __future__ import annotations

import importlib
from typing import Any

from pipeline.errors import InputError
from pipeline.task import Task

TASKS = ("slot_filling", "text_classification", "translation")


def find_task(name: str) -> Task:
    """Return the task called `name`.

    Raises:
        InputError: The task is unknown; the message lists the known ones.
    """
    if name not in TASKS:
        raise InputError(f"task `{name}`: unknown; expected one of {', '.join(TASKS)}")
    task: Task = importlib.import_module(f"{__name__}.{name}").TASK
    return task


def schema_of(name: str) -> type[Any]:
    """Return the class of a task's settings."""
    return find_task(name).settings
