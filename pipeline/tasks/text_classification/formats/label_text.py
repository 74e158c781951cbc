"""Lines with a label, one space or tab, and the text, as TREC and SST are distributed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import split_cell
from pipeline.tasks.text_classification.records import Example

LABELS = ","  # separator between several labels when writing


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per line; the label ends at the first space or tab."""
    for number, line in read_lines(path, on_error, form.encoding):
        if not line.strip():
            continue
        label, separator, text = parse(line)
        if not label or not separator:
            wrong = "no label before the text" if not label else f"no text after {label[:40]!r}"
            on_error(DataError(path, number, wrong, "a label, one space or tab, and the text"))
            continue
        yield Example(text, split_cell(label, form), f"{path}:{number}")


def parse(line: str) -> tuple[str, str, str]:
    """Split a line into the label, the separator and the text."""
    label = re.split("[ \t]", line, maxsplit=1)[0]
    return label, line[len(label) : len(label) + 1], line[len(label) + 1 :]


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write one line per example.

    Raises:
        RowError: A text has a line break, a label has a space, or an example has no label.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            cell = LABELS.join(each.labels)
            line = f"{cell} {each.text}"
            joint = multi_label and any(LABELS in label for label in each.labels)
            if "\n" in line or line.endswith("\r") or joint or not cell or parse(line)[0] != cell:
                wrong = "label_text cannot hold line breaks, spaces in a label, missing labels"
                wrong += f", or `{LABELS}` in one of several labels" if multi_label else ""
                raise each.error(wrong, "none of these (jsonl holds them)")
            file.write(f"{line}\n")
