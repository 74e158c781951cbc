"""Curves: the points stand where the numbers say."""

import re

import pytest

from pipeline.report.curves import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, curves


def test_points_stand_where_the_numbers_say(read):
    (figure,) = read(curves("F1", [1, 2, 3], {"slot_f1": [0.0, 50.0, 100.0]}, best=3)).children
    (path,) = figure.all("path")
    right, middle = WIDTH - RIGHT, (LEFT + WIDTH - RIGHT) / 2
    bottom, half = HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
    expected = [LEFT, bottom, middle, half, right, TOP]
    numbers = [float(n) for n in re.findall(r"[\d.]+", path.attributes["d"])]
    assert numbers == pytest.approx(expected, abs=0.05)
    assert path.attributes["d"].count("M") == 1
    titles = [node.text for node in figure.all("title")]
    assert "slot F1, epoch 2: 50" in titles
    assert "best epoch: 3" in titles
    assert float(figure.all("line", **{"class": "best"})[0].attributes["x1"]) == right


def test_what_is_no_number_leaves_a_gap(read):
    line = [1.0, float("nan"), 3.0, None, float("inf"), 2.0]
    tree = read(curves("loss", [1, 2, 3, 4, 5, 6], {"loss": line}))
    (path,) = tree.all("path")
    assert path.attributes["d"].count("M") == 3
    assert len(tree.all("circle")) == 3


def test_axes_are_written_on(read):
    tree = read(curves("loss", list(range(1, 41)), {"loss": [1 / e for e in range(1, 41)]}))
    texts = [node.text for node in tree.all("text")]
    assert "epoch" in texts
    assert {"0.0", "1.0"} <= set(texts)
    assert {"10", "40"} <= set(texts)


def test_one_epoch_is_a_point(read):
    tree = read(curves("loss", [1], {"loss": [3.5]}))
    (dot,) = tree.all("circle")
    assert float(dot.attributes["cx"]) == (LEFT + WIDTH - RIGHT) / 2


def test_the_legend_names_every_line(read):
    lines = {f"l{i}": [float(i)] for i in range(COLOURS)}
    tree = read(curves("x", [1], lines))
    (legend,) = tree.all("p", **{"class": "legend"})
    assert [node.text for node in legend.all("span")] == list(lines)
    with pytest.raises(ValueError, match=f"x: {COLOURS + 1} lines; at most {COLOURS}"):
        curves("x", [1], {**lines, "more": [1.0]})


def test_without_numbers_it_says_so():
    assert "no numbers" in curves("loss", [1], {"loss": [None]})
    assert "no numbers" in curves("loss", [], {})
