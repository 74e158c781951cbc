"""Days, clock times and money in one normal form for all languages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

Readings = list[list[str]]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HALF_DAY = 12
NOON_FROM, NIGHT_FROM = 11, 5  # 中午1点 is in the afternoon; 晚上1点 is after midnight


def number(value: Decimal | int) -> str:
    """Format a number without redundant zeros: 3.50 is 3.5, 05 is 5."""
    written = f"{Decimal(value):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def day(month: int, of_month: int, year: int | None = None) -> Readings:
    """Return the readings of a day; the year is a separate reading. Empty for an invalid day.

    The parts of the date are optional readings: in "back on the 1st", the 1 of 5月1日 is not
    invented.
    """
    if not (1 <= month <= 12 and 1 <= of_month <= 31):
        return []
    parts = [[number(of_month)], [number(month)], [month_name(month)]]
    return [[f"{month:02d}-{of_month:02d}"], *parts, *([[number(year)]] if year else [])]


def day_or(month: int, of_month: int, others: Sequence[str]) -> Readings:
    """Return the readings of `day` for an ambiguous form such as 5.1, with alternative values."""
    readings = day(month, of_month)
    return [[*readings[0], *others], *readings[1:]] if readings else []


def month_name(month: int) -> str:
    """Return the normal form of a month without a day: month 5."""
    return f"month {month}"


def clock(hour: int, minute: int = 0, part: str = "") -> Readings:
    """Return the readings of a clock time; without a part of the day it means either half.

    Args:
        hour: 0 to 24.
        minute: 0 to 59.
        part: "am", "pm", "noon", "night", or "" if unspecified.

    Returns:
        No reading for an invalid time. A full hour without a part also matches its number alone
        ("at 3").
    """
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return []
    hours = _hours(hour, part)
    times = [f"{h % 24:02d}:{minute:02d}" for h in hours]
    alone = [number(hour)] if not part and not minute else []
    return [[*times, *alone], [number(hour)], *([[number(minute)]] if minute else [])]


def money(amount: Decimal, currency: str, *, or_number: bool = False) -> Readings:
    """Return the reading of an amount of money.

    Set `or_number` if the word for the currency has other meanings (块, pounds); the number alone
    matches then, too.
    """
    return [[f"{number(amount)} {currency}", *([number(amount)] if or_number else [])]]


def _hours(hour: int, part: str) -> list[int]:
    if hour > HALF_DAY or not hour:
        return [hour]
    early = hour % HALF_DAY
    late = early + HALF_DAY
    if part == "am":
        return [early]
    if part == "pm":
        return [late]
    if part == "noon":
        return [hour] if hour >= NOON_FROM else [late]
    if part == "night":
        return [late] if early >= NIGHT_FROM else [early]
    return [early, late]
