"""The grid: a count in each cell, shaded by its share of the row."""

import re

from pipeline.report.heatmap import MOST, heatmap, most_confused

COUNTS = {("from", "from"): 6, ("from", "to"): 2, ("from", "(missed)"): 2, ("to", "to"): 12345}


def cells(tree):
    """Tooltip to (kind, strength) of every cell that is not blank."""
    found = {}
    for group in tree.all("g"):
        (square,) = group.all("rect")
        strength = float(re.search(r"[\d.]+", square.attributes["style"])[0])
        found[group.all("title")[0].text] = square.attributes["class"], strength
    return found


def test_counts_shares_and_what_is_right(read):
    tree = read(heatmap("Slots", ["from", "to"], ["from", "to", "(missed)"], COUNTS))
    assert cells(tree) == {
        "from → from: 6 of 10 (60.0 %)": ("right", 0.648),
        "from → to: 2 of 10 (20.0 %)": ("wrong", 0.296),
        "from → (missed): 2 of 10 (20.0 %)": ("wrong", 0.296),
        "to → to: 12,345 of 12,345 (100.0 %)": ("right", 1.0),
    }
    assert len(tree.all("rect", **{"class": "blank"})) == 2
    texts = [node.children[0] for node in tree.all("text")]
    assert texts.count("from") == texts.count("to") == 2  # a row and a column
    assert {"6", "2", "12k"} <= set(texts)


def test_a_share_is_of_the_whole_row_also_where_columns_are_left_out(read):
    tree = read(heatmap("Slots", ["from"], ["from"], COUNTS))
    assert list(cells(tree)) == ["from → from: 6 of 10 (60.0 %)"]


def test_names_are_text(read):
    nasty = "<b>'\"&"
    tree = read(heatmap(nasty, [nasty], [nasty], {(nasty, nasty): 1}))
    assert f"{nasty} → {nasty}: 1 of 1 (100.0 %)" in cells(tree)


def test_of_many_names_those_in_mistakes_are_shown_in_their_order():
    names = [f"s{i}" for i in range(MOST + 5)]
    counts = {(name, name): 100 for name in names} | {("s33", "s2"): 1, ("s1", "(missed)"): 3}
    assert most_confused(names, counts) == ["s1", "s2", "s33"]
    assert most_confused(names[:5], counts) == names[:5]
    everywhere = {(name, "(missed)"): 1 + int(name[1:]) for name in names}
    assert most_confused(names, everywhere) == names[5:]


def test_without_names_it_says_so():
    assert "none" in heatmap("Slots", [], ["a"], {})
