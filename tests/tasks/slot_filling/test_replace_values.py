"""Values replaced: text, spans and tokens stay exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tasks.slot_filling.loader import check
from pipeline.tasks.slot_filling.records import Span, Utterance
from pipeline.tasks.slot_filling.replace_values import TOKEN, replace_values


def words(text):
    """Offsets of the words between spaces, as pretokenised sources have them."""
    return tuple(match.span() for match in TOKEN.finditer(text))


def surfaces(example):
    return [example.text[start:end] for start, end in example.tokens]


TEXT = "fly  from new york to st. louis today"
EXAMPLE = Utterance(
    TEXT, "book", (Span("from", 10, 18), Span("to", 22, 31)), words(TEXT), source="f:1"
)


def test_by_hand():
    new = replace_values(EXAMPLE, {0: "rome", 1: "san jose city"})
    assert new.text == "fly  from rome to san jose city today"
    assert new.spans == (Span("from", 10, 14), Span("to", 18, 31))
    assert surfaces(new) == ["fly", "from", "rome", "to", "san", "jose", "city", "today"]
    assert (new.intent, new.source) == ("book", "f:1")


def test_nothing_replaced_is_the_same_utterance():
    assert replace_values(EXAMPLE, {}) == EXAMPLE
    assert replace_values(EXAMPLE, {0: "new york", 1: "st. louis"}) == EXAMPLE


def test_spans_keep_their_order_and_tokens_stay_absent():
    example = Utterance("到北京从上海", "book", (Span("from", 4, 6), Span("to", 1, 3)))
    new = replace_values(example, {0: "哈尔滨"})
    assert new.text == "到北京从哈尔滨"
    assert new.spans == (Span("from", 4, 7), Span("to", 1, 3))
    assert new.tokens == ()


def test_a_token_that_goes_on_after_the_value_is_kept_whole():
    example = Utterance("boston's fares", "i", (Span("to", 0, 6),), words("boston's fares"))
    assert surfaces(replace_values(example, {0: "new york"})) == ["new", "york's", "fares"]


def test_two_values_in_one_token():
    example = Utterance("oslo/rome", "i", (Span("from", 0, 4), Span("to", 5, 9)), ((0, 9),))
    new = replace_values(example, {0: "bergen", 1: "st. louis"})
    assert (new.text, surfaces(new)) == ("bergen/st. louis", ["bergen/st.", "louis"])


def test_han_values_are_cut_by_the_character():
    example = Utterance("去 北京 ok", "i", (Span("to", 2, 4),), ((0, 1), (2, 4), (5, 7)))
    assert surfaces(replace_values(example, {0: "哈尔滨"})) == ["去", "哈", "尔", "滨", "ok"]


PIECES = st.lists(
    st.tuples(
        st.text("ab 北,👩", max_size=4),  # what stands before a value
        st.text("cd京'", min_size=1, max_size=4),  # the value
        st.none() | st.sampled_from(["x", "new york", "大阪", "st. louis", "o'x"]),  # its successor
    ),
    max_size=4,
)


@given(pieces=PIECES, end=st.text("ab 北", max_size=3), has_tokens=st.booleans())
def test_any_replacement_is_the_text_written_anew(pieces, end, has_tokens):
    text, wanted, spans, values = "", "", [], {}
    new_values = []
    for number, (before, value, new) in enumerate(pieces):
        spans.append(Span(f"s{number}", len(text) + len(before), len(text + before + value)))
        text += before + value
        wanted += before + (new or value)
        new_values.append(new or value)
        if new:
            values[number] = new
    tokens = words(text + end) if has_tokens else ()
    found = replace_values(Utterance(text + end, "i", tuple(spans), tokens, source="f:1"), values)
    assert found.text == wanted + end
    assert [found.text[s.start : s.end] for s in found.spans] == new_values
    check(found)
    # Every visible character is in a token, if there are tokens.
    covered = "".join(surfaces(found))
    assert covered == ("".join(found.text.split()) if has_tokens else "")


@pytest.mark.parametrize("text", ["new york", "st. louis", "大阪 city", "a北b"])
def test_tokens_of_a_value(text):
    assert "".join(TOKEN.findall(text)) == text.replace(" ", "")
