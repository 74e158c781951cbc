"""Temperature, reliability and thresholds, by hand and by properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metrics.calibration import (
    calibration_error,
    coverage,
    fit_temperature,
    reliability,
    threshold_for_precision,
)

SCORES = [0.95, 0.9, 0.8, 0.7, 0.6]
CORRECT = [True, True, False, True, False]


@pytest.mark.parametrize("best", [0.1, 1.0, 2.5, 10.0])
def test_fit_temperature_finds_the_minimum(best):
    assert fit_temperature(lambda t: (math.log(t) - math.log(best)) ** 2) == pytest.approx(best)


def test_the_temperature_corrects_overconfident_logits():
    """Labels are drawn from softmax(z); the model's logits are 3 z, so T is 3."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(20_000, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    labels = (p.cumsum(axis=1) > rng.random((len(z), 1))).argmax(axis=1)

    def loss(temperature):
        logits = 3 * z / temperature
        log_z = np.log(np.exp(logits).sum(axis=1))
        return float((log_z - logits[np.arange(len(z)), labels]).mean())

    assert fit_temperature(loss) == pytest.approx(3, rel=0.05)


def test_reliability_by_hand():
    found = reliability(SCORES, CORRECT, bins=2)
    assert found == [pytest.approx((50, 100, 5, 79, 60))]
    assert reliability([0.0, 1.0, 0.25], [False, True, True], bins=4) == [
        pytest.approx((0, 25, 1, 0, 0)),
        pytest.approx((25, 50, 1, 25, 100)),
        pytest.approx((75, 100, 1, 100, 100)),
    ]
    assert reliability([], []) == []


def test_calibration_error_by_hand():
    assert calibration_error(SCORES, CORRECT, bins=1) == pytest.approx(abs(79 - 60))
    # Two bins: 0.25, 0.35, 0.45 with 1 of 3 right, and 0.55, 0.6 with both.
    lower = [score - 0.35 for score in SCORES]
    expected = (3 * abs(35 - 100 / 3) + 2 * abs(57.5 - 100)) / 5
    assert calibration_error(lower, CORRECT, bins=2) == pytest.approx(expected)
    assert calibration_error([], []) == 0


@pytest.mark.parametrize(
    ("precision", "threshold"), [(60, 0.0), (75, 0.7), (100, 0.9), (100.1, None)]
)
def test_threshold_by_hand(precision, threshold):
    found = threshold_for_precision(SCORES, CORRECT, precision)
    assert found == threshold if threshold is not None else found > 1


def test_answers_with_equal_scores_are_not_separated():
    assert threshold_for_precision([0.9, 0.9, 0.5], [True, False, False], 100) > 1
    assert threshold_for_precision([0.9, 0.9, 0.5], [True, True, False], 100) == 0.9


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30),
    st.floats(0, 100),
)
def test_the_threshold_is_the_lowest_that_reaches_the_precision(answers, precision):
    scores, correct = [s for s, _ in answers], [c for _, c in answers]

    def reached(threshold):
        kept = [c for s, c in answers if s >= threshold]
        return 100 * sum(kept) / len(kept) if kept else None

    threshold = threshold_for_precision(scores, correct, precision)
    value = reached(threshold)
    assert value is None or value >= precision - 1e-9
    if threshold > 0:
        for lower in {s for s in scores if s < threshold}:
            assert reached(lower) < precision


def test_coverage_by_hand():
    assert coverage(SCORES, CORRECT, [60, 100]) == [
        pytest.approx((60, 0.0, 100, 60)),
        pytest.approx((100, 0.9, 40, 100)),
    ]
    assert coverage([], [], [90])[0].coverage == 0
