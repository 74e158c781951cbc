"""Rules for values written alike in all languages: addresses, codes, ISO dates, times, prices."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from pipeline.metrics.values import calendar
from pipeline.metrics.values.calendar import Readings
from pipeline.metrics.values.matching import Rule, rule

SIGNS = {"¥": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}
CODES = {"CNY": "CNY", "RMB": "CNY", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "JPY": "JPY"}

# Pairs of capitals that are words, not codes, in front of a number.
_WORDS = [
    "AM",
    "AN",
    "AS",
    "AT",
    "BE",
    "BY",
    "DO",
    "GO",
    "HE",
    "IF",
    "IN",
    "IS",
    "IT",
    "ME",
    "MY",
    "NO",
    "OF",
    "OK",
    "ON",
    "OR",
    "PM",
    "SO",
    "TO",
    "UP",
    "US",
    "WE",
]
_UNITS = "kgs?|km|cm|mm|m|g|lbs?|ml|l|mph|km/h|ft|hrs?|h|min|s|gb|mb|%"


def parts_of(code: str) -> list[list[str]]:
    """Return the numbers in a code as optional readings, for codes written in two parts."""
    return [[calendar.number(Decimal(digits))] for digits in re.findall(r"\d+", code)]


def addresses() -> list[Rule]:
    """Return the rules for web and mail addresses and `{placeholders}`, matched verbatim."""
    forms = (
        r"(?:https?://|www\.)[^\s<>\"，。）)]+",
        r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"\{[^{}\s]+\}",
    )
    return [rule("code", form, lambda m: [[m[0].rstrip(".,;:!?")]], re.I | re.A) for form in forms]


def spaced_codes() -> list[Rule]:
    """Return the rule for codes of two characters and a number: MU 5101, 8L-473."""

    def read(match: re.Match[str]) -> Readings:
        return [] if match[0][:2] in _WORDS else _code(match)

    form = r"(?<![A-Za-z0-9])(?:[A-Z][A-Z0-9]|\d[A-Z])[ -]\d{2,4}(?![A-Za-z0-9])"
    return [rule("code", form, read, re.RegexFlag(0))]


def codes() -> list[Rule]:
    """Return the rule for words of letters and digits: CA1234, 14A."""
    form = r"(?<![a-z0-9])(?:[a-z]+\d[a-z0-9]*|\d+[a-z]+[a-z0-9]*)(?![a-z0-9])"
    return [rule("code", form, _code, re.I | re.A)]


def measures(digits: str, read_digits: Callable[[str], Decimal]) -> list[Rule]:
    """Return the rule for numbers joined to a unit (23kg, 1990s), which are not codes."""

    def read(match: re.Match[str]) -> Readings:
        return [[calendar.number(read_digits(match[1]))]]

    return [
        rule(
            "number",
            rf"(?<![a-z\d])(?<!\d[.,])({digits})(?:(?={_UNITS})(?:{_UNITS})(?![a-z0-9])|s\b)",
            read,
        )
    ]


def iso_dates() -> list[Rule]:
    """Return the rule for 2026-05-01 and 2026/5/1; day and year are separate values."""

    def read(match: re.Match[str]) -> Readings:
        return calendar.day(int(match[2]), int(match[3]), int(match[1]))

    return [rule("date", r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", read)]


def slashed_dates() -> list[Rule]:
    """Return the rule for 5/1 and 5/1/2026; month first and day first both match."""

    def read(match: re.Match[str]) -> Readings:
        first, second = int(match[1]), int(match[2])
        year = int(match[3]) if match[3] else None
        readings = calendar.day(first, second, year), calendar.day(second, first, year)
        valid = [reading for reading in readings if reading]
        return [[each[0][0] for each in valid], *valid[0][1:]] if valid else []

    return [rule("date", r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])", read)]


def clocks() -> list[Rule]:
    """Return the rule for 15:30; times up to 12:59 may be in either half of the day."""
    return [
        rule(
            "time",
            r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d:])",
            lambda match: calendar.clock(int(match[1]), int(match[2])),
        )
    ]


def prices(digits: str, read_digits: Callable[[str], Decimal]) -> list[Rule]:
    """Return the rules for $1,200, 1200 USD, USD 1200, 80 €."""

    def before(match: re.Match[str]) -> Readings:
        return calendar.money(read_digits(match[2]), _currency(match[1]))

    def after(match: re.Match[str]) -> Readings:
        return calendar.money(read_digits(match[1]), _currency(match[2]))

    prefix = rf"{'|'.join(map(re.escape, SIGNS))}|\b(?:{'|'.join(CODES)})\b"
    suffix = rf"{'|'.join(map(re.escape, SIGNS))}|(?:{'|'.join(CODES)})(?![a-z])"
    return [
        rule("price", rf"({prefix}) ?({digits})(?!\d)", before),
        rule("price", rf"(?<!\d)(?<!\d[.,])({digits}) ?({suffix})", after),
    ]


def _currency(written: str) -> str:
    return SIGNS.get(written) or CODES[written.upper()]


def _code(match: re.Match[str]) -> Readings:
    written = re.sub("[ -]", "", match[0]).upper()
    return [[written], *parts_of(match[0])]
