"""CSV and TSV, with a header or without: columns of texts, a column of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.cells import join_row
from pipeline.datasets.lines import OnError, read_rows, stop
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import example_of, label_column
from pipeline.tasks.text_classification.records import Example, shorten

COMMA, TAB = ",", "\t"
LABELS = ","  # between several labels of a cell that we write


def read_csv(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads rows of cells between commas."""
    return _read(path, form, on_error, COMMA)


def read_tsv(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads rows of cells between tabs."""
    return _read(path, form, on_error, TAB)


def write_csv(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Writes a table with the header `text,label`, or in multi-label data `text,labels`."""
    _write(examples, path, multi_label, COMMA)


def write_tsv(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """As `write_csv`, with tabs."""
    _write(examples, path, multi_label, TAB)


def names_of(cells: Sequence[str], header: bool) -> list[str]:
    """The columns' names: the first row's cells, or without a header their numbers from "0"."""
    return list(cells) if header else [str(place) for place in range(len(cells))]


def _read(path: Path, form: Form, on_error: OnError, separator: str) -> Iterator[Example]:
    names: list[str] = []
    for number, cells in read_rows(path, separator, on_error, form.encoding):
        if not names:
            names = names_of(cells, form.header)
            _check_names(path, number, names, form)
            if form.header:
                continue
        if len(cells) != len(names):
            first = "header" if form.header else "first row"
            wrong = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            on_error(DataError(path, number, wrong, f"{len(names)} cells, as the {first} has"))
            continue
        try:
            yield example_of(path, number, dict(zip(names, cells, strict=True)), form)
        except DataError as error:
            on_error(error)
    if not names:
        raise DataError(path, 0, "the file is empty", "a row an example")


def _check_names(path: Path, number: int, names: Sequence[str], form: Form) -> None:
    for wanted in (*form.columns.text, form.columns.label):
        if names.count(wanted) == 1:
            continue
        known = shorten(", ".join(names))
        if wanted in names:
            raise DataError(path, number, f"the column {wanted!r} stands twice", "each name once")
        hint = "or header: false, where the first row is an example"
        expected = f"the config's data.columns ({hint if form.header else 'numbers: no header'})"
        raise DataError(path, number, f"no column {wanted!r} among {known}", expected)


def _write(examples: Sequence[Example], path: Path, multi_label: bool, separator: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(join_row(["text", label_column(multi_label)], separator))
        for each in examples:
            for label in each.labels if multi_label else ():
                if LABELS in label:
                    wrong = f"the label {label!r} holds what parts labels in a cell"
                    raise each.error(wrong, f"labels without `{LABELS}` (jsonl holds any)", label)
            file.write(join_row([each.text, LABELS.join(each.labels)], separator))
