"""Two text files; line N of one translates line N of the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.cells import split_end
from pipeline.datasets.lines import OnError, stop, whole_lines
from pipeline.errors import DataError
from pipeline.tasks.translation.file_format import Form
from pipeline.tasks.translation.records import Example

NAMES = ("train.source", "train.target")  # file names in a folder that `write` makes


def read(source: Path, target: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read one example per pair of lines; its source is the line of the source file.

    Lines that are blank in both files are ignored; only LF and CRLF end a line. If the files have
    different numbers of lines, both counts are passed to `on_error` and nothing is yielded.
    """
    counts = [sum(1 for _ in whole_lines(p, _ignore, form.encoding)) for p in (source, target)]
    if counts[0] != counts[1]:
        wrong = f"{counts[0]} lines, and {target} has {counts[1]}"
        on_error(DataError(source, 0, wrong, "equal line counts"))
        return
    files = [whole_lines(path, on_error, form.encoding) for path in (source, target)]
    for text, translation in itertools.zip_longest(*files):
        if text is None or translation is None or not (text.whole and translation.whole):
            continue  # a damaged line, already passed to `on_error`
        sides = split_end(text.text)[0], split_end(translation.text)[0]
        if any(side.strip() for side in sides):
            yield Example(*sides, f"{source}:{text.number}")


def write(examples: Sequence[Example], path: Path) -> None:
    """Write a folder with the two files `train.source` and `train.target`.

    Raises:
        RowError: A side has a line break.
    """
    path.mkdir()
    for each in examples:
        if any("\n" in side or side.endswith("\r") for side in (each.text, each.target)):
            wrong = "aligned files cannot hold line breaks in a text"
            raise each.error(wrong, "texts of one line (jsonl holds any)")
    for name, side in zip(NAMES, ("text", "target"), strict=True):
        with (path / name).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{getattr(each, side)}\n" for each in examples)


def _ignore(error: DataError) -> None:
    """Ignore a damaged line while counting; it is reported when the file is read."""
