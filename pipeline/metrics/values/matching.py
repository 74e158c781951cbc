"""Values in a text, and rules that match them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["code", "date", "time", "price", "weekday", "month", "number"]
KINDS: tuple[Kind, ...] = ("code", "date", "time", "price", "weekday", "month", "number")

Reader: TypeAlias = Callable[[re.Match[str]], Sequence[Iterable[str]]]
"""Maps a match to readings: the required one first, then optional ones; no reading, no value.

Each reading lists equivalent values, as 3点 is 03:00 or 15:00. If the first reading is empty,
nothing is required.
"""

# Full-width digits, letters and number signs are mapped one to one, so offsets do not change.
# Punctuation is not mapped: the comma of "，2000" is not part of a number.
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%$/:-"
_HALF_WIDTH = {ord(sign) + 0xFEE0: sign for sign in _NARROW} | {
    0x3000: " ",
    0xA0: " ",
    0xFFE5: "¥",
}
_TAKEN = "\ufffc"


@dataclass(frozen=True)
class ValueMatch:
    """A value in a text.

    Args:
        kind: Kind of the value.
        values: Equivalent values in the normal form for all languages.
        start: Start of the match in code points.
        end: End of the match in code points, exclusive.
        required: Whether the other side must have the value; an optional value can only match a
            value that the other side requires.
    """

    kind: Kind
    values: frozenset[str]
    start: int
    end: int
    required: bool = True


@dataclass(frozen=True)
class Rule:
    """A kind of value, the form it is written in, and how to read it."""

    kind: Kind
    form: re.Pattern[str]
    read: Reader


def rule(kind: Kind, form: str, read: Reader, flags: re.RegexFlag = re.IGNORECASE) -> Rule:
    """Create a rule from a regular expression, case-insensitive by default."""
    return Rule(kind, re.compile(form, flags), read)


def optional(*values: str) -> Reader:
    """Return a reader of an ambiguous word that may mean any of these values."""
    return lambda match: [[], values]


def match_rules(text: str, rules: Sequence[Rule]) -> list[ValueMatch]:
    """Return the values of a text in order; each rule skips the matches of earlier rules."""
    rest = text.translate(_HALF_WIDTH)
    matches: list[ValueMatch] = []
    for each in rules:
        for match in list(each.form.finditer(rest)):
            readings = each.read(match)
            if not readings:
                continue
            start, end = match.span()
            for index, reading in enumerate(readings):
                values = frozenset(reading)
                if values:
                    value = ValueMatch(each.kind, values, start, end, required=index == 0)
                    matches.append(value)
            rest = rest[:start] + _TAKEN * (end - start) + rest[end:]
    return sorted(matches, key=lambda value: (value.start, not value.required))
