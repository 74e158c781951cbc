"""Error kinds, by hand and by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metrics.error_kinds import KINDS, example_kinds, span_errors

ROLES = ("from", "to")


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([("to", 3, 5)], [("to", 3, 5)], []),
        ([("to", 3, 5)], [("to", 3, 6)], [("boundary", ("to", 3, 5), ("to", 3, 6))]),
        ([("to", 3, 5)], [("from", 3, 5)], [("role_swapped", ("to", 3, 5), ("from", 3, 5))]),
        ([("to", 3, 5)], [("from", 2, 5)], [("role_swapped", ("to", 3, 5), ("from", 2, 5))]),
        ([("to", 3, 5)], [("date", 3, 5)], [("wrong_slot", ("to", 3, 5), ("date", 3, 5))]),
        ([("date", 3, 5)], [("to", 4, 9)], [("wrong_slot", ("date", 3, 5), ("to", 4, 9))]),
        ([("to", 3, 5)], [], [("missed", ("to", 3, 5), None)]),
        ([], [("to", 3, 5)], [("spurious", None, ("to", 3, 5))]),
        (  # adjacent, no overlap
            [("to", 3, 5)],
            [("to", 5, 7)],
            [("missed", ("to", 3, 5), None), ("spurious", None, ("to", 5, 7))],
        ),
        (  # one gold span predicted as two: the larger is its partner
            [("date", 0, 5)],
            [("date", 0, 2), ("date", 2, 5)],
            [("spurious", None, ("date", 0, 2)), ("boundary", ("date", 0, 5), ("date", 2, 5))],
        ),
        (  # the same slot before a larger overlap
            [("date", 0, 5)],
            [("time", 0, 4), ("date", 4, 6)],
            [("spurious", None, ("time", 0, 4)), ("boundary", ("date", 0, 5), ("date", 4, 6))],
        ),
        (  # the same edges before the same slot
            [("date", 0, 5), ("time", 5, 8)],
            [("time", 0, 5), ("time", 6, 8)],
            [
                ("wrong_slot", ("date", 0, 5), ("time", 0, 5)),
                ("boundary", ("time", 5, 8), ("time", 6, 8)),
            ],
        ),
        (  # both cities swapped
            [("from", 1, 3), ("to", 4, 6)],
            [("to", 1, 3), ("from", 4, 6)],
            [
                ("role_swapped", ("from", 1, 3), ("to", 1, 3)),
                ("role_swapped", ("to", 4, 6), ("from", 4, 6)),
            ],
        ),
    ],
)
def test_errors_by_hand(gold, predicted, expected):
    assert span_errors(gold, predicted, ROLES) == expected


def test_without_roles_a_swap_is_a_wrong_slot():
    (error,) = span_errors([("to", 3, 5)], [("from", 3, 5)])
    assert error.kind == "wrong_slot"


def test_kinds_of_an_example_are_sorted_by_severity():
    errors = span_errors([("to", 0, 2), ("date", 3, 5)], [("from", 0, 2)], ROLES)
    assert example_kinds(errors, intent_correct=False) == ["role_swapped", "missed", "intent"]
    assert example_kinds([], intent_correct=False) == ["intent"]
    assert example_kinds([], intent_correct=True) == []


slots = st.sampled_from(["from", "to", "date"])


@st.composite
def spans(draw):
    """Up to three non-overlapping spans."""
    edges = sorted(draw(st.sets(st.integers(0, 12), max_size=6)))
    return [(draw(slots), *pair) for pair in zip(edges[::2], edges[1::2], strict=False)]


@given(gold=spans(), predicted=spans())
def test_every_wrong_span_is_in_exactly_one_error(gold, predicted):
    errors = span_errors(gold, predicted, ROLES)
    assert sorted(e.gold for e in errors if e.gold) == sorted(set(gold) - set(predicted))
    assert sorted(e.predicted for e in errors if e.predicted) == sorted(set(predicted) - set(gold))
    assert {e.kind for e in errors} <= set(KINDS) - {"intent"}


@given(gold=spans(), predicted=spans())
def test_swapping_gold_and_predicted_mirrors_the_errors(gold, predicted):
    mirrored = {"missed": "spurious", "spurious": "missed"}
    there = [mirrored.get(e.kind, e.kind) for e in span_errors(gold, predicted, ROLES)]
    assert sorted(there) == sorted(e.kind for e in span_errors(predicted, gold, ROLES))
