"""Rows and cells of CSV and TSV files, with every character preserved (RFC 4180).

A cell that begins with `"` is quoted: it ends at the next `"` that is not doubled, and separators
and line breaks before that are text. A quote anywhere else is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

QUOTE = '"'
COMMA, TAB = ",", "\t"
SEPARATORS = {"csv": COMMA, "tsv": TAB}
WRAPPED = re.compile(r'"(?:[^"]|"")*"')
SINGLE = re.compile(r'(?<=[^"])"(?=[^"])')  # a quote with text on both sides
BROKEN = re.compile(r'"(?!")(?:[^"]|"")*"(?!")(?=.)')  # a quoted cell with text behind it
UNCLOSED = "the quoted cell that begins here has no closing quote"


class Line(NamedTuple):
    """A line with its line end; `whole` is false if it is damaged and was already reported."""

    number: int
    text: str
    whole: bool = True


class Row(NamedTuple):
    r"""A row of a table.

    Args:
        line: The line that it begins on, from 1.
        cells: The raw cells, including quotes.
        end: The line end: `\n`, `\r\n` or empty.
        whole: Whether all its lines are undamaged.
        wrong: Why the row could not be split into cells; empty if it could.
    """

    line: int
    cells: tuple[str, ...]
    end: str
    whole: bool = True
    wrong: str = ""


def split_rows(lines: Iterable[Line], separator: str, quoting: bool = True) -> Iterator[Row]:
    """Yield the rows of a table; a blank line is a row without cells.

    Args:
        lines: All lines of the table, in order.
        separator: One character.
        quoting: Whether cells may be quoted; otherwise every quote is text.
    """
    lines = iter(lines)
    for line in lines:
        if quoting and QUOTE in line.text:
            yield _quoted_row(line, lines, separator)
        else:
            body, end = split_end(line.text)
            yield Row(line.number, tuple(body.split(separator)) if body else (), end, line.whole)


def value_of(cell: str, quoting: bool = True) -> str:
    """Return the text of a raw cell, without its outer quotes and with doubled quotes undone."""
    if quoting and cell.startswith(QUOTE):
        return cell[1:-1].replace(QUOTE * 2, QUOTE)
    return cell


def cell_of(value: str, separator: str, quoted: bool = False) -> str:
    """Return the raw cell for a text, quoted if necessary: the inverse of `value_of`."""
    if quoted or not value or any(mark in value for mark in (separator, QUOTE, "\r", "\n")):
        return f"{QUOTE}{value.replace(QUOTE, QUOTE * 2)}{QUOTE}"
    return value


def join_row(values: Iterable[str], separator: str) -> str:
    """Return a row of these values, with its line end."""
    return separator.join(cell_of(value, separator) for value in values) + "\n"


def quotes_are_text(lines: Iterable[Line], separator: str) -> bool:
    """Return whether a table was written without any quoting, as many TSV files are.

    This is so if a cell contains a single quote, which quoting would have doubled, and nothing
    looks quoted on purpose: neither all cells of the first row nor doubled quotes within quotes.
    Two adjacent quotations (`"So?""So what."`) look like doubled quotes. They do not count as such
    if more cells continue after their closing quote.
    """
    first, bare, doubled, broken = True, False, 0, 0
    for line in lines:
        if first or QUOTE in line.text:
            cells = split_end(line.text)[0].split(separator)
            if first and all(WRAPPED.fullmatch(cell) for cell in cells):
                return False
            for cell in cells:
                doubled += bool(WRAPPED.fullmatch(cell)) and QUOTE * 2 in cell[1:-1]
                broken += bool(BROKEN.match(cell))
            bare = bare or any(map(SINGLE.search, cells))
            first = first and cells == [""]
    return broken > doubled if doubled else bare


def split_end(text: str) -> tuple[str, str]:
    """Split a line into its text and its line end: LF, CRLF or a final CR."""
    body = text.removesuffix("\n").removesuffix("\r")
    return body, text[len(body) :]


def _quoted_row(line: Line, more: Iterator[Line], separator: str) -> Row:
    """Return a row that contains quotes, taking further lines from `more` as needed."""
    cells, text, place, whole = list[str](), line.text, 0, line.whole
    while True:
        if text.startswith(QUOTE, place):
            pieces, start, place = list[str](), place, _closing(text, place + 1)
            while not place:
                pieces.append(text[start:])
                following = next(more, None)
                if following is None:
                    return Row(line.number, (), "", whole, UNCLOSED)
                text, start, whole = following.text, 0, whole and following.whole
                place = _closing(text, 0)
            cells.append("".join([*pieces, text[start:place]]))
        else:
            start, place = place, text.find(separator, place)
            place = len(split_end(text)[0]) if place < 0 else place
            cells.append(text[start:place])
        rest = text[place:]
        if not rest.startswith(separator):
            break
        place += 1
    if split_end(rest)[0]:
        return Row(line.number, (), "", whole, _misplaced(cells[-1], rest))
    return Row(line.number, tuple(cells), rest, whole)


def _closing(text: str, place: int) -> int:
    """Return the position after the first undoubled quote from `place` on; 0 if there is none."""
    while (place := text.find(QUOTE, place)) >= 0:
        if not text.startswith(QUOTE, place + 1):
            return place + 1
        place += 2
    return 0


def _misplaced(cell: str, rest: str) -> str:
    excerpt = f"…{cell[-20:]}" if len(cell) > 20 else cell
    return f"{split_end(rest)[0][:10]!r} follows the quoted cell {excerpt!r}"
