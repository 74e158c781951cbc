"""Days, clock times and money in one spelling for all languages, from numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

Readings = list[list[str]]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HALF_DAY = 12
NOON_FROM, NIGHT_FROM = 11, 5  # 中午1点 is in the afternoon; 晚上1点 is after midnight


def number(value: Decimal | int) -> str:
    """The number without needless zeros: 3.50 is 3.5, 05 is 5."""
    written = f"{Decimal(value):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def day(month: int, of_month: int, year: int | None = None) -> Readings:
    """A day of the year, its year a value of its own; nothing where there is no such day.

    Its parts serve alone: "back on the 1st" has not invented the 1 of 5月1日.
    """
    if not (1 <= month <= 12 and 1 <= of_month <= 31):
        return []
    parts = [[number(of_month)], [number(month)], [month_name(month)]]
    return [[f"{month:02d}-{of_month:02d}"], *parts, *([[number(year)]] if year else [])]


def day_or(month: int, of_month: int, others: Sequence[str]) -> Readings:
    """As `day`, of a form such as 5.1 that may as well say something else."""
    readings = day(month, of_month)
    return [[*readings[0], *others], *readings[1:]] if readings else []


def month_name(month: int) -> str:
    """How a month by itself is spelt: month 5."""
    return f"month {month}"


def clock(hour: int, minute: int = 0, part: str = "") -> Readings:
    """A time of the day; without its part of the day it is either of two.

    Args:
        hour: 0 to 24.
        minute: 0 to 59.
        part: "am", "pm", "noon", "night", or "" where nothing is said.

    Returns:
        No reading where there is no such time. A full hour without a part may be written by its
        number alone ("at 3").
    """
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return []
    hours = _hours(hour, part)
    times = [f"{h % 24:02d}:{minute:02d}" for h in hours]
    alone = [number(hour)] if not part and not minute else []
    return [[*times, *alone], [number(hour)], *([[number(minute)]] if minute else [])]


def money(amount: Decimal, currency: str, *, or_number: bool = False) -> Readings:
    """An amount; `or_number` where the word for the currency has other meanings (块, pounds)."""
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
