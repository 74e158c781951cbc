"""MUC's five counts and partial F1, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metrics.partial import MucCounts, count_partial, partial_f1

GOLD = ("city", 2, 5)


@pytest.mark.parametrize(
    ("gold", "predicted", "name"),
    [
        ([GOLD], [GOLD], "correct"),
        ([GOLD], [("city", 2, 4)], "partial"),
        ([GOLD], [("city", 4, 9)], "partial"),
        ([GOLD], [("city", 0, 9)], "partial"),
        ([GOLD], [("date", 2, 5)], "incorrect"),
        ([GOLD], [("date", 4, 6)], "incorrect"),
        ([GOLD], [], "missing"),
        ([], [GOLD], "spurious"),
    ],
)
def test_each_count_by_hand(gold, predicted, name):
    counts = count_partial(gold, predicted)
    assert counts._asdict() == {**dict.fromkeys(MucCounts._fields, 0), name: 1}


def test_adjacent_spans_are_missing_and_spurious():
    assert count_partial([GOLD], [("city", 5, 7)]) == MucCounts(0, 0, 0, missing=1, spurious=1)


def test_a_span_is_paired_once_with_its_best_partner():
    # The exact pair comes first, although another span overlaps as much.
    assert count_partial([GOLD], [("date", 2, 5), GOLD]) == MucCounts(1, 0, 0, 0, spurious=1)
    # The same slot comes before the larger overlap.
    predicted = [("date", 2, 5), ("city", 2, 3)]
    assert count_partial([GOLD], predicted) == MucCounts(0, 1, 0, 0, spurious=1)
    # One long prediction over two gold spans: partial for the one with the larger overlap.
    assert count_partial([("city", 0, 1), ("city", 1, 4)], [("city", 0, 4)]) == MucCounts(
        0, 1, 0, missing=1, spurious=0
    )


def test_partial_f1_by_hand():
    # Possible 1 + 2 + 1 + 4 = 8, actual 1 + 2 + 1 + 1 = 5, credit 1 + 2 / 2 = 2.
    assert partial_f1(1, 2, 1, 4, 1) == pytest.approx(100 * 2 * (2 / 5) * (2 / 8) / (2 / 5 + 2 / 8))
    np.testing.assert_allclose(partial_f1([3, 0], [0, 0], [0, 0], [0, 0], [0, 0]), [100, 0])


SPANS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 8), st.integers(1, 4)).map(
        lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2])
    ),
    max_size=5,
)


@given(gold=SPANS, predicted=SPANS)
def test_every_span_is_counted_once(gold, predicted):
    counts = count_partial(gold, predicted)
    paired = counts.correct + counts.partial + counts.incorrect
    assert paired + counts.missing == len(gold)
    assert paired + counts.spurious == len(predicted)
    assert count_partial(gold, gold) == (len(gold), 0, 0, 0, 0)
