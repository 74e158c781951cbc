"""Numbers in digits and words; the numerals of the flights corpus can be read."""

import re
import sys
from pathlib import Path

import pytest

from pipeline.metrics.values.numerals import (
    chinese,
    english_digits,
    english_form,
    english_words,
    german_digits,
    german_words,
)

FLIGHTS = Path(__file__).parents[3] / "data" / "flights"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("零", 0), ("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("一百", 100),
        ("一百零五", 105), ("一百五", 150), ("一百一十", 110), ("两千", 2000), ("两千三", 2300),
        ("三万", 30_000), ("一万二", 12_000), ("十二万三千", 123_000), ("三亿", 300_000_000),
        ("一亿二千万", 120_000_000), ("二零二六", 2026), ("万", 10_000),
    ],
)  # fmt: skip
def test_chinese(written, value):
    assert chinese(written) == value


@pytest.mark.parametrize("written", ["三四", "五六十", "一二百"])
def test_invalid_chinese_numbers(written):
    assert chinese(written) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("seven", 7), ("forty-two", 42), ("Ninety nine", 99), ("a hundred", 100),
        ("one hundred and five", 105), ("twelve hundred", 1200), ("two thousand", 2000),
        ("a thousand two hundred", 1200), ("three million", 3_000_000), ("sixteen", 16),
    ],
)  # fmt: skip
def test_english_words(written, value):
    assert re.fullmatch(english_form(), written, re.IGNORECASE)
    assert english_words(written) == value


def test_english_words_end_where_the_number_ends():
    form = re.compile(english_form())
    assert form.findall("two three and sixty adults, someone often at fourteenth") == [
        "two",
        "three",
        "sixty",
    ]


def test_digits():
    assert [str(english_digits(written)) for written in ("1,200.5", "80")] == ["1200.5", "80"]
    found = [str(german_digits(written)) for written in ("1.200,5", "1.200", "3,5", "3.50", "8")]
    assert found == ["1200.5", "1200", "3.5", "3.50", "8"]


def test_german_words():
    words = german_words()
    expected = {
        "zwei": 2, "zwölf": 12, "sechzehn": 16, "siebzehn": 17, "zwanzig": 20, "dreißig": 30,
        "einundzwanzig": 21, "neunundneunzig": 99, "hundert": 100, "einhundertfünf": 105,
        "zweihundertdreißig": 230, "tausend": 1000, "zwölftausend": 12_000,
    }  # fmt: skip
    assert {word: words[word] for word in expected} == expected


def test_numerals_of_the_corpus_can_be_read(monkeypatch):
    monkeypatch.syspath_prepend(str(FLIGHTS))
    import dates

    for value in (*range(1, 130), *range(200, 9000, 90), 2000, 2500, 6000):
        assert chinese(dates.zh_number(value)) == value
        assert english_words(dates.en_number(value)) == value
    sys.modules.pop("dates")
