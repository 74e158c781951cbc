"""The bootstrap: against a known interval, for determinism, on its limits."""

import math

import numpy as np
import pytest

from pipeline.metrics.intervals import Interval, bootstrap
from pipeline.metrics.spans import precision_recall_f1


def accuracy(sums):
    """Percent right, from the sums of [right, 1]."""
    return 100 * sums[..., 0] / sums[..., 1]


def hits(right, examples):
    """Counts [examples, 2] of which ``right`` are right."""
    return np.column_stack([np.arange(examples) < right, np.ones(examples)])


def test_interval_of_an_accuracy_is_the_binomial_one():
    interval = bootstrap(hits(900, 1000), accuracy, resamples=4000)
    half_width = 1.96 * 100 * math.sqrt(0.9 * 0.1 / 1000)  # normal approximation: 1.86 points
    assert interval.value == 90.0
    assert interval.low == pytest.approx(90 - half_width, abs=0.15)
    assert interval.high == pytest.approx(90 + half_width, abs=0.15)


def test_same_seed_same_interval_and_another_seed_another():
    counts = hits(80, 101)
    assert bootstrap(counts, accuracy, seed=3) == bootstrap(counts, accuracy, seed=3)
    assert bootstrap(counts, accuracy, seed=3) != bootstrap(counts, accuracy, seed=4)


def test_examples_are_drawn_whole():
    # Every example has precision 1/2: no draw of whole examples can move the score.
    counts = np.tile([[1, 2, 2]], (50, 1))
    interval = bootstrap(counts, lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
    assert interval == Interval(50.0, 50.0, 50.0)


def test_one_example_has_an_interval_of_no_width():
    assert bootstrap(hits(1, 1), accuracy) == Interval(100.0, 100.0, 100.0)


def test_a_single_column_keeps_its_axis():
    interval = bootstrap(np.ones((4, 1)), lambda sums: sums[..., 0], resamples=10)
    assert interval.as_dict() == {"value": 4.0, "low": 4.0, "high": 4.0}


@pytest.mark.parametrize(
    ("counts", "resamples", "message"),
    [
        (np.empty((0, 3)), 10, "no example to score"),
        (np.ones(3), 10, r"shape \[examples, k\]; received \(3,\)"),
        (np.ones((3, 1)), 0, "at least 1; received 0"),
    ],
)
def test_bad_input_is_refused(counts, resamples, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(counts, accuracy, resamples=resamples)
