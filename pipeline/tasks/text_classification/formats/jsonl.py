"""JSONL: `{"text": ..., "label": ...}`, a string, a whole number or a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.formats.values import label_column, parse_examples
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one object per line; keys that the config does not name are ignored."""
    return parse_examples(path, read_objects(path, on_error, form.encoding), form, on_error)


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write objects with `text` and `label`, or in multi-label data `labels`, a list."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            label = list(each.labels) if multi_label else each.labels[0]
            row = {"text": each.text, label_column(multi_label): label}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
