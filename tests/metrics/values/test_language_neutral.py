"""What is written alike everywhere, in a language without rules of its own."""

import pytest

from pipeline.metrics.values.fidelity import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("le vol AF 1234 à 15:30", ["AF1234", "15:30"]),
        ("pour 80 €, USD 1,200", ["80 EUR", "1200 USD"]),
        ("{nom} a@b.fr www.c.fr/d.", ["{nom}", "a@b.fr", "www.c.fr/d"]),
        ("2026-05-01, 23kg, 7", ["05-01", "23", "7"]),
        ("IT 2000 OF 300", ["2000", "300"]),  # words in capitals
    ],
)
def test_values(text, expected):
    found = [one for one in values(text, "fr") if one.asked]
    assert [sorted(one.values)[-1] for one in found] == expected
