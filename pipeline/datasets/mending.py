"""Copies of text files with single values mended, and all else as it is, byte for byte."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.cells import Line, cell_of, quotes_are_text, split_end, split_rows, value_of
from pipeline.datasets.lines import codec_name, read_bytes
from pipeline.errors import InputError

BYTE_ORDER_MARK = "\ufeff"
Mended = list[tuple[int, str]]
Mend = Callable[[str], tuple[str, str]]
"""From what stands there to what should, and what was done; nothing where there is no need."""


def write_mended(
    path: Path, encoding: str, mend: Callable[[str], tuple[str, Mended]]
) -> tuple[Path, Path, Mended] | None:
    """Writes `train.fixed.csv` beside `train.csv` if it has something to mend.

    Args:
        path: The file, which is not touched.
        encoding: One of Python's names.
        mend: From the file's text to the mended text, and (line, what was mended) of each change.

    Returns:
        The file, its copy, and each change. None where there is nothing to mend, or a damaged line:
        until that is mended nothing is certain.

    Raises:
        InputError: A copy is there already.
    """
    raw, encoding = read_bytes(path), codec_name(encoding)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None  # validate tells of the line
    if text.encode(encoding) != raw:
        return None  # an encoding with more than one way to write a text
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    content, mended = mend(text.removeprefix(mark))
    if not mended:
        return None
    target = fixed_name(path)
    if target.exists():
        raise InputError(f"{target}: exists; move it away before --fix writes it anew")
    target.write_bytes((mark + content).encode(encoding))
    return path, target, mended


def fixed_name(path: Path) -> Path:
    """`a/train.en.jsonl.gz` -> `a/train.en.fixed.jsonl`."""
    path = path.with_suffix("") if path.suffix == ".gz" else path
    return path.with_name(f"{path.stem}.fixed{path.suffix}")


def mend_lines(text: str, mend: Mend) -> tuple[str, Mended]:
    """A text with `mend` done to every line, whose end stays."""
    lines, mended = text.split("\n"), Mended()
    for place, line in enumerate(lines):
        body, end = split_end(line)
        new, what = mend(body)
        if what:
            lines[place] = new + end
            mended.append((place + 1, what))
    return "\n".join(lines), mended


def mend_keys(
    line: str, keys: Sequence[str], mend: Callable[[Any], tuple[Any, str]]
) -> tuple[str, str]:
    """A line of JSONL with `mend` done to the values of those keys."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""  # validate tells of it
    if not isinstance(row, dict):
        return line, ""
    changed = {key: mend(row[key]) for key in keys if key in row}
    new = {key: value for key, (value, what) in changed.items() if what}
    if not new:
        return line, ""
    return json.dumps({**row, **new}, ensure_ascii=False), _joined(w for _, w in changed.values())


def mend_cells(
    text: str, separator: str, header: bool, columns: Sequence[str], mend: Mend
) -> tuple[str, Mended]:
    """A table with `mend` done to the cells of those columns; quoted cells stay quoted.

    Args:
        text: All of it.
        separator: Comma or tab.
        header: Whether its first row names the columns; else they are "0", "1", ...
        columns: The names; where one is not there once, nothing is mended.
        mend: Done to what a cell says.
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
    names = stated if header else [str(place) for place in range(len(stated))]
    if any(names.count(column) != 1 for column in columns):
        return text, []  # validate tells of it
    places, mended = [names.index(column) for column in columns], Mended()
    ends = [row.line for row in rows[1:]] + [len(lines) + 1]
    for row, following in itertools.compress(
        zip(rows, ends, strict=True),
        (len(row.cells) == len(names) and not (header and row is first) for row in rows),
    ):
        cells, what = _mend_row(row.cells, places, separator, quoting, mend)
        if what:
            blanks = [""] * (following - row.line - 1)
            lines[row.line - 1 : following - 1] = [separator.join(cells) + row.end, *blanks]
            mended.append((row.line, what))
    return "".join(lines), mended


def _mend_row(
    cells: Sequence[str], places: Sequence[int], separator: str, quoting: bool, mend: Mend
) -> tuple[list[str], str]:
    new, done = list(cells), list[str]()
    for place in places:
        value, what = mend(value_of(cells[place], quoting))
        if what:
            quoted = quoting and cells[place].startswith('"')
            new[place] = cell_of(value, separator, quoted) if quoting else value
            done.append(what)
    return new, _joined(done)


def _joined(done: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, done)))
