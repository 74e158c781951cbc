"""The texts of a file, labelled or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.config import Config
from pipeline.datasets.lines import read_objects
from pipeline.errors import InputError
from pipeline.stages.data import prepare
from pipeline.stages.live.predict import read_texts
from pipeline.task import Task

LINES = ".txt"


def texts_of(task: Task, config: Config, file: Path) -> Iterator[str]:
    """Texts one by one, in order.

    A `.txt` file is read line by line, JSONL by its key `text`, either also as `.gz`; all else, and
    JSONL without that key, as annotated data in a format of the task, by a model that was trained
    with this config.

    Raises:
        DataError: A bad line, by file and number.
        InputError: The file cannot be read, its format not be told, or there is no text in it.
    """
    count = 0
    for text in read_texts(file) if may_be_plain(file) else _annotated(task, config, file):
        count += 1
        yield text
    if not count:
        raise InputError(f"{file}: no texts; expected at least one")


def _annotated(task: Task, config: Config, file: Path) -> Iterator[str]:
    found = prepare.found_like(task, config, file)
    section = {**found, "files": {"train": found["files"]["train"]}}
    settings = task.settings.model_validate({"task": task.name, "data": section})
    return (record["text"] for record in task.read(settings.data))


def may_be_plain(file: Path) -> bool:
    """Whether a file's texts can be read without knowing how it is annotated, if it is."""
    return LINES in file.suffixes or (".jsonl" in file.suffixes and _has_text(file))


def _has_text(file: Path) -> bool:
    _, row = next(iter(read_objects(file)), (0, {"text": ""}))
    return "text" in row
