"""What can be mended in a file without asking its author, line by line.

Mended are white space round labels, and in multi-label data a label that stands twice. All else in
the file stays as it is, byte for byte, unreadable lines too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import data_path
from pipeline.datasets.mending import Mended, mend_cells, mend_keys, mend_lines, write_mended
from pipeline.tasks.text_classification.file_format import Form, form_of
from pipeline.tasks.text_classification.formats import fasttext, label_text, table
from pipeline.tasks.text_classification.settings import DataSettings

SPACE = "white space round a label left out"
REPEAT = "a label that stands twice left out once"


def repair(data: DataSettings) -> Iterator[tuple[Path, Path, Mended]]:
    """Writes a mended copy of every file that has something to mend.

    `train.csv` becomes `train.fixed.csv` beside it; the file itself is not touched.

    Yields:
        The file, its copy, and (line, what was mended) of each line.

    Raises:
        InputError: A copy is there already.
    """
    forms = [form_of(data, split) for split in data.files]
    for path, form in {data_path(form.path): form for form in forms if form.mendable}.items():
        written = write_mended(path, form.encoding, functools.partial(mend, form=form))
        if written:
            yield written


def mend(text: str, form: Form) -> tuple[str, Mended]:
    """A file's text with what is safe mended, and (line, what) of each change."""
    if form.format in ("csv", "tsv"):
        separator = table.COMMA if form.format == "csv" else table.TAB
        columns = [form.columns.label]
        return mend_cells(text, separator, form.header, columns, lambda c: _mend_cell(c, form))
    changes: dict[str, Callable[[str, Form], tuple[str, str]]] = {
        "jsonl": _mend_object,
        "fasttext": _mend_fasttext,
        "label_text": _mend_label_text,
    }
    change = changes[form.format]
    return mend_lines(text, lambda line: change(line, form))


def mend_labels(labels: Sequence[str], multi_label: bool) -> tuple[list[str], str]:
    """The labels mended, and what was done; nothing where nothing is safe to do."""
    inner = [label.strip() for label in labels]
    kept = list(dict.fromkeys(inner)) if multi_label else inner
    if not all(inner):
        return list(labels), ""  # an empty label: what was meant is unknown
    done = [SPACE] * (inner != list(labels)) + [REPEAT] * (len(kept) < len(inner))
    return kept, "; ".join(done)


def _mend_object(line: str, form: Form) -> tuple[str, str]:
    return mend_keys(line, [form.columns.label], lambda value: _mend_value(value, form))


def _mend_value(value: Any, form: Form) -> tuple[Any, str]:
    if isinstance(value, str):
        return _mend_cell(value, form)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return mend_labels(value, form.multi_label)
    return value, ""


def _mend_cell(cell: str, form: Form) -> tuple[str, str]:
    if not form.multi_label:
        labels, what = mend_labels([cell], multi_label=False)
        return labels[0], what
    labels, what = mend_labels(cell.split(form.separator) if cell else [], multi_label=True)
    return form.separator.join(labels), what


def _mend_fasttext(line: str, form: Form) -> tuple[str, str]:
    labels, text = fasttext.parse(line)
    kept, what = mend_labels(labels, form.multi_label)
    return (fasttext.line_of(kept, text), what) if what else (line, "")


def _mend_label_text(line: str, form: Form) -> tuple[str, str]:
    cell, separator, text = label_text.parse(line)
    new, what = _mend_cell(cell, form)
    return (f"{new}{separator}{text}", what) if what else (line, "")
