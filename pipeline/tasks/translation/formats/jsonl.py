"""JSONL: `{"source": ..., "target": ...}`, with the keys that the config names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_objects, stop
from pipeline.tasks.translation.file_format import Form
from pipeline.tasks.translation.formats.values import PARTS, SOURCE, TARGET, parse_examples
from pipeline.tasks.translation.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one object per line; keys other than the config's and `parts` are ignored."""
    return parse_examples(path, read_objects(path, on_error, form.encoding), form, on_error)


def write(examples: Sequence[Example], path: Path) -> None:
    """Write objects with `source` and `target`, and `parts` if an example has some."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            parts = {PARTS: list(each.parts)} if each.parts else {}
            row = {SOURCE: each.text, TARGET: each.target, **parts}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
