"""CSV and TSV, with a header or without: a column of texts, a column of their translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.cells import COMMA, TAB, join_row
from pipeline.datasets.lines import OnError, stop
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import PARTS, SOURCE, TARGET, parse_examples
from pipeline.tasks.translation.records import Example
from pipeline.userfiles.read import read_named_cells


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row; a column `parts` is ignored, since cells hold no lists."""
    wanted = [names_of(form.columns.source), names_of(form.columns.target)]
    rows = read_named_cells(path, form.format, form.header, form.encoding, wanted, on_error)
    without_parts = (
        (number, {name: cell for name, cell in row.items() if name != PARTS})
        for number, row in rows
    )
    return parse_examples(path, without_parts, form, on_error)


def write_csv(examples: Sequence[Example], path: Path) -> None:
    """Write a table with the header `source,target`."""
    _write(examples, path, COMMA)


def write_tsv(examples: Sequence[Example], path: Path) -> None:
    """Write the same table with tabs."""
    _write(examples, path, TAB)


def _write(examples: Sequence[Example], path: Path, separator: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(join_row([SOURCE, TARGET], separator))
        for each in examples:
            file.write(join_row([each.text, each.target], separator))
