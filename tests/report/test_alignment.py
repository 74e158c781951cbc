"""The grid of attention: weights in their cells, sums below."""

import re

import pytest

from pipeline.report.alignment import alignment

WEIGHTS = [[0.9, 0.1, 0.0], [0.25, 0.01, 0.74]]


def test_weights_stand_in_their_cells(read):
    tree = read(alignment("one", ["到", "<b>", "到"], ["to", "Oslo"], WEIGHTS, holes=[1]))
    cells = {
        cell.all("title")[0].text: float(re.search(r"[\d.]+", cell.attributes["style"])[0])
        for cell in tree.all("rect", **{"class": "weight"})
    }
    assert cells == {
        "to ← 到: 90 %": 0.9,
        "to ← <b>: 10 %": 0.1,
        "Oslo ← 到: 74 %": 0.74,  # the second 到; the first one's title is the next
        "Oslo ← 到: 25 %": 0.25,
    }
    texts = [node.children[0] for node in tree.all("text")]
    assert texts[:3] == ["到", "<b>", "到"]
    assert texts[-3:] == ["1.1", "0.1", "0.7"]
    (hole,) = tree.all("text", **{"class": "hole"})
    assert hole.text == "0.1"


def test_cells_of_a_column_stand_below_each_other(read):
    tree = read(alignment("one", ["a", "b", "c"], ["x", "y"], WEIGHTS))
    places = [
        (cell.attributes["x"], cell.attributes["y"])
        for cell in tree.all("rect", **{"class": "weight"})
    ]
    assert len(set(places)) == 4
    assert places[0][0] == places[2][0]
    assert places[0][1] == places[1][1]


def test_without_tokens_it_says_so():
    assert "no tokens" in alignment("one", [], [], [])


@pytest.mark.parametrize("weights", [[[1.0]], [[1.0, 0.0], [1.0]]])
def test_weights_of_another_shape(weights):
    with pytest.raises(ValueError, match="2 target by 2 source"):
        alignment("one", ["a", "b"], ["x", "y"], weights)
