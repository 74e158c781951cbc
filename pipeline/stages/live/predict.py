"""Texts to answers, one JSON object a line, at constant memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from pipeline.datasets.lines import read_lines
from pipeline.errors import DataError, InputError
from pipeline.predictor import Predictor

GROUP = 1024
TABLES = (".csv", ".tsv", ".parquet")


def run(predictor: Predictor, texts: Iterable[str], output: TextIO) -> int:
    """Writes one answer a line, in order; gives their number."""
    count = 0
    remaining = iter(texts)
    while group := list(itertools.islice(remaining, GROUP)):
        for answer in predictor(group):
            output.write(json.dumps(answer, ensure_ascii=False) + "\n")
        count += len(group)
        output.flush()
    return count


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
