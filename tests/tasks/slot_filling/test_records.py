"""Utterances: to records and back, overlaps found and settled."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tasks.slot_filling.records import (
    Span,
    Utterance,
    features,
    from_record,
    mark_spans,
    overlaps,
    resolve_overlaps,
    tag_names,
    to_json,
)

WHOLE = Utterance(
    text="👩 to\t京",
    intent="a#b",
    spans=(Span("city", 5, 6), Span("who", 0, 1)),
    tokens=((0, 1), (2, 4), (5, 6)),
    parts=("contrast", "cue_after"),
    source="file:7",
)
spans = st.builds(
    lambda slot, start, length: Span(slot, start, start + length),
    st.sampled_from("xy"),
    st.integers(0, 12),
    st.integers(1, 6),
)


@pytest.mark.parametrize("utterance", [WHOLE, Utterance("", "i", ())])
def test_a_record_is_the_utterance_in_columns(utterance):
    record = utterance.to_record()
    assert from_record(record) == utterance
    features().encode_example(record)


def test_to_json_leaves_out_what_is_empty():
    assert to_json(Utterance("a", "i", (), source="f:1").to_record()) == {
        "text": "a",
        "intent": "i",
        "slots": [],
    }
    assert to_json(WHOLE.to_record()) == {
        "text": "👩 to\t京",
        "intent": "a#b",
        "slots": [
            {"slot": "city", "start": 5, "end": 6},
            {"slot": "who", "start": 0, "end": 1},
        ],
        "tokens": [[0, 1], [2, 4], [5, 6]],
        "parts": ["contrast", "cue_after"],
    }


def test_tag_names_begin_with_o_and_pair_b_with_i():
    assert tag_names(["x", "y-z"]) == ["O", "B-x", "I-x", "B-y-z", "I-y-z"]
    assert tag_names([]) == ["O"]


@given(st.lists(spans, max_size=6))
def test_overlaps_are_found_as_by_comparing_all_pairs(listed):
    characters = Counter(place for span in listed for place in range(span.start, span.end))
    found = overlaps(listed)
    assert (found is not None) == any(times > 1 for times in characters.values())
    if found:
        assert max(span.start for span in found) < min(span.end for span in found)


@given(st.lists(spans, max_size=8))
def test_settling_leaves_no_overlap_drops_only_the_shorter_and_counts(listed):
    repairs = Counter()
    kept = resolve_overlaps(Utterance("x" * 20, "i", tuple(listed)), repairs).spans
    assert overlaps(kept) is None
    assert list(kept) == sorted(kept, key=lambda span: span.start)
    assert repairs.total() == len(listed) - len(kept)
    assert repairs["exact repeats dropped"] == len(listed) - len(set(listed))
    for span in set(listed) - set(kept):
        winners = [k for k in kept if k.start < span.end and span.start < k.end]
        assert max(k.end - k.start for k in winners) >= span.end - span.start


def test_of_equal_spans_the_earlier_wins_and_of_one_place_the_first_named():
    listed = (Span("late", 2, 4), Span("early", 1, 3), Span("b", 7, 8), Span("a", 7, 8))
    assert resolve_overlaps(Utterance("x" * 9, "i", listed), Counter()).spans == (
        Span("early", 1, 3),
        Span("b", 7, 8),
    )


def test_marked_is_one_short_printable_line():
    assert mark_spans("a\nb\ud83d\x1b[0m京", [Span("s", 8, 9)]) == "a\\nb\\ud83d\\x1b[0m[京](s)"
    long = f"{'x' * 500} Oslo {'y' * 500}"
    shown = mark_spans(long, [Span("city", 501, 505)])
    assert shown == f"…{'x' * 39} [Oslo](city) {'y' * 39}…"
    assert mark_spans("abc", [Span("s", 0, 2), Span("t", 1, 3)]) == "[ab](s)c"
    assert mark_spans("abc", [Span("s", -5, 2), Span("t", 2, 99)]) == "[ab](s)[c](t)"
