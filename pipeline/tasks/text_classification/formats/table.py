"""CSV and TSV, with a header or without: columns of texts, a column of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.cells import COMMA, TAB, join_row
from pipeline.datasets.lines import OnError, stop
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import label_column, parse_examples
from pipeline.tasks.text_classification.records import Example
from pipeline.userfiles.read import read_named_cells

LABELS = ","  # separates several labels of a cell that we write


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per row."""
    wanted = [(name,) for name in (*form.columns.text, form.columns.label)]
    rows = read_named_cells(path, form.format, form.header, form.encoding, wanted, on_error)
    return parse_examples(path, rows, form, on_error)


def write_csv(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write a table with the header `text,label`, or in multi-label data `text,labels`."""
    _write(examples, path, multi_label, COMMA)


def write_tsv(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write the same table with tabs."""
    _write(examples, path, multi_label, TAB)


def _write(examples: Sequence[Example], path: Path, multi_label: bool, separator: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(join_row(["text", label_column(multi_label)], separator))
        for each in examples:
            for label in each.labels if multi_label else ():
                if LABELS in label:
                    wrong = f"the label {label!r} holds the separator of labels in a cell"
                    raise each.error(wrong, f"labels without `{LABELS}` (jsonl holds any)", label)
            file.write(join_row([each.text, LABELS.join(each.labels)], separator))
