"""Thresholds: by hand, and optimal according to scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_curve

from pipeline.metrics.thresholds import DEFAULT_THRESHOLD, tune_thresholds


def column(*values):
    return np.array(values)[:, None]


def tuned(scores, gold):
    (threshold,) = tune_thresholds(column(*scores), column(*gold))
    return threshold


@pytest.mark.parametrize(
    ("scores", "gold", "threshold"),
    [
        ((0.9, 0.6, 0.2), (1, 1, 0), 0.4),  # half-way between the scores
        ((0.9, 0.6, 0.2), (1, 1, 1), 0.1),  # all positive: half-way to 0
        ((0.9, 0.6, 0.2), (0, 0, 0), DEFAULT_THRESHOLD),
        ((0.9, 0.8, 0.7, 0.1), (1, 0, 0, 0), 0.85),
        ((0.3, 0.3, 0.3), (1, 0, 0), 0.15),  # equal scores cannot be separated
        ((0.8, 0.6, 0.4), (1, 0, 1), 0.2),  # F1 2/3, 1/2, 4/5
        ((0.9, 0.5, 0.4, 0.3), (1, 0, 0, 1), 0.7),  # F1 is 2/3 for the first alone and for all
        ((0.0, 0.0), (1, 0), 0.0),
        ((1.0,), (1,), 0.5),
    ],
)
def test_by_hand(scores, gold, threshold):
    assert tuned(scores, gold) == pytest.approx(threshold)


def test_adjacent_floats_have_no_midpoint():
    above = np.nextafter(0.5, 1)
    assert tuned((above, 0.5), (1, 0)) == above


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_is_better(seed):
    draw = np.random.default_rng(seed)
    gold = draw.random((40, 4)) < [0.5, 0.2, 0.05, 0]
    scores = np.round(np.clip(0.3 * gold + draw.random((40, 4)) * 0.7, 0, 1), 1 + seed % 3)
    found = tune_thresholds(scores, gold)
    for label in range(4):
        if not gold[:, label].any():
            assert found[label] == DEFAULT_THRESHOLD
            continue
        reached = f1_score(gold[:, label], scores[:, label] >= found[label])
        precision, recall, _ = precision_recall_curve(gold[:, label], scores[:, label])
        total = precision + recall
        best = np.max(
            np.divide(2 * precision * recall, total, np.zeros_like(total), where=total > 0)
        )
        assert reached == pytest.approx(best)


def test_invalid_input_is_rejected():
    with pytest.raises(ValueError, match=r"received \(2, 1\) and \(1, 2\)"):
        tune_thresholds([[0.1], [0.2]], [[0, 1]])
    with pytest.raises(ValueError, match="one shape"):
        tune_thresholds([0.1], [1])
    for score in (1.5, -0.1, float("nan")):
        with pytest.raises(ValueError, match="outside"):
            tune_thresholds([[score]], [[1]])
