"""Read the texts of a file, annotated or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import Config
from pipeline.datasets.lines import read_lines, read_objects
from pipeline.errors import DataError, InputError
from pipeline.task import Task

LINES = ".txt"
TABLES = (".csv", ".tsv", ".parquet")


def texts_of(task: Task, config: Config, file: Path) -> Iterator[str]:
    """Yield the texts of a file, in order.

    A `.txt` file is read line by line, and JSONL by its key `text`; either may be `.gz`. Any other
    file, and JSONL without that key, is read as annotated data of the task, as a model trained with
    this config reads it.

    Raises:
        DataError: A line is bad; names file and line.
        InputError: The file cannot be read, its format is not recognised, or it has no text.
    """
    count = 0
    for text in read_texts(file) if may_be_plain(file) else _annotated(task, config, file):
        count += 1
        yield text
    if not count:
        raise InputError(f"{file}: no texts; expected at least one")


def _annotated(task: Task, config: Config, file: Path) -> Iterator[str]:
    settings = task.data.adopt(config.settings, file, "texts")
    return (record["text"] for record in task.data.read_as_is(settings))


def may_be_plain(file: Path) -> bool:
    """Return whether a file's texts can be read without knowing its annotations."""
    return LINES in file.suffixes or (".jsonl" in file.suffixes and _has_text(file))


def _has_text(file: Path) -> bool:
    _, row = next(iter(read_objects(file)), (0, {"text": ""}))
    return "text" in row


def read_texts(file: Path, key: str = "text") -> Iterator[str]:
    """Yield the texts of `.jsonl` (its key `text`) or of plain lines; either may be `.gz`."""
    objects = holds_objects(file)
    for number, line in read_lines(file):
        if not objects:
            yield line
        elif line.strip():
            yield text_of(file, number, line, key)


def holds_objects(file: Path) -> bool:
    """Return whether a file's lines are JSON; otherwise each line is a text.

    Raises:
        InputError: The file is a table; its header and separators would be read as text.
    """
    table = next((suffix for suffix in file.suffixes if suffix in TABLES), None)
    if table:
        raise InputError(
            f"{file}: a table ({table}); expected texts, one a line, or .jsonl with the key `text`"
        )
    return ".jsonl" in file.suffixes


def text_of(file: Path, number: int, line: str, key: str = "text") -> str:
    """Return the text in a line of JSON.

    Raises:
        DataError: The line has no text.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(file, number, f"not valid JSON ({error})", "one object per line") from error
    if not isinstance(row, dict):
        raise DataError(file, number, f"a JSON {type(row).__name__}", "an object")
    if key not in row:
        known = ", ".join(row) or "none"
        raise DataError(file, number, f"no key `{key}`; its keys: {known}", "the text there")
    text = row[key]
    if not isinstance(text, str):
        raise DataError(file, number, f"`{key}` is {text!r}", "a string")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DataError(file, number, "half of a surrogate pair", "whole characters")
    return text
