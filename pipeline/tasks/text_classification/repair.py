"""What can be mended in a file without asking its author, line by line.

Mended are white space round labels, and in multi-label data a label that stands twice. All else in
the file stays as it is, byte for byte, unreadable lines too.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import data_path
from pipeline.datasets.cells import Line, cell_of, quotes_are_text, split_end, split_rows, value_of
from pipeline.datasets.lines import codec_name, read_bytes
from pipeline.errors import InputError
from pipeline.tasks.text_classification.config import DataSettings
from pipeline.tasks.text_classification.form import Form, form_of
from pipeline.tasks.text_classification.formats import fasttext, label_text, table

SPACE = "white space round a label left out"
REPEAT = "a label that stands twice left out once"
BYTE_ORDER_MARK = "\ufeff"
Mended = list[tuple[int, str]]


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
        raw = read_bytes(path)
        encoding = codec_name(form.encoding)
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue  # validate tells of the damaged line; until it is mended nothing is certain
        if text.encode(encoding) != raw:
            continue  # an encoding with more than one way to write a text
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        content, mended = mend(text.removeprefix(mark), form)
        if not mended:
            continue
        target = fixed_name(path)
        if target.exists():
            raise InputError(f"{target}: exists; move it away before --fix writes it anew")
        target.write_bytes((mark + content).encode(encoding))
        yield path, target, mended


def fixed_name(path: Path) -> Path:
    """`a/train.en.jsonl.gz` -> `a/train.en.fixed.jsonl`."""
    path = path.with_suffix("") if path.suffix == ".gz" else path
    return path.with_name(f"{path.stem}.fixed{path.suffix}")


def mend(text: str, form: Form) -> tuple[str, Mended]:
    """A file's text with what is safe mended, and (line, what) of each change."""
    if form.format in ("csv", "tsv"):
        return _mend_table(text, form)
    change = {"jsonl": _mend_object, "fasttext": _mend_fasttext, "label_text": _mend_label_text}
    return _mend_lines(text, form, change[form.format])


def mend_labels(labels: Sequence[str], multi_label: bool) -> tuple[list[str], str]:
    """The labels mended, and what was done; nothing where nothing is safe to do."""
    inner = [label.strip() for label in labels]
    kept = list(dict.fromkeys(inner)) if multi_label else inner
    if not all(inner):
        return list(labels), ""  # an empty label: what was meant is unknown
    done = [SPACE] * (inner != list(labels)) + [REPEAT] * (len(kept) < len(inner))
    return kept, "; ".join(done)


def _mend_lines(
    text: str, form: Form, change: Callable[[str, Form], tuple[str, str]]
) -> tuple[str, Mended]:
    lines, mended = text.split("\n"), Mended()
    for place, line in enumerate(lines):
        body, end = split_end(line)
        new, what = change(body, form)
        if what:
            lines[place] = new + end
            mended.append((place + 1, what))
    return "\n".join(lines), mended


def _mend_object(line: str, form: Form) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""  # validate tells of it
    value = row.get(form.columns.label) if isinstance(row, dict) else None
    new, what = _mend_value(value, form)
    if not what:
        return line, ""
    return json.dumps({**row, form.columns.label: new}, ensure_ascii=False), what


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


def _mend_table(text: str, form: Form) -> tuple[str, Mended]:
    separator = table.COMMA if form.format == "csv" else table.TAB
    pieces = text.split("\n")
    lines = [f"{piece}\n" for piece in pieces[:-1]] + pieces[-1:]
    numbered = [Line(number, line) for number, line in enumerate(lines, start=1) if line]
    quoting = separator == table.COMMA or not quotes_are_text(numbered, separator)
    rows = list(split_rows(numbered, separator, quoting))
    first = next((row for row in rows if row.cells), None)
    if first is None:
        return text, []
    names = table.names_of([value_of(cell, quoting) for cell in first.cells], form.header)
    if names.count(form.columns.label) != 1:
        return text, []  # validate tells of it
    place, mended = names.index(form.columns.label), Mended()
    ends = [row.line for row in rows[1:]] + [len(lines) + 1]
    for row, following in itertools.compress(
        zip(rows, ends, strict=True),
        (len(row.cells) == len(names) and not (form.header and row is first) for row in rows),
    ):
        cell = row.cells[place]
        new, what = _mend_cell(value_of(cell, quoting), form)
        if what:
            quoted = quoting and cell.startswith('"')
            written = cell_of(new, separator, quoted) if quoting else new
            cells = (*row.cells[:place], written, *row.cells[place + 1 :])
            lines[row.line - 1 : following - 1] = [separator.join(cells) + row.end] + [""] * (
                following - row.line - 1
            )
            mended.append((row.line, what))
    return "".join(lines), mended
