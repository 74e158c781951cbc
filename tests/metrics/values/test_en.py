"""Required and optional values in English, by hand."""

import pytest

from pipeline.metrics.values.fidelity import extract_values


def required(text):
    return [
        (match.kind, *sorted(match.values))
        for match in extract_values(text, "en")
        if match.required
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 1", [("date", "05-01")]),
        ("may 1st, 2026", [("date", "05-01")]),
        ("the 1st of May", [("date", "05-01")]),
        ("Sept. 26th and 3 Aug", [("date", "09-26"), ("date", "08-03")]),
        ("May tenth, the twenty-first of June", [("date", "05-10"), ("date", "06-21")]),
        ("December the 6th at 7 am", [("date", "12-06"), ("time", "07:00")]),
        ("5/1", [("date", "01-05", "05-01")]),
        ("on 3/11 in the afternoon", [("date", "03-11", "11-03")]),
        ("7/31/2026", [("date", "07-31")]),
        ("2026-07-31", [("date", "07-31")]),
        ("back on the 10th", [("number", "10")]),
        ("in June", [("month", "month 6")]),
        ("I may march in May", []),
        ("3 pm", [("time", "15:00")]),
        ("8:05a.m. or 3.30 P.M.", [("time", "08:05"), ("time", "15:30")]),
        ("half past three in the afternoon", [("time", "15:30")]),
        ("quarter to four", [("time", "03:45", "15:45")]),
        ("six o'clock", [("time", "06:00", "18:00", "6")]),
        ("6:15 in the evening", [("time", "18:15")]),
        ("at six this morning", [("time", "06:00")]),
        ("eight-thirty", [("time", "08:30", "20:30")]),
        ("17:30", [("time", "17:30")]),
        ("800 yuan", [("price", "800 CNY")]),
        ("¥1,200, 3000 RMB", [("price", "1200 CNY"), ("price", "3000 CNY")]),
        ("thirty-five hundred yuan", [("price", "3500 CNY")]),
        ("$2,500, 700 dollars, 60 bucks", [("price", f"{n} USD") for n in (2500, 700, 60)]),
        ("80 euros, €90", [("price", "80 EUR"), ("price", "90 EUR")]),
        ("50 pounds", [("price", "50", "50 GBP")]),
        ("CA1234, MU 5101, seat 14A", [("code", c) for c in ("CA1234", "MU5101", "14A")]),
        ("FROM 5 TO 5101", [("number", "5"), ("number", "5101")]),
        ("Friday, SUNDAYS", [("weekday", "Friday"), ("weekday", "Sunday")]),
        ("he sat in the sun", []),
        ("two tickets for twenty-three people", [("number", "2"), ("number", "23")]),
        ("23 kg, 23kg", [("number", "23"), ("number", "23")]),
        ("3.5 million, 1,200", [("number", "3500000"), ("number", "1200")]),
        ("the one-way trip, a second, everyone", []),
        ("https://a.com/1. {b_2}", [("code", "https://a.com/1"), ("code", "{b_2}")]),
    ],
)  # fmt: skip
def test_required_values(text, expected):
    assert required(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a ticket", "1"), ("both", "2"), ("a dozen", "12"), ("the third", "3"), ("noon", "12:00"),
        ("on sat", "Saturday"), ("May", "month 5"), ("half", "0.5"), ("the twenty-first", "21"),
    ],
)  # fmt: skip
def test_optional_values(text, value):
    assert any(value in match.values for match in extract_values(text, "en") if not match.required)
