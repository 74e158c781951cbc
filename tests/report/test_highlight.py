"""Marks stand on the right characters, in any script, and the text stays whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.highlight import (
    Attended,
    Comparison,
    Mark,
    Versions,
    attention,
    comparisons,
    hues,
    key_of_colours,
    marked,
    versions,
)

COLOURS = hues(["from", "to"])


def whole(node):
    """The text without the labels that were put into it."""
    return "".join(
        child if isinstance(child, str) else whole(child)
        for child in node.children
        if isinstance(child, str) or child.name != "small"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("订5月1日到北京的机票", "北京"),
        ("✈ to 👩‍👩‍👧‍👦 & 🇩🇪 now", "👩‍👩‍👧‍👦"),
        ("fly to <b>Oslo</b>", "<b>Oslo</b>"),
        ("إلى أوسلو غدا", "أوسلو"),
        ("e\u0301 Zu\u0308rich", "Zu\u0308rich"),
        ("𝒳𝒴 to 𝒵", "𝒵"),
    ],
)
def test_a_mark_covers_its_value(read, text, value):
    start = text.index(value)
    tree = read(marked(text, [Mark(start, start + len(value), "to")], COLOURS))
    (mark,) = tree.all("mark")
    assert mark.text == value
    assert mark.attributes["title"] == f"to [{start}, {start + len(value)})"
    assert tree.text == text


def test_a_wrong_mark_is_named_and_a_right_one_is_not(read):
    marks = [Mark(3, 4, "to", wrong=True, note="0.91"), Mark(0, 2, "from")]
    right, wrong = read(marked("ab c", marks, COLOURS)).all("mark")
    assert (right.text, right.attributes.get("class")) == ("ab", None)
    assert (wrong.text, wrong.attributes["class"]) == ("cto", "wrong")
    assert wrong.attributes["title"] == "to [3, 4) 0.91"
    assert right.attributes["style"] != wrong.attributes["style"]


@pytest.mark.parametrize("edges", [[(0, 3), (2, 4)], [(0, 9)], [(2, 2)], [(-1, 1)]])
def test_marks_that_do_not_fit_are_refused(edges):
    with pytest.raises(ValueError, match="expected marks inside the text, without overlaps"):
        marked("abcd", [Mark(start, end, "to") for start, end in edges], COLOURS)


@st.composite
def marked_texts(draw):
    text = draw(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    return text, list(zip(edges[::2], edges[1::2], strict=False))


@given(pair=marked_texts())
def test_the_text_stays_whole_under_any_marks(read, pair):
    text, places = pair
    tree = read(marked(text, [Mark(a, b, "to", wrong=True) for a, b in places], COLOURS))
    assert whole(tree) == text
    assert [whole(mark) for mark in tree.all("mark")] == [text[a:b] for a, b in places]


def test_gold_stands_above_predicted_over_the_same_text(read):
    text = "离开北京"
    example = Comparison(text, [Mark(2, 4, "from", True)], [Mark(2, 4, "to", True)], ["<file>:1"])
    tree = read(comparisons([example, example], COLOURS))
    assert len(tree.all("li")) == 2
    item = tree.all("li")[0]
    assert [node.text for node in item.all("span", **{"class": "who"})] == ["gold", "predicted"]
    lines = item.all("div", dir="auto")
    assert [whole(line) for line in lines] == [text, text]
    assert [line.all("small")[0].text for line in lines] == ["from", "to"]
    assert item.all("p")[0].text == "<file>:1"


def test_the_key_names_each_label_in_its_colour(read):
    tree = read(key_of_colours(COLOURS))
    marks = tree.all("mark")
    assert [mark.text for mark in marks] == ["from", "to", "wrong"]
    text = read(marked("x", [Mark(0, 1, "to")], COLOURS))
    assert marks[1].attributes["style"] == text.all("mark")[0].attributes["style"]


def test_a_hundred_labels_have_a_hundred_colours():
    assert len(set(hues([str(i) for i in range(100)]).values())) == 100


def test_attention_shades_each_token_by_its_weight(read):
    example = Attended("到 北京 ✈", [(0, 1, 0.05), (2, 3, 0.7), (3, 4, 0.25)], ["pair"])
    tree = read(attention([example]))
    (line,) = tree.all("div")
    assert whole(line) == "到 北京 ✈"
    tokens = line.all("span")
    weights = [float(re.search(r"[\d.]+", token.attributes["style"])[0]) for token in tokens]
    assert weights == [0.05, 0.7, 0.25]
    assert [token.attributes["title"] for token in tokens] == ["5.0 %", "70.0 %", "25.0 %"]
    assert [node.text for node in line.all("small")] == ["70", "25"]  # weights below 0.1 stay mute


def test_what_speaks_against_has_a_colour_of_its_own(read):
    tree = read(attention([Attended("ab c", [(0, 2, -0.75), (3, 4, 0.25)])]))
    against, for_it = tree.all("div")[0].all("span")
    assert (against.attributes["class"], for_it.attributes.get("class")) == ("against", None)
    assert against.attributes["style"] == "--w:0.750"
    assert against.attributes["title"] == "-75.0 %"
    assert [node.text for node in tree.all("small")] == ["-75", "25"]


def test_versions_stand_below_each_other_as_they_are(read):
    shown = marked("to Oslo", [Mark(3, 7, "to")], COLOURS)
    tree = read(versions([Versions([("source", "<b>去"), ("translation", shown)], ["f:1"])]))
    assert [node.text for node in tree.all("span", **{"class": "who"})] == ["source", "translation"]
    assert [node.text for node in tree.all("div", dir="auto")] == ["<b>去", "to Oslo"]
    assert tree.all("mark")[0].text == "Oslo"
    assert tree.all("p", **{"class": "facts"})[0].text == "f:1"
