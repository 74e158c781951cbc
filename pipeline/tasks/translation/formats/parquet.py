"""Parquet: a column of texts, a column of their translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, stop
from pipeline.datasets.parquet import read_parquet, read_parquet_columns, write_parquet
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import (
    PARTS,
    SOURCE,
    TARGET,
    outer,
    parse_examples,
)
from pipeline.tasks.translation.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row, counted from 1; other columns than the config's are ignored."""
    present = read_parquet_columns(path)
    wanted = [PARTS] if PARTS in present else []
    for names in map(names_of, (form.columns.source, form.columns.target)):
        known = [name for name in names if outer(name, present) in present]
        wanted += [outer(name, present) for name in known or names[:1]]
    rows = read_parquet(path, list(dict.fromkeys(wanted)), on_error)
    yield from parse_examples(path, rows, form, on_error)


def write(examples: Sequence[Example], path: Path) -> None:
    """Write the columns `source` and `target`, and `parts`, of lists, if an example has some."""
    columns = {
        SOURCE: [each.text for each in examples],
        TARGET: [each.target for each in examples],
    }
    parts = {PARTS: [list(each.parts) for each in examples]}
    write_parquet(path, columns | (parts if any(each.parts for each in examples) else {}))
