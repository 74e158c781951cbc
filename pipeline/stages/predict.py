"""Texts to answers, one JSON object a line, at constant memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from pipeline.datasets.lines import read_lines
from pipeline.errors import DataError
from pipeline.predictor import Predictor

GROUP = 1024


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
    objects = ".jsonl" in file.suffixes
    for number, line in read_lines(file):
        if not objects:
            yield line
        elif line.strip():
            yield text_of(file, number, line, key)


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
    text = row.get(key)
    if not isinstance(text, str):
        raise DataError(file, number, f"`{key}` is {text!r}", "a string")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DataError(file, number, "half of a surrogate pair", "whole characters")
    return text
