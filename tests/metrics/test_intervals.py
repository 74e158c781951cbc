"""The bootstrap: against a known interval, determinism, edge cases."""

import math

import numpy as np
import pytest

from pipeline.metrics.intervals import Counts, Interval, bootstrap, paired_bootstrap
from pipeline.metrics.spans import precision_recall_f1


def accuracy(sums):
    """Accuracy in percent from the sums of [correct, 1]."""
    return 100 * sums[..., 0] / sums[..., 1]


def hits(correct, examples):
    """Counts [examples, 2] with ``correct`` correct examples."""
    return np.column_stack([np.arange(examples) < correct, np.ones(examples)])


def test_interval_of_an_accuracy_is_the_binomial_one():
    interval = bootstrap(hits(900, 1000), accuracy, resamples=4000)
    half_width = 1.96 * 100 * math.sqrt(0.9 * 0.1 / 1000)  # normal approximation: 1.86 points
    assert interval.value == 90.0
    assert interval.low == pytest.approx(90 - half_width, abs=0.15)
    assert interval.high == pytest.approx(90 + half_width, abs=0.15)


def test_the_seed_determines_the_interval():
    counts = hits(80, 101)
    assert bootstrap(counts, accuracy, seed=3) == bootstrap(counts, accuracy, seed=3)
    assert bootstrap(counts, accuracy, seed=3) != bootstrap(counts, accuracy, seed=4)


def test_whole_examples_are_resampled():
    # Every example has precision 1/2: resampling whole examples cannot change the score.
    counts = np.tile([[1, 2, 2]], (50, 1))
    interval = bootstrap(counts, lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
    assert interval == Interval(50.0, 50.0, 50.0)


def test_one_example_has_an_interval_of_zero_width():
    assert bootstrap(hits(1, 1), accuracy) == Interval(100.0, 100.0, 100.0)


def test_a_single_column_keeps_its_axis():
    interval = bootstrap(np.ones((4, 1)), lambda sums: sums[..., 0], resamples=10)
    assert interval.as_dict() == {"value": 4.0, "low": 4.0, "high": 4.0}


@pytest.mark.parametrize(
    ("counts", "resamples", "message"),
    [
        (np.empty((0, 3)), 10, "at least one row of counts"),
        (np.ones(3), 10, r"shape \[examples, k\]; received \(3,\)"),
        (np.ones((3, 1)), 0, "at least 1; received 0"),
    ],
)
def test_invalid_input_is_rejected(counts, resamples, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(counts, accuracy, resamples=resamples)


def counted(hits):
    """Counts of an accuracy from 0 or 1 per example."""
    return Counts(np.column_stack([hits, np.ones(len(hits))]), accuracy)


def test_counts_compute_their_interval():
    assert Counts(hits(80, 101), accuracy).interval() == bootstrap(hits(80, 101), accuracy)


def test_a_paired_difference_has_the_interval_of_its_mean():
    # 1000 examples: 60 only the first has right, 20 only the second; the others are equal.
    first, second = np.zeros(1000), np.zeros(1000)
    first[:560], second[60:580] = 1, 1
    found = paired_bootstrap(counted(first), counted(second), resamples=4000)
    # Each example adds 1, -1 or 0 to the difference: its variance is (60 + 20) / n - mean^2.
    half_width = 1.96 * 100 * math.sqrt((0.08 - 0.04**2) / 1000)
    assert found.value == pytest.approx(4.0)
    assert found.low == pytest.approx(4 - half_width, abs=0.15)
    assert found.high == pytest.approx(4 + half_width, abs=0.15)
    assert found.distinguishable
    # The separate intervals of +-3.1 overlap widely.
    assert counted(first).interval().low < counted(second).interval().high


def test_a_small_difference_is_not_distinguishable():
    first, second = np.zeros(1000), np.zeros(1000)
    first[:505], second[10:510] = 1, 1
    assert not paired_bootstrap(counted(first), counted(second)).distinguishable
    same = paired_bootstrap(counted(first), counted(first))
    assert (same.value, same.low, same.high, same.distinguishable) == (0.0, 0.0, 0.0, False)


def test_a_worse_model_is_distinguishable_too():
    worse = paired_bootstrap(counted(np.zeros(50)), counted(np.ones(50)))
    assert (worse.value, worse.distinguishable) == (-100.0, True)


def test_counts_of_different_shapes_are_rejected():
    with pytest.raises(ValueError, match=r"received counts of shapes \(3, 2\) and \(4, 2\)"):
        paired_bootstrap(counted(np.ones(3)), counted(np.ones(4)))
