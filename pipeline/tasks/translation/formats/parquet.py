"""Parquet: a column of texts, a column of their translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.parquet import read_parquet, read_parquet_columns, write_parquet
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import PARTS, SOURCE, TARGET, example_of, outer
from pipeline.tasks.translation.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one row an example, counted from 1; columns other than the config's are passed over."""
    present = read_parquet_columns(path)
    wanted = [PARTS] if PARTS in present else []
    for names in map(names_of, (form.columns.source, form.columns.target)):
        there = [name for name in names if outer(name, present) in present]
        wanted += [outer(name, present) for name in there or names[:1]]
    for number, row in read_parquet(path, list(dict.fromkeys(wanted)), on_error):
        try:
            yield example_of(path, number, row, form)
        except DataError as error:
            on_error(error)


def write(examples: Sequence[Example], path: Path) -> None:
    """Writes the columns `source` and `target`, and `parts`, of lists, where there are some."""
    columns = {
        SOURCE: [each.text for each in examples],
        TARGET: [each.target for each in examples],
    }
    parts = {PARTS: [list(each.parts) for each in examples]}
    write_parquet(path, columns | (parts if any(each.parts for each in examples) else {}))
