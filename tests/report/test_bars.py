"""Bars and intervals: as long as the numbers say, with the numbers beside them."""

import pytest

from pipeline.report.bars import BAR_WIDTH, BarRow, IntervalRow, bars, intervals, label_width


def test_bars_are_as_long_as_the_numbers_say(read):
    rows = [
        BarRow("date", {"precision": 100.0, "F1": 50.0}, {"gold": 1234}),
        BarRow("<b>城市", {"precision": 0.0, "F1": 33.333}, {"gold": 0}),
    ]
    tree = read(bars("slots", rows))
    widths = [float(bar.attributes["width"]) for bar in tree.all("rect")]
    expected = [BAR_WIDTH, BAR_WIDTH / 2, 0, BAR_WIDTH / 3]
    assert widths == pytest.approx(expected, abs=0.06)
    tops = [float(bar.attributes["y"]) for bar in tree.all("rect")]
    assert tops == sorted(tops)
    texts = [node.text for node in tree.all("text")]
    assert {"100.0", "50.0", "33.3", "1,234", "precision", "F1", "gold"} <= set(texts)
    assert "<b>城市: F1 33.33" in [node.text for node in tree.all("title")]
    assert [node.text for node in tree.all("span")] == ["precision", "F1"]


def test_numbers_of_a_column_end_at_the_same_place(read):
    rows = [BarRow(n, {"F1": v}, {"gold": 1}) for n, v in (("a", 100.0), ("b", 5.0))]
    ends = {
        node.attributes["x"]
        for node in read(bars("slots", rows)).all("text")
        if node.text in ("100.0", "5.0", "F1")
    }
    assert len(ends) == 1


def test_a_point_with_its_interval_on_an_axis_that_is_said(read):
    tree = read(intervals("F1", [IntervalRow("test", 96.0, 92.0, 100.0)]))
    (whisker,) = tree.all("line", **{"class": "whisker"})
    (dot,) = tree.all("circle")
    places = [
        float(whisker.attributes["x1"]),
        float(dot.attributes["cx"]),
        float(whisker.attributes["x2"]),
    ]
    start, width = label_width(["test"]), BAR_WIDTH * 1.4
    assert places == pytest.approx([start + width * s for s in (0.2, 0.6, 1.0)], abs=0.06)
    texts = [node.text for node in tree.all("text")]
    assert "96.00  (92.0–100.0)" in texts
    assert {"90", "92", "100"} <= set(texts)  # the lowest is 92, so the axis begins at 90


@pytest.mark.parametrize(("low", "start"), [(96, "95"), (89.9, "80"), (51, "50"), (49, "0")])
def test_the_axis_begins_below_the_lowest_end(read, low, start):
    tree = read(intervals("F1", [IntervalRow("a", 99, low, 100), IntervalRow("b", 99, 98, 100)]))
    axis = [node.text for node in tree.all("text", **{"text-anchor": "middle"})]
    assert axis[0] == start
    assert axis[-1] == "100"


def test_wide_characters_get_twice_the_room_and_long_names_are_cut(read):
    assert label_width(["城市城市城市"]) == label_width(["a" * 12])
    tree = read(bars("slots", [BarRow("n" * 99, {"F1": 1.0}, {})]))
    (name,) = tree.all("text", **{"class": "name"})
    assert name.children[0] == "n" * 39 + "…"
    assert name.all("title")[0].text == "n" * 99


def test_without_rows_it_says_so():
    assert "none" in bars("slots", [])
    assert "none" in intervals("F1", [])
