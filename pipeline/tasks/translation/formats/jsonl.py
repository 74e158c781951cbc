"""JSONL: `{"source": ..., "target": ...}`, the keys as the config names them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form
from pipeline.tasks.translation.formats.values import PARTS, SOURCE, TARGET, example_of
from pipeline.tasks.translation.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Reads one object a line; keys other than the config's and `parts` are passed over."""
    for number, row in read_objects(path, on_error, form.encoding):
        try:
            yield example_of(path, number, row, form)
        except DataError as error:
            on_error(error)


def write(examples: Sequence[Example], path: Path) -> None:
    """Writes objects with `source` and `target`, and `parts` where there are some."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            parts = {PARTS: list(each.parts)} if each.parts else {}
            row = {SOURCE: each.text, TARGET: each.target, **parts}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
