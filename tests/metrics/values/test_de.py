"""Required and optional values in German, by hand."""

import pytest

from pipeline.metrics.values.fidelity import extract_values


def required(text):
    return [
        (match.kind, *sorted(match.values))
        for match in extract_values(text, "de")
        if match.required
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("am 1. Mai 2026", [("date", "05-01")]),
        ("1.5.2026, 3.12.", [("date", "05-01"), ("date", "12-03")]),
        ("im März", [("month", "month 3")]),
        ("15 Uhr, um 8.05 Uhr", [("time", "15", "15:00"), ("time", "08:05", "20:05")]),
        ("15 Uhr 30", [("time", "15:30")]),
        ("drei Uhr nachmittags", [("time", "15:00")]),
        ("halb vier", [("time", "03:30", "15:30")]),
        ("Viertel vor 4", [("time", "03:45", "15:45")]),
        ("17:30", [("time", "17:30")]),
        ("1.200,50 Euro und 80 €", [("price", "1200.5 EUR"), ("price", "80 EUR")]),
        ("zwölf Dollar", [("price", "12 USD")]),
        ("LH 400, 14A", [("code", "LH400"), ("code", "14A")]),
        ("Freitagabend, sonnabends", [("weekday", "Friday"), ("weekday", "Saturday")]),
        ("Zwei junge Männer und einundzwanzig Kinder", [("number", "2"), ("number", "21")]),
        ("1.200 Leute, 3,5 Liter", [("number", "1200"), ("number", "3.5")]),
        ("2 Millionen", [("number", "2000000")]),
        ("ein Mann, eine Frau, die zweite, beide, zweier, vierjährig", []),
    ],
)  # fmt: skip
def test_required_values(text, expected):
    assert required(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("einem", "1"), ("beide", "2"), ("vierjährige", "4"), ("Dreirad", "3"), ("Mittag", "12:00"),
        ("ein halbes", "0.5"), ("Dutzende", "12"), ("zweite", "2"),
    ],
)  # fmt: skip
def test_optional_values(text, value):
    assert any(value in match.values for match in extract_values(text, "de") if not match.required)
