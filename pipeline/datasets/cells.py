"""The rows and cells of CSV and TSV, with every character that stands in them (RFC 4180).

A cell that begins with `"` is quoted: it ends at the next `"` that is not doubled, and separators
and line breaks before that are text. Everywhere else a quote is text.
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
UNCLOSED = "a quoted cell begins here and is closed nowhere"


class Line(NamedTuple):
    """A line with its end; `whole` is false where it is damaged, which was told already."""

    number: int
    text: str
    whole: bool = True


class Row(NamedTuple):
    r"""A row of a table.

    Args:
        line: Where it begins, counted from 1.
        cells: As they stand, quotes and all.
        end: `\n`, `\r\n` or nothing.
        whole: Whether all its lines are.
        wrong: Why these are no cells, if they are none.
    """

    line: int
    cells: tuple[str, ...]
    end: str
    whole: bool = True
    wrong: str = ""


def split_rows(lines: Iterable[Line], separator: str, quoting: bool = True) -> Iterator[Row]:
    """Yields the rows of a table; a blank line is a row without cells.

    Args:
        lines: All of them, in order.
        separator: One character.
        quoting: Whether a cell may be quoted; else every quote is text.
    """
    lines = iter(lines)
    for line in lines:
        if quoting and QUOTE in line.text:
            yield _quoted_row(line, lines, separator)
        else:
            body, end = split_end(line.text)
            yield Row(line.number, tuple(body.split(separator)) if body else (), end, line.whole)


def value_of(cell: str, quoting: bool = True) -> str:
    """What a cell says: itself, or what is between its quotes, each doubled quote once."""
    if quoting and cell.startswith(QUOTE):
        return cell[1:-1].replace(QUOTE * 2, QUOTE)
    return cell


def cell_of(value: str, separator: str, quoted: bool = False) -> str:
    """The inverse of `value_of`: quoted where that is needed, or asked for."""
    if quoted or not value or any(mark in value for mark in (separator, QUOTE, "\r", "\n")):
        return f"{QUOTE}{value.replace(QUOTE, QUOTE * 2)}{QUOTE}"
    return value


def join_row(values: Iterable[str], separator: str) -> str:
    """A row of these values, with its line end."""
    return separator.join(cell_of(value, separator) for value in values) + "\n"


def quotes_are_text(lines: Iterable[Line], separator: str) -> bool:
    """Whether a table was written without any quoting, as many TSV files are.

    It was, if a single quote stands inside a cell, which quoting would have doubled, and nothing
    looks quoted on purpose: neither all cells of the first row, nor doubled quotes within quotes.
    Two sayings in a row (`"So?" "So what."` without the space) look so, too; they are not, where
    more cells go on behind their quotes.
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
    """A line and its end, LF or CRLF; a CR that ends the text is one, too."""
    body = text.removesuffix("\n").removesuffix("\r")
    return body, text[len(body) :]


def _quoted_row(line: Line, more: Iterator[Line], separator: str) -> Row:
    """One row that has quotes in it, with as many further lines as it goes over."""
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
    """Behind the first quote from `place` on that is not doubled; 0 if there is none."""
    while (place := text.find(QUOTE, place)) >= 0:
        if not text.startswith(QUOTE, place + 1):
            return place + 1
        place += 2
    return 0


def _misplaced(cell: str, rest: str) -> str:
    shown = f"…{cell[-20:]}" if len(cell) > 20 else cell
    return f"{split_end(rest)[0][:10]!r} stands behind the quoted cell {shown!r}"
