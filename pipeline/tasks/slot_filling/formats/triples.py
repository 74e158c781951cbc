"""A folder with parallel files `seq.in`, `seq.out` and `label`, as ATIS and SNIPS are published."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_lines, require, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats.tagging import rows_of_words, tagged
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

FILES = ("seq.in", "seq.out", "label")


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read the three files of the folder in parallel."""
    del columns  # this format has none
    scheme = scheme_of(path)
    texts, tags, intents = (read_lines(require(path / name), on_error) for name in FILES)
    for rows in itertools.zip_longest(texts, tags, intents):
        numbers = [row[0] if row is not None else math.inf for row in rows]
        if len(set(numbers)) > 1:  # a file ended, or one of its lines was damaged
            line, short = int(min(numbers)), FILES[numbers.index(max(numbers))]
            wrong = f"{short} has no line for line {line} of the other files"
            on_error(DataError(path / short, line, wrong, "equal line counts in all three files"))
            return
        (number, text), (_, tag_line), (_, intent) = rows
        try:
            yield tagged(path / "seq.out", number, text, tag_line, intent.strip(), scheme)
        except DataError as error:
            on_error(error)


def write(utterances: Sequence[Utterance], path: Path, scheme: str = schemes.BIO) -> None:
    """Write the three files into the folder.

    Raises:
        RowError: An utterance has `parts`, tokens that are not the words between spaces, or
            anything else that the format cannot represent.
    """
    rows = list(rows_of_words(utterances, scheme))
    for utterance, _, _ in rows:
        if utterance.parts:
            wrong = f"it belongs to the parts {', '.join(utterance.parts)}"
            raise utterance.error(wrong, "none: triples cannot hold parts (jsonl can)")
    path.mkdir(exist_ok=True)
    lines = [(text, tags, utterance.intent) for utterance, text, tags in rows]
    for place, name in enumerate(FILES):
        content = "".join(f"{line[place]}\n" for line in lines)
        (path / name).write_text(content, encoding="utf-8", newline="\n")


def scheme_of(path: Path) -> str:
    """Return the tag scheme of the folder; reads `seq.out` once."""
    lines = read_lines(require(path / "seq.out"), lambda _: None)  # `read` reports damaged lines
    return schemes.detect(line.split() for _, line in lines)
