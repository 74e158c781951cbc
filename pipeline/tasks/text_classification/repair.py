"""Repair labels that can be corrected without asking the author of a file.

White space around labels is removed and, in multi-label data, a label that occurs twice.
Everything else in the file stays, byte for byte, unreadable lines included.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.config import data_path
from pipeline.tasks.text_classification.file_format import Form, form_of
from pipeline.tasks.text_classification.formats import fasttext, label_text
from pipeline.tasks.text_classification.settings import DataSettings
from pipeline.userfiles.repair import Repairs, Written, repair_columns, repair_files, repair_lines

SPACE = "whitespace around a label removed"
REPEAT = "a repeated label removed"


def repair(data: DataSettings) -> Iterator[Written]:
    """Write a repaired copy of every file that needs one; see `repair_files`."""
    forms = [form_of(data, split) for split in data.files]
    files = {data_path(form.path): form for form in forms if form.mendable}
    return repair_files(
        {
            path: (form.encoding, functools.partial(repair_text, form=form))
            for path, form in files.items()
        }
    )


def repair_text(text: str, form: Form) -> tuple[str, Repairs]:
    """Return a file's text with safe repairs, and (line, what was changed) of each."""
    by_line: dict[str, Callable[[str, Form], tuple[str, str]]] = {
        "fasttext": _repair_fasttext,
        "label_text": _repair_label_text,
    }
    if form.format in by_line:
        return repair_lines(text, lambda line: by_line[form.format](line, form))
    columns = [form.columns.label]
    return repair_columns(
        text, form.format, form.header, columns, lambda value: _repair_value(value, form)
    )


def repair_labels(labels: Sequence[str], multi_label: bool) -> tuple[list[str], str]:
    """Return the repaired labels and what was changed; an empty label blocks any change."""
    inner = [label.strip() for label in labels]
    kept = list(dict.fromkeys(inner)) if multi_label else inner
    if not all(inner):
        return list(labels), ""  # which label was meant is unknown
    changes = [SPACE] * (inner != list(labels)) + [REPEAT] * (len(kept) < len(inner))
    return kept, "; ".join(changes)


def _repair_value(value: Any, form: Form) -> tuple[Any, str]:
    if isinstance(value, str):
        return _repair_cell(value, form)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return repair_labels(value, form.multi_label)
    return value, ""


def _repair_cell(cell: str, form: Form) -> tuple[str, str]:
    if not form.multi_label:
        labels, what = repair_labels([cell], multi_label=False)
        return labels[0], what
    labels, what = repair_labels(cell.split(form.separator) if cell else [], multi_label=True)
    return form.separator.join(labels), what


def _repair_fasttext(line: str, form: Form) -> tuple[str, str]:
    labels, text = fasttext.parse(line)
    kept, what = repair_labels(labels, form.multi_label)
    return (fasttext.line_of(kept, text), what) if what else (line, "")


def _repair_label_text(line: str, form: Form) -> tuple[str, str]:
    cell, separator, text = label_text.parse(line)
    new, what = _repair_cell(cell, form)
    return (f"{new}{separator}{text}", what) if what else (line, "")
