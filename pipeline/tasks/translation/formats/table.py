"""CSV and TSV, with a header or without: a column of texts, a column of their translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.cells import join_row
from pipeline.datasets.lines import OnError, read_rows, stop
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form, names_of
from pipeline.tasks.translation.formats.values import SOURCE, TARGET, example_of
from pipeline.tasks.translation.records import Example, shorten

COMMA, TAB = ",", "\t"


def read_csv(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads rows of cells between commas."""
    return _read(path, form, on_error, COMMA)


def read_tsv(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads rows of cells between tabs."""
    return _read(path, form, on_error, TAB)


def write_csv(examples: Sequence[Example], path: Path) -> None:
    """Writes a table with the header `source,target`."""
    _write(examples, path, COMMA)


def write_tsv(examples: Sequence[Example], path: Path) -> None:
    """As `write_csv`, with tabs."""
    _write(examples, path, TAB)


def names_in(cells: Sequence[str], header: bool) -> list[str]:
    """The columns' names: the first row's cells, or without a header their numbers from "0"."""
    return list(cells) if header else [str(place) for place in range(len(cells))]


def _read(path: Path, form: Form, on_error: OnError, separator: str) -> Iterator[Example]:
    names: list[str] = []
    for number, cells in read_rows(path, separator, on_error, form.encoding):
        if not names:
            names = names_in(cells, form.header)
            _check_names(path, number, names, form)
            if form.header:
                continue
        if len(cells) != len(names):
            first = "header" if form.header else "first row"
            wrong = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            on_error(DataError(path, number, wrong, f"{len(names)} cells, as the {first} has"))
            continue
        row = {name: cell for name, cell in zip(names, cells, strict=True) if name != "parts"}
        try:
            yield example_of(path, number, row, form)
        except DataError as error:
            on_error(error)
    if not names:
        raise DataError(path, 0, "the file is empty", "a row an example")


def _check_names(path: Path, number: int, names: Sequence[str], form: Form) -> None:
    for wanted in map(names_of, (form.columns.source, form.columns.target)):
        for name in wanted:
            if names.count(name) > 1:
                raise DataError(path, number, f"the column {name!r} stands twice", "each name once")
        if not set(wanted) & set(names):
            known, shown = shorten(", ".join(names)), " or ".join(map(repr, wanted))
            hint = "or header: false, where the first row is an example"
            expected = (
                f"the config's data.columns ({hint if form.header else 'numbers: no header'})"
            )
            raise DataError(path, number, f"no column {shown} among {known}", expected)


def _write(examples: Sequence[Example], path: Path, separator: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(join_row([SOURCE, TARGET], separator))
        for each in examples:
            file.write(join_row([each.text, each.target], separator))
