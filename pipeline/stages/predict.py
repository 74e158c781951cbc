"""Texts to answers, one JSON object a line, at constant memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from pipeline.datasets.lines import read_lines, read_objects
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
    if ".jsonl" not in file.suffixes:
        yield from (line for _, line in read_lines(file))
        return
    for number, row in read_objects(file):
        text = row.get(key)
        if not isinstance(text, str):
            raise DataError(file, number, f"`{key}` is {text!r}", "a string")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise DataError(file, number, "half of a surrogate pair", "whole characters")
        yield text
