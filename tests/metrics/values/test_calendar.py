"""Normal forms of days, times and money."""

from decimal import Decimal

import pytest

from pipeline.metrics.values.calendar import clock, day, day_or, money, number


@pytest.mark.parametrize(
    ("value", "written"), [(5, "5"), ("05", "5"), ("3.50", "3.5"), ("1200.0", "1200"), (0, "0")]
)
def test_numbers(value, written):
    assert number(Decimal(value)) == written


def test_day_and_its_parts():
    assert day(5, 1, 2026) == [["05-01"], ["1"], ["5"], ["month 5"], ["2026"]]
    assert day(13, 1) == day(0, 3) == day(2, 32) == []
    assert day_or(5, 1, ["5.1"])[0] == ["05-01", "5.1"]
    assert day_or(5, 99, ["5.99"]) == []


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ((3, 0, "pm"), ["15:00"]),
        ((12, 0, "pm"), ["12:00"]),
        ((12, 5, "am"), ["00:05"]),
        ((12, 0, "night"), ["00:00"]),
        ((1, 0, "night"), ["01:00"]),
        ((8, 30, "night"), ["20:30"]),
        ((1, 0, "noon"), ["13:00"]),
        ((12, 0, "noon"), ["12:00"]),
        ((15, 0, "pm"), ["15:00"]),
        ((3, 30, ""), ["03:30", "15:30"]),
        ((3, 0, ""), ["03:00", "15:00", "3"]),
        ((24, 0, ""), ["00:00", "24"]),
    ],
)
def test_times(time, expected):
    assert clock(*time)[0] == expected


def test_invalid_times_have_no_reading():
    assert clock(25) == clock(3, 60) == clock(-1) == []


def test_money():
    assert money(Decimal("80.50"), "EUR") == [["80.5 EUR"]]
    assert money(Decimal(3), "CNY", or_number=True) == [["3 CNY", "3"]]
