"""One folder per class, one file per example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.lines import OnError, stop, whole_lines
from pipeline.errors import DataError
from pipeline.tasks.text_classification.file_format import Form
from pipeline.tasks.text_classification.records import Example


def read(path: Path, form: Form, on_error: OnError = stop) -> Iterator[Example]:
    """Read all files, class by class; ignore names that begin with a dot.

    A text is the whole content of its file, including line breaks; its source is the first line.
    """
    for folder in visible(path):
        if not folder.is_dir():
            on_error(DataError(folder, 0, "a file beside the class folders", "only folders"))
            continue
        for file in visible(folder):
            if file.is_dir():
                on_error(DataError(file, 0, "a folder in a class folder", "only files"))
                continue
            lines = list(whole_lines(file, on_error, form.encoding))
            if all(line.whole for line in lines):
                text = "".join(line.text for line in lines)
                yield Example(text, (folder.name,), f"{file}:1")


def files_of(path: Path) -> list[Path]:
    """Return the files that `read` reads."""
    folders = [folder for folder in visible(path) if folder.is_dir()]
    return [file for folder in folders for file in visible(folder) if file.is_file()]


def visible(folder: Path) -> list[Path]:
    """Return the sorted entries of a folder, without names that begin with a dot."""
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
