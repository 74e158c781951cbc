"""A folder with `seq.in`, `seq.out` and `label`, line by line: ATIS and SNIPS as they circulate."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.lines import OnError, read_lines, require, stop
from pipeline.errors import DataError
from pipeline.metrics.spans import chunks
from pipeline.tasks.slot_filling.config import ColumnSettings
from pipeline.tasks.slot_filling.utterance import Span, Utterance

FILES = ("seq.in", "seq.out", "label")


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads the three files of the folder side by side."""
    del columns  # this format has none
    texts, tags, intents = (read_lines(require(path / name), on_error) for name in FILES)
    for rows in itertools.zip_longest(texts, tags, intents):
        numbers = [row[0] if row is not None else math.inf for row in rows]
        if len(set(numbers)) > 1:  # a file ended, or a line of it was refused
            line, short = int(min(numbers)), FILES[numbers.index(max(numbers))]
            wrong = f"{short} has no line beside line {line} of the others"
            on_error(DataError(path / short, line, wrong, "as many lines in all three files"))
            return
        (number, text), (_, tag_line), (_, intent) = rows
        try:
            yield tagged(path / "seq.out", number, text, tag_line, intent.strip())
        except DataError as error:
            on_error(error)


def tagged(path: Path, number: int, text: str, tag_line: str, intent: str) -> Utterance:
    """An utterance from a text and as many BIO tags as it has words between spaces.

    Raises:
        DataError: Counts differ, a tag is malformed, or the intent is empty.
    """
    tokens = tuple(match.span() for match in re.finditer(r"[^ \t]+", text))
    tags = tag_line.split()
    if len(tags) != len(tokens):
        wrong = f"{len(tags)} tags for the {len(tokens)} words of {text!r}"
        raise DataError(path, number, wrong, "one tag a word")
    if not intent:
        raise DataError(path, number, "the intent is empty", "the intent's name")
    try:
        found = chunks(tags)
    except ValueError as error:
        raise DataError(
            path, number, str(error).partition(";")[0], "O, B-slot or I-slot"
        ) from error
    return Utterance(
        text=text,
        intent=intent,
        spans=tuple(Span(slot, tokens[i][0], tokens[j - 1][1]) for slot, i, j in found),
        tokens=tokens,
        source=f"{path}:{number}",
    )
