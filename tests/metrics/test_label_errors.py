"""Likely label errors: by hand, and recovered after swapping labels."""

import numpy as np
import pytest

from pipeline.metrics.label_errors import (
    likely_label_errors,
    likely_multi_label_errors,
    self_confidence,
)


def scores(*rows):
    return [dict(zip(("a", "b"), (p, 1 - p), strict=True)) for p in rows]


def test_self_confidence_is_the_mean_over_annotated_rows():
    found = self_confidence(["a", "a", "b"], scores(0.9, 0.5, 0.2))
    assert found == {"a": pytest.approx(0.7), "b": pytest.approx(0.8)}


def test_the_threshold_depends_on_the_label():
    # The scores of a are 0.9, 0.7 and 0.1: mean 0.567; those of b 0.8, 0.4 and 0.45: 0.55.
    given = ["a", "a", "a", "b", "b", "b"]
    found = likely_label_errors(given, scores(0.9, 0.7, 0.1, 0.2, 0.6, 0.55))
    assert found == [(2, "b", pytest.approx(0.9)), (4, "a", 0.6)]  # 0.55 < 0.567: not confident


def test_a_label_unknown_to_the_model_is_skipped():
    given = ["new", "a", "b"]
    assert likely_label_errors(given, scores(0.9, 0.9, 0.1)) == []
    assert self_confidence(given, scores(0.9, 0.9, 0.1)) == {"a": 0.9, "b": 0.9}


def test_equal_scores_are_not_an_error():
    assert likely_label_errors(["b", "a"], scores(0.5, 0.5)) == []
    assert likely_label_errors([], []) == []


def test_swapped_labels_are_recovered():
    draw = np.random.default_rng(1)
    true = draw.integers(2, size=200)
    sure = np.clip(draw.normal(0.85, 0.1, 200), 0.5, 1)
    swapped = set(draw.choice(200, 12, replace=False).tolist())
    given = ["ab"[1 - label if row in swapped else label] for row, label in enumerate(true)]
    chances = scores(*(p if label == 0 else 1 - p for p, label in zip(sure, true, strict=True)))
    found = likely_label_errors(given, chances)
    thresholds = self_confidence(given, chances)
    confident = {row for row in swapped if sure[row] >= thresholds["ab"[true[row]]]}
    assert {error.row for error in found} == confident
    assert len(confident) > len(swapped) / 2
    assert all(error.suggested == "ab"[true[error.row]] for error in found)
    assert [e.score for e in found] == sorted((e.score for e in found), reverse=True)


def test_multi_label_errors_by_hand():
    given = [["a"], ["a"], ["b"], ["b"], []]
    rows = [
        {"a": 0.9, "b": 0.1},
        {"a": 0.02, "b": 0.95},
        {"a": 0.1, "b": 0.9},
        {"a": 0.1, "b": 0.8},
        {"a": 0.1, "b": 0.3},
    ]
    assert likely_multi_label_errors(given, rows) == [(1, ["b"], pytest.approx(0.98))]


def test_different_numbers_of_rows_are_rejected():
    with pytest.raises(ValueError, match="shorter"):
        likely_label_errors(["a", "b"], scores(0.5))
