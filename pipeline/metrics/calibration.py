"""Calibration of confidence scores: temperature scaling, reliability and answer thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
UNREACHABLE = 2.0  # a threshold above every score


class ReliabilityBin(NamedTuple):
    """Answers with scores in one interval; score and accuracy are means, in percent."""

    low: float
    high: float
    answers: int
    score: float
    accuracy: float


class CoverageAtPrecision(NamedTuple):
    """The share of texts answered when answers below `threshold` are withheld; in percent."""

    wanted: float
    threshold: float
    coverage: float
    precision: float


def fit_temperature(loss: Callable[[float], float], steps: int = 40) -> float:
    """Return the temperature with the lowest loss, by golden-section search over log T.

    Guo et al. 2017 ("On calibration of modern neural networks"): dividing all logits by one number
    T, fitted on held-out data by negative log-likelihood, keeps the best answer and calibrates its
    probability. The loss has a single minimum in log T.

    Args:
        loss: Maps a temperature to the loss on held-out data.
        steps: Each step narrows the search by the golden ratio; 40 steps reach a relative precision
            of 10^-7.
    """
    ratio = (math.sqrt(5) - 1) / 2
    low, high = math.log(MIN_TEMPERATURE), math.log(MAX_TEMPERATURE)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    for _ in range(steps):
        # With the golden ratio, one of the two inner points is reused in the next step.
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(math.exp(right))
    return math.exp((low + high) / 2)


def reliability(scores: ArrayLike, correct: ArrayLike, bins: int = 10) -> list[ReliabilityBin]:
    """Group answers by score into `bins` equal intervals from 0 to 1; skip empty bins.

    In a calibrated model, the mean score of a bin equals its accuracy.
    """
    values, hits = np.asarray(scores, float), np.asarray(correct, bool)
    bin_of = np.minimum((values * bins).astype(int), bins - 1)
    rows = []
    for index in range(bins):
        members = bin_of == index
        if members.any():
            mean, accuracy = 100 * values[members].mean(), 100 * hits[members].mean()
            edges = 100 * index / bins, 100 * (index + 1) / bins
            row = ReliabilityBin(*edges, int(members.sum()), float(mean), float(accuracy))
            rows.append(row)
    return rows


def calibration_error(scores: ArrayLike, correct: ArrayLike, bins: int = 10) -> float:
    """Compute the expected calibration error in percent (Naeini et al. 2015).

    This is the mean of |score - accuracy| over the bins, weighted by their answers; 0 without
    answers.
    """
    rows = reliability(scores, correct, bins)
    total = sum(row.answers for row in rows)
    gaps = sum(row.answers * abs(row.score - row.accuracy) for row in rows)
    return gaps / total if total else 0.0


def threshold_for_precision(scores: ArrayLike, correct: ArrayLike, precision: float) -> float:
    """Return the lowest threshold at which `precision` percent of the answers are correct.

    Return 0 if all answers together reach the precision, and `UNREACHABLE` if no threshold does.
    """
    values, hits = np.asarray(scores, float), np.asarray(correct, bool)
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], hits[order]
    # A threshold cannot separate answers with equal scores: consider the last of each group only.
    last = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, bool)
    precisions = 100 * np.cumsum(hits) / np.arange(1, len(hits) + 1)
    enough = np.flatnonzero(last & (precisions >= precision))
    if not len(values) or precisions[-1] >= precision:
        return 0.0
    return float(values[enough[-1]]) if len(enough) else UNREACHABLE


def coverage(
    scores: ArrayLike, correct: ArrayLike, precisions: Sequence[float]
) -> list[CoverageAtPrecision]:
    """Compute, for each precision in percent, the share of texts that can be answered at it."""
    values, hits = np.asarray(scores, float), np.asarray(correct, bool)
    rows = []
    for precision in precisions:
        threshold = threshold_for_precision(values, hits, precision)
        kept = values >= threshold
        share = 100 * float(kept.mean()) if len(values) else 0.0
        reached = 100 * float(hits[kept].mean()) if kept.any() else 0.0
        rows.append(CoverageAtPrecision(precision, threshold, share, reached))
    return rows
