"""CSV or TSV with a header: the text, its tags separated by spaces, and its intent."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.datasets.lines import OnError, read_table, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling import schemes
from pipeline.tasks.slot_filling.formats.tagging import rows_of_words, tagged
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.settings import ColumnSettings

PARTS = "parts"


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Read the columns named in the config, and `parts` if present; ignore others."""
    names = (columns.text, columns.tags, columns.intent)
    scheme = scheme_of(path, columns.tags)
    for number, row in read_table(path, on_error):
        missing = [name for name in names if name not in row]
        if missing:
            wrong = f"no column {missing[0]!r} among {', '.join(row)}"
            raise DataError(path, 1, wrong, "each configured column")
        text, tags, intent = (row[name] for name in names)
        try:
            utterance = tagged(path, number, text, tags, intent.strip(), scheme)
        except DataError as error:
            on_error(error)
        else:
            yield replace(utterance, parts=tuple(row.get(PARTS, "").split()))


def write(utterances: Sequence[Utterance], path: Path, scheme: str = schemes.BIO) -> None:
    """Write a table, separated by tabs if the file name has `.tsv`, otherwise by commas.

    Raises:
        RowError: The format cannot represent an utterance.
    """
    rows = list(rows_of_words(utterances, scheme))
    header = ["text", "tags", "intent", *([PARTS] if any(u.parts for u, _, _ in rows) else [])]
    with path.open("w", encoding="utf-8", newline="") as file:
        separator = "\t" if ".tsv" in path.suffixes else ","
        table = csv.writer(file, delimiter=separator, lineterminator="\n")
        table.writerow(header)
        for utterance, text, tags in rows:
            cells = [text, tags, utterance.intent, " ".join(utterance.parts)]
            table.writerow(cells[: len(header)])


def scheme_of(path: Path, column: str) -> str:
    """Return the tag scheme of the table; reads it once."""
    rows = read_table(path, lambda _: None)  # `read` reports damaged lines
    return schemes.detect(row.get(column, "").split() for _, row in rows)
