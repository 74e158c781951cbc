"""A value that stands in a text, and how rules find them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["code", "date", "time", "price", "weekday", "month", "number"]
KINDS: tuple[Kind, ...] = ("code", "date", "time", "price", "weekday", "month", "number")

Reader: TypeAlias = Callable[[re.Match[str]], Sequence[Iterable[str]]]
"""From a match to readings: what it asks for, then what else it may serve; none: it is no value.

Each reading lists values of which any one will do, as 3点 is 03:00 or 15:00. An empty first one
asks for nothing.
"""

# Full-width digits, letters and signs of numbers, one to one, so that places stay what they are.
# Punctuation stays: "，2000" is no part of a number.
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%$/:-"
_HALF_WIDTH = {ord(sign) + 0xFEE0: sign for sign in _NARROW} | {
    0x3000: " ",
    0xA0: " ",
    0xFFE5: "¥",
}
_TAKEN = "\ufffc"


@dataclass(frozen=True)
class Found:
    """A value at a place of a text.

    Args:
        kind: What it is.
        values: In one spelling for all languages; any one of them.
        start: Code points.
        end: Exclusive.
        asked: Whether the other side must have it; else it only serves what that side asks for.
    """

    kind: Kind
    values: frozenset[str]
    start: int
    end: int
    asked: bool = True


@dataclass(frozen=True)
class Rule:
    """A form of a value: what it looks like, and what it says."""

    kind: Kind
    form: re.Pattern[str]
    read: Reader


def rule(kind: Kind, form: str, read: Reader, flags: re.RegexFlag = re.IGNORECASE) -> Rule:
    """A rule of a regular expression, in any case where `flags` do not say otherwise."""
    return Rule(kind, re.compile(form, flags), read)


def serves(*values: str) -> Reader:
    """A reader of a word that asks for nothing, and may stand for any of these values."""
    return lambda match: [[], values]


def find(text: str, rules: Sequence[Rule]) -> list[Found]:
    """The values of a text, in order; where an earlier rule found one no later rule looks."""
    left = text.translate(_HALF_WIDTH)
    found: list[Found] = []
    for each in rules:
        for match in list(each.form.finditer(left)):
            readings = each.read(match)
            if not readings:
                continue
            start, end = match.span()
            for place, reading in enumerate(readings):
                values = frozenset(reading)
                if values:
                    found.append(Found(each.kind, values, start, end, asked=place == 0))
            left = left[:start] + _TAKEN * (end - start) + left[end:]
    return sorted(found, key=lambda one: (one.start, not one.asked))
