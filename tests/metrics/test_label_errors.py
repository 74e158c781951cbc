"""Likely label errors: by hand, and found again where they were put."""

import numpy as np
import pytest

from pipeline.metrics.label_errors import multi_label_suspects, self_confidence, suspects


def scores(*rows):
    return [dict(zip(("a", "b"), (p, 1 - p), strict=True)) for p in rows]


def test_self_confidence_is_the_mean_where_the_label_is_given():
    found = self_confidence(["a", "a", "b"], scores(0.9, 0.5, 0.2))
    assert found == {"a": pytest.approx(0.7), "b": pytest.approx(0.8)}


def test_an_answer_must_be_confident_for_its_label():
    # a is given at 0.9, 0.7 and 0.1: its mean is 0.567; b at 0.8, 0.4 and 0.45: 0.55.
    given = ["a", "a", "a", "b", "b", "b"]
    found = suspects(given, scores(0.9, 0.7, 0.1, 0.2, 0.6, 0.55))
    assert found == [(2, "b", pytest.approx(0.9)), (4, "a", 0.6)]  # 0.55 < 0.567: not confident


def test_a_label_that_the_model_never_had_cannot_be_disputed():
    given = ["new", "a", "b"]
    assert suspects(given, scores(0.9, 0.9, 0.1)) == []
    assert self_confidence(given, scores(0.9, 0.9, 0.1)) == {"a": 0.9, "b": 0.9}


def test_equal_scores_are_no_disagreement():
    assert suspects(["b", "a"], scores(0.5, 0.5)) == []
    assert suspects([], []) == []


def test_swapped_labels_are_found_again():
    draw = np.random.default_rng(1)
    true = draw.integers(2, size=200)
    sure = np.clip(draw.normal(0.85, 0.1, 200), 0.5, 1)
    swapped = set(draw.choice(200, 12, replace=False).tolist())
    given = ["ab"[1 - label if row in swapped else label] for row, label in enumerate(true)]
    chances = scores(*(p if label == 0 else 1 - p for p, label in zip(sure, true, strict=True)))
    found = suspects(given, chances)
    least = self_confidence(given, chances)
    confident = {row for row in swapped if sure[row] >= least["ab"[true[row]]]}
    assert {suspect.row for suspect in found} == confident
    assert len(confident) > len(swapped) / 2
    assert all(suspect.suggested == "ab"[true[suspect.row]] for suspect in found)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)


def test_of_several_labels_each_is_there_or_not():
    given = [["a"], ["a"], ["b"], ["b"], []]
    rows = [
        {"a": 0.9, "b": 0.1},
        {"a": 0.02, "b": 0.95},
        {"a": 0.1, "b": 0.9},
        {"a": 0.1, "b": 0.8},
        {"a": 0.1, "b": 0.3},
    ]
    assert multi_label_suspects(given, rows) == [(1, ["b"], pytest.approx(0.98))]


def test_rows_must_pair():
    with pytest.raises(ValueError, match="shorter"):
        suspects(["a", "b"], scores(0.5))
