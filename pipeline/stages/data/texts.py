"""The texts of a file, labelled or not."""

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
    settings = task.data.adopt(config.settings, file, "texts")
    return (record["text"] for record in task.data.read_as_is(settings))


def may_be_plain(file: Path) -> bool:
    """Whether a file's texts can be read without knowing how it is annotated, if it is."""
    return LINES in file.suffixes or (".jsonl" in file.suffixes and _has_text(file))


def _has_text(file: Path) -> bool:
    _, row = next(iter(read_objects(file)), (0, {"text": ""}))
    return "text" in row


def read_texts(file: Path, key: str = "text") -> Iterator[str]:
    """The texts of a file: `.jsonl` (its key `text`) or plain, one a line; `.gz` of either."""
    objects = holds_objects(file)
    for number, line in read_lines(file):
        if not objects:
            yield line
        elif line.strip():
            yield text_of(file, number, line, key)


def holds_objects(file: Path) -> bool:
    """Whether a file's lines are JSON; else each is a text.

    Raises:
        InputError: It is a table, whose lines would be answered with their header and separators.
    """
    table = next((suffix for suffix in file.suffixes if suffix in TABLES), None)
    if table:
        raise InputError(
            f"{file}: a table ({table}); expected texts, one a line, or .jsonl with the key `text`"
        )
    return ".jsonl" in file.suffixes


def text_of(file: Path, number: int, line: str, key: str = "text") -> str:
    """The text in a line of JSON.

    Raises:
        DataError: It holds none.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(file, number, f"not valid JSON ({error})", "one object a line") from error
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
