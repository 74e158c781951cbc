"""Before and after: intervals of the difference, labels, and what was forgotten."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.metrics.intervals import Counts
from pipeline.stages.retraining.comparison import Change, Compared, LabelChange, sign_test
from pipeline.task import Scores


def percent(sums):
    return 100 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def scores(right):
    rows = np.stack([np.array(right), np.ones(len(right))], axis=1)
    errors = [{"source": f"f:{place}"} for place, hit in enumerate(right) if not hit]
    return Scores({}, [], errors, {"accuracy": Counts(rows, percent)})


def judged(before, after, parts=()):
    records = [
        {"source": f"f:{place}", "text": "t", "parts": [parts[place]] if parts else []}
        for place in range(len(before))
    ]
    return Compared("exam", records, scores(before), scores(after), "accuracy")


# A task whose records have the label that stands in their part.
LABELLED = SimpleNamespace(
    answers=SimpleNamespace(labels=lambda record: {"labels": record["parts"]})
)


def test_a_change_is_the_difference_of_both_scores():
    change = judged([1, 1, 0, 0], [1, 1, 1, 0]).change
    assert (change.before, change.after, change.value) == (50, 75, 25)
    assert change.low <= 25 <= change.high


def test_the_same_answers_differ_by_nothing():
    change = judged([1, 0, 1], [1, 0, 1]).change
    assert (change.value, change.low, change.high) == (0, 0, 0)
    assert not change.lost(0.0)


@pytest.mark.parametrize(
    ("value", "high", "lost"), [(-1.0, -0.1, True), (-1.0, 0.1, False), (-0.2, -0.1, False)]
)
def test_a_loss_is_more_than_is_tolerated_and_no_chance(value, high, lost):
    change = Change("exam", 10, 90, 90 + value, value, -2, high)
    assert change.lost(0.3) is lost


def test_parts_are_rows_that_share_a_name():
    found = judged([1, 1, 0, 0], [0, 1, 1, 1], parts=["a", "b", "a", "b"]).parts
    assert [(c.name, c.rows, c.before, c.after) for c in found] == [
        ("exam/a", 2, 50, 50),
        ("exam/b", 2, 50, 100),
    ]


def test_rows_may_be_left_out_of_everything():
    both = judged([1, 1, 0, 1], [0, 1, 1, 1], parts=["a", "a", "a", "b"]).without({0})
    assert (both.change.name, both.change.rows) == ("exam", 3)
    assert (both.change.before, both.change.after) == (pytest.approx(200 / 3), 100)
    assert [side.tolist() for side in both.right] == [[True, False, True], [True] * 3]
    (found,) = both.labels(LABELLED, least=2)
    assert found == LabelChange("labels: a", 2, (1, 2), forgotten=0, learnt=1)


def test_labels_count_what_was_forgotten_and_learnt():
    both = judged([1, 1, 0, 1], [0, 1, 1, 1], parts=["a", "a", "a", "b"])
    (found,) = both.labels(LABELLED, least=2)
    assert found == LabelChange("labels: a", 3, (2, 2), forgotten=1, learnt=1)


def test_the_sign_test_is_that_of_a_fair_coin():
    assert sign_test(0, 0) == 1
    assert sign_test(1, 0) == 0.5
    assert sign_test(3, 0) == 0.125
    assert sign_test(2, 1) == 0.5
    assert sign_test(0, 3) == 1


def test_one_of_many_labels_falls_by_chance():
    fallen = LabelChange("a", 50, (50, 44), forgotten=6, learnt=0)
    assert fallen.lost(3.0, among=1)
    assert not fallen.lost(3.0, among=27)
    assert not fallen.lost(15.0, among=1)


def test_many_rows_that_changed_are_no_number_too_large():
    """As many either way: half of what is as likely, and the half of one row's chance more."""
    even = math.comb(3000, 1500) / 2**3000
    assert sign_test(1500, 1500) == pytest.approx((1 + even) / 2)
    assert sign_test(3000, 0) == 0
