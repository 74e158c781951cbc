"""CSV or TSV with a header: a text, its BIO tags between spaces, its intent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.lines import OnError, read_table, stop
from pipeline.errors import DataError
from pipeline.tasks.slot_filling.config import ColumnSettings
from pipeline.tasks.slot_filling.formats.triples import tagged
from pipeline.tasks.slot_filling.utterance import Utterance


def read(path: Path, columns: ColumnSettings, on_error: OnError = stop) -> Iterator[Utterance]:
    """Reads the columns named in the config; other columns are passed over."""
    names = (columns.text, columns.tags, columns.intent)
    for number, row in read_table(path, on_error):
        missing = [name for name in names if name not in row]
        if missing:
            found = ", ".join(row)
            raise DataError(
                path, 1, f"no column {missing[0]!r} among {found}", "the config's names"
            )
        text, tags, intent = (row[name] for name in names)
        try:
            yield tagged(path, number, text, tags, intent.strip())
        except DataError as error:
            on_error(error)
