"""Kept, lost and invented values by hand; any text can be read."""

import hypothesis
import pytest
from hypothesis import strategies as st

from pipeline.metrics.intervals import paired_bootstrap
from pipeline.metrics.values.fidelity import by_kind, compare, extract_values, value_fidelity

ZH_EN = ("zh", "en")


def counts(source, translation, languages=ZH_EN):
    found = compare(source, translation, languages)
    return len(found.kept), len(found.lost), len(found.invented)


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("5月1日下午3点，800元，CA1234", "CA1234 on May 1 at 3 pm for 800 yuan", (4, 0, 0)),
        ("5月1日", "May 2", (0, 1, 1)),
        ("5月1日", "the 1st", (0, 1, 0)),  # the date is lost; the 1 is not invented
        ("下午3点", "3 am", (0, 1, 1)),
        ("下午3点", "at 3", (0, 1, 0)),
        ("3点", "at 3", (1, 0, 0)),
        ("早上六点", "six o'clock", (1, 0, 0)),
        ("800元", "800 dollars", (0, 1, 1)),
        ("800元", "80 yuan", (0, 1, 1)),
        ("CA1234", "CA1243", (0, 1, 1)),
        ("MU5101", "mu 5101", (1, 0, 0)),
        ("MU 5101", "the flight", (0, 1, 0)),
        ("8L 473", "does 8l 473 leave", (1, 0, 0)),
        ("两张票", "2 tickets", (1, 0, 0)),
        ("2张票", "two tickets", (1, 0, 0)),
        ("1张票", "a ticket", (1, 0, 0)),
        ("一张票", "five tickets", (0, 0, 1)),
        ("2个大人和2个孩子", "2 adults and children", (1, 1, 0)),
        ("2个大人", "2 adults, yes, 2 adults", (1, 0, 0)),  # repeated, not invented
        ("周五", "on fri", (1, 0, 0)),
        ("大后天", "three days from now", (0, 0, 0)),
        ("你好", "hello", (0, 0, 0)),
        ("", "", (0, 0, 0)),
        ("给{name}发a@b.cn", "send {name} to a@b.cn", (2, 0, 0)),
        ("给{name}发", "send { name }", (0, 1, 0)),
    ],
)
def test_chinese_and_english(source, translation, expected):
    assert counts(source, translation) == expected


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("Two men at half past three", "Zwei Männer um halb vier", (2, 0, 0)),
        ("two men", "beide Männer", (1, 0, 0)),
        ("a four-year-old", "ein vierjähriges Kind", (1, 0, 0)),
        ("1,200 euros on May 1", "1.200 Euro am 1. Mai", (2, 0, 0)),
        ("two men", "drei Männer", (0, 1, 1)),
        ("does 8l 473 leave", "Flug 8L 473", (2, 0, 0)),
    ],
)
def test_english_and_german(source, translation, expected):
    assert counts(source, translation, ("en", "de")) == expected
    _, lost, invented = counts(translation, source, ("de", "en-GB"))
    assert (lost, invented) == (expected[2], expected[1])


def test_value_fidelity_and_counts_by_kind():
    pairs = [("5月1日，2张", "May 1, 3"), ("800元", "800 yuan"), ("你好", "hello")]
    compared = [compare(*pair, ZH_EN) for pair in pairs]
    counted = value_fidelity(compared)
    assert counted.rows.tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert counted.interval().value == pytest.approx(100 * 4 / 6)
    assert counted.interval().low < counted.interval().value
    assert by_kind(compared) == {"date": (1, 0, 0), "price": (1, 0, 0), "number": (0, 1, 1)}
    perfect = value_fidelity([compared[1], compared[1], compared[2]])
    assert perfect.interval().as_dict() == {"value": 100, "low": 100, "high": 100}
    assert paired_bootstrap(perfect, counted).value > 0
    assert value_fidelity([]).rows.shape == (0, 3)


@hypothesis.given(
    st.text(
        st.sampled_from("5３05.,:/- 年月日号点半块元万千百十二一两俩周第aAmpMth$€{}@°²٣"),
        max_size=30,
    ),
    st.sampled_from(["zh", "en", "de", "fr"]),
)
def test_any_text_can_be_read(text, language):
    last = 0
    for match in extract_values(text, language):
        assert last <= match.start < match.end <= len(text)
        assert match.values
        last = match.start


def test_long_texts_are_fast():
    for piece in ("一", "9", "a", "one ", "5月", "1,", "zwei"):
        for language in ("zh", "en", "de"):
            extract_values(piece * 3000, language)
