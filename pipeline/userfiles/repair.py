"""Write repaired copies of text files: single values change, every other byte stays."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.cells import (
    SEPARATORS,
    Line,
    cell_of,
    quotes_are_text,
    split_end,
    split_rows,
    value_of,
)
from pipeline.datasets.lines import codec_name, read_bytes
from pipeline.errors import InputError

BYTE_ORDER_MARK = "\ufeff"
Repairs = list[tuple[int, str]]
"""(line, what was changed) of each repair."""
RepairString = Callable[[str], tuple[str, str]]
"""Maps a string to the repaired string and what was changed; empty if nothing was."""
RepairValue = Callable[[Any], tuple[Any, str]]
"""The same for any JSON value."""
RepairText = Callable[[str], tuple[str, Repairs]]
"""Maps the text of a whole file to the repaired text and its repairs."""
Written = tuple[Path, Path, Repairs]
"""A file, its repaired copy, and the repairs."""


def repair_files(files: Mapping[Path, tuple[str, RepairText]]) -> Iterator[Written]:
    """Write a repaired copy of every file that needs one.

    `train.csv` becomes `train.fixed.csv` beside it; the file itself is not changed.

    Args:
        files: Path to its encoding (one of Python's names) and the repair of its text.

    Yields:
        The file, its copy, and (line, what was changed) of each repair.

    Raises:
        InputError: There is already a copy.
    """
    for path, (encoding, repair) in files.items():
        written = _write_repaired(path, encoding, repair)
        if written:
            yield written


def fixed_name(path: Path) -> Path:
    """Return the name of the copy: `a/train.en.jsonl.gz` -> `a/train.en.fixed.jsonl`."""
    path = path.with_suffix("") if path.suffix == ".gz" else path
    return path.with_name(f"{path.stem}.fixed{path.suffix}")


def repair_lines(text: str, repair: RepairString) -> tuple[str, Repairs]:
    """Apply `repair` to every line of a text; line ends stay."""
    lines, repairs = text.split("\n"), Repairs()
    for index, line in enumerate(lines):
        body, end = split_end(line)
        new, what = repair(body)
        if what:
            lines[index] = new + end
            repairs.append((index + 1, what))
    return "\n".join(lines), repairs


def repair_columns(
    text: str, format_: str, header: bool, columns: Sequence[str], repair: RepairValue
) -> tuple[str, Repairs]:
    """Apply `repair` to the values of some columns of a file with the format csv, tsv or jsonl."""
    if format_ == "jsonl":
        return repair_lines(text, lambda line: repair_keys(line, columns, repair))
    return repair_cells(text, SEPARATORS[format_], header, columns, repair)


def repair_keys(line: str, keys: Sequence[str], repair: RepairValue) -> tuple[str, str]:
    """Apply `repair` to the values of some keys of the JSON object in a line."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""  # `validate` reports the line
    if not isinstance(row, dict):
        return line, ""
    results = {key: repair(row[key]) for key in keys if key in row}
    changed = {key: value for key, (value, what) in results.items() if what}
    if not changed:
        return line, ""
    return json.dumps({**row, **changed}, ensure_ascii=False), _joined(
        w for _, w in results.values()
    )


def repair_cells(
    text: str, separator: str, header: bool, columns: Sequence[str], repair: RepairString
) -> tuple[str, Repairs]:
    """Apply `repair` to the cells of some columns of a table; quoted cells stay quoted.

    Args:
        text: The whole table.
        separator: Comma or tab.
        header: Whether the first row names the columns; otherwise they are "0", "1", ...
        columns: The columns' names. If one is missing or repeated, nothing is changed.
        repair: Applied to the value of a cell.
    """
    pieces = text.split("\n")
    lines = [f"{piece}\n" for piece in pieces[:-1]] + pieces[-1:]
    numbered = [Line(number, line) for number, line in enumerate(lines, start=1) if line]
    quoting = separator == "," or not quotes_are_text(numbered, separator)
    rows = list(split_rows(numbered, separator, quoting))
    first = next((row for row in rows if row.cells), None)
    if first is None:
        return text, []
    stated = [value_of(cell, quoting) for cell in first.cells]
    names = stated if header else [str(index) for index in range(len(stated))]
    if any(names.count(column) != 1 for column in columns):
        return text, []  # `validate` reports the columns
    indices, repairs = [names.index(column) for column in columns], Repairs()
    ends = [row.line for row in rows[1:]] + [len(lines) + 1]
    for row, following in itertools.compress(
        zip(rows, ends, strict=True),
        (len(row.cells) == len(names) and not (header and row is first) for row in rows),
    ):
        cells, what = _repair_row(row.cells, indices, separator, quoting, repair)
        if what:
            blanks = [""] * (following - row.line - 1)
            lines[row.line - 1 : following - 1] = [separator.join(cells) + row.end, *blanks]
            repairs.append((row.line, what))
    return "".join(lines), repairs


def _write_repaired(path: Path, encoding: str, repair: RepairText) -> Written | None:
    """Write the copy of one file; None if there is nothing to repair or a byte is damaged."""
    raw, encoding = read_bytes(path), codec_name(encoding)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None  # `validate` reports the line; no repair is safe before that is corrected
    if text.encode(encoding) != raw:
        return None  # the encoding has more than one way to write a text
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    content, repairs = repair(text.removeprefix(mark))
    if not repairs:
        return None
    target = fixed_name(path)
    if target.exists():
        raise InputError(f"{target}: exists; move it away before --fix writes a new one")
    target.write_bytes((mark + content).encode(encoding))
    return path, target, repairs


def _repair_row(
    cells: Sequence[str],
    indices: Sequence[int],
    separator: str,
    quoting: bool,
    repair: RepairString,
) -> tuple[list[str], str]:
    new, changes = list(cells), list[str]()
    for index in indices:
        value, what = repair(value_of(cells[index], quoting))
        if what:
            quoted = quoting and cells[index].startswith('"')
            new[index] = cell_of(value, separator, quoted) if quoting else value
            changes.append(what)
    return new, _joined(changes)


def _joined(changes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, changes)))
