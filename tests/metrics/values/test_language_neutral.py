"""Language-neutral values, in a language without rules of its own."""

import pytest

from pipeline.metrics.values.fidelity import extract_values


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
    found = [match for match in extract_values(text, "fr") if match.required]
    assert [sorted(match.values)[-1] for match in found] == expected
