"""Text never becomes markup, and is shown as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.markup import Html, element, escape, folded, join, readable, single

NASTY = (
    "<script>alert(1)</script>",
    "</div></main></body>",
    "\"' onmouseover=alert(1) x='",
    "&lt; &amp;amp; &#x3c;script&#x3e; &",
    "<!-- --> <![CDATA[ ]]> <?php ?>",
    "]]></style></title><b>",
    "javascript:alert(1)",
    "👩‍👩‍👧‍👦 🇩🇪 北京 مرحبا e\u0301",
    "  two  spaces\tand\ta tab\nand a line ",
    "{{7*7}} ${x} %s {0}",
)


@pytest.mark.parametrize("text", NASTY)
def test_a_text_comes_back_as_it_was(read, text):
    (node,) = read(element("p", text, title=text)).children
    assert node.text == text
    assert node.attributes == {"title": text}


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_comes_back_as_it_was(read, text):
    tree = read(element("p", text, title=text))
    assert [c.name for c in tree.children] == ["p"]
    assert tree.text == text.translate({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})


def test_what_html_may_not_hold_is_shown_by_a_sign():
    assert escape("a\x00b\x1b[0m\r\x7f\x85\ud800\uffff") == "a␀b␛[0m␍␡\ufffd\ufffd\ufffd"
    assert "\ud800" not in escape("\ud800")  # else the file could not be written


def test_markup_is_not_escaped_twice():
    assert element("p", element("b", "a<b"), "c<d") == "<p><b>a&lt;b</b>c&lt;d</p>"
    assert join([Html("<i></i>"), "<i>"]) == "<i></i>&lt;i&gt;"


def test_numbers_are_written_for_people():
    assert element("td", 12345) == "<td>12,345</td>"
    assert element("td", 97.126) == "<td>97.13</td>"


def test_attributes():
    markup = element("rect", x=1.04, y=2.26, class_="bar", stroke_width=3, open=True, id=None)
    assert markup == '<rect x="1" y="2.3" class="bar" stroke-width="3" open></rect>'
    assert single("meta", name="a", content='"') == '<meta name="a" content="&quot;">'


def test_what_is_folded_opens_without_a_script(read):
    (details,) = read(folded("<more>", element("p", "x"))).children
    assert [child.name for child in details.children] == ["summary", "p"]
    assert details.children[0].text == "<more>"
    assert "open" not in details.attributes
    assert folded("a", opened=True).startswith("<details open>")


def test_names_as_headings_say_them():
    assert readable("slot_f1") == "slot F1"
    assert readable("role_accuracy") == "role accuracy"
