"""fastText's lines: `__label__a __label__b text`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.lines import OnError, read_lines, stop
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.records import Example

PREFIX = "__label__"
HEAD = re.compile(rf"{PREFIX}([^ \t]*)(?:[ \t]+(?={PREFIX})|[ \t]|$)")


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per line; the text begins after one space or tab behind the last label."""
    for number, line in read_lines(path, on_error, form.encoding):
        if not line.strip():
            continue
        labels, text = parse(line)
        if any(word.startswith(PREFIX) for word in re.split("[ \t]", text)):
            on_error(
                DataError(path, number, f"{PREFIX} inside the text", "all labels before the text")
            )
            continue
        yield Example(text, labels, f"{path}:{number}")


def parse(line: str) -> tuple[tuple[str, ...], str]:
    """Return the labels at the beginning of a line, and the text after them."""
    labels, place = list[str](), 0
    while match := HEAD.match(line, place):
        labels.append(match[1])
        place = match.end()
    return tuple(labels), line[place:]


def line_of(labels: Sequence[str], text: str) -> str:
    """Return the line for labels and a text: the inverse of `parse`."""
    return "".join(f"{PREFIX}{label} " for label in labels) + text


def write(examples: Sequence[Example], path: Path, multi_label: bool) -> None:
    """Write one line per example.

    Raises:
        RowError: A text has a line break or `__label__`, or a label has a space.
    """
    del multi_label  # the lines are the same
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for each in examples:
            line = line_of(each.labels, each.text)
            inside = any(word.startswith(PREFIX) for word in re.split("[ \t]", each.text))
            if "\n" in line or line.endswith("\r") or inside or parse(line)[0] != each.labels:
                wrong = (
                    f"fasttext cannot hold line breaks or {PREFIX} in a text, or spaces in a label"
                )
                raise each.error(wrong, "none of these (jsonl holds them)")
            file.write(f"{line}\n")
