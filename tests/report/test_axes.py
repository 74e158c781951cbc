"""Scales and ticks by hand, and what holds for any range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.axes import Scale, picture, text, tick_text, ticks


def test_a_scale_is_a_straight_line():
    up = Scale(0, 100, 200, 0)
    assert (up(0), up(25), up(100)) == (200, 150, 0)
    assert Scale(5, 5, 0, 10)(5) == 5  # one value: the middle


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (3.1, 9.2, [2, 4, 6, 8, 10]),
        (0.012, 0.034, [0.01, 0.015, 0.02, 0.025, 0.03, 0.035]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (7, 7, [6.5, 7, 7.5]),
    ],
)
def test_ticks_by_hand(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_one_huge_value_has_an_axis_too():
    assert ticks(1e18, 1e18)[0] < 1e18 < ticks(1e18, 1e18)[-1]


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6))
def test_ticks_enclose_any_range_and_are_few(low, width):
    found = ticks(low, low + width)
    slack = 1e-6 * width + 1e-9 * abs(low)
    assert 2 <= len(found) <= 6
    assert found[0] <= low + slack
    assert found[-1] >= low + width - slack


@pytest.mark.parametrize("ends", [(0, float("nan")), (float("inf"), 1), (2, 1)])
def test_a_range_that_is_none_is_refused(ends):
    with pytest.raises(ValueError, match="expected finite low <= high"):
        ticks(*ends)


def test_ticks_are_written_with_the_decimals_they_need():
    assert [tick_text(v, [0, 0.5, 1]) for v in (0, 0.5, 1)] == ["0.0", "0.5", "1.0"]
    assert [tick_text(v, [0, 20, 40]) for v in (0, 20)] == ["0", "20"]
    assert tick_text(0.015, [0.01, 0.015]) == "0.015"


def test_a_picture_says_what_it_shows(read):
    (svg,) = read(picture(100, 50, "a <chart>", text(1, 2, "<x>", "end"))).children
    assert svg.attributes["aria-label"] == "a <chart>"
    assert svg.attributes["viewbox"] == "0 0 100 50"
    assert svg.children[0].attributes["text-anchor"] == "end"
    assert svg.text == "<x>"
