"""Whether a score means what it says: temperature, reliability, and when to keep silent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

COLDEST, HOTTEST = 0.05, 20.0
NEVER = 2.0  # a threshold that no score reaches


class Bin(NamedTuple):
    """Answers whose scores lie close together; score and accuracy are means, in percent."""

    low: float
    high: float
    answers: int
    score: float
    accuracy: float


class Coverage(NamedTuple):
    """What is answered if answers below `threshold` are held back; shares in percent."""

    wanted: float
    threshold: float
    coverage: float
    precision: float


def fit_temperature(loss: Callable[[float], float], steps: int = 40) -> float:
    """The temperature of least loss, by golden-section search over its logarithm.

    Guo et al. 2017 ("On calibration of modern neural networks"): dividing all logits by one number
    T, fitted on held-out data by their negative log-likelihood, leaves the best answer as it is and
    makes its probability mean what it says. The loss has one valley in log T.

    Args:
        loss: Of the held-out data at a temperature.
        steps: Each narrows the search by the golden ratio; 40 leave less than one part in 10^7.
    """
    ratio = (math.sqrt(5) - 1) / 2
    low, high = math.log(COLDEST), math.log(HOTTEST)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    for _ in range(steps):
        # The ratio is such that one of the two inner points is one of the next two.
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(math.exp(right))
    return math.exp((low + high) / 2)


def reliability(scores: ArrayLike, right: ArrayLike, bins: int = 10) -> list[Bin]:
    """Answers by score, in `bins` steps from 0 to 1; empty ones are left out.

    A score that means what it says is the accuracy of its bin.
    """
    values, hits = np.asarray(scores, float), np.asarray(right, bool)
    places = np.minimum((values * bins).astype(int), bins - 1)
    found = []
    for place in range(bins):
        here = places == place
        if here.any():
            mean, accuracy = 100 * values[here].mean(), 100 * hits[here].mean()
            edges = 100 * place / bins, 100 * (place + 1) / bins
            found.append(Bin(*edges, int(here.sum()), float(mean), float(accuracy)))
    return found


def calibration_error(scores: ArrayLike, right: ArrayLike, bins: int = 10) -> float:
    """The mean distance of score and accuracy over the bins, weighted by their answers, in percent.

    Expected calibration error (Naeini et al. 2015); 0 where there is no answer.
    """
    found = reliability(scores, right, bins)
    total = sum(each.answers for each in found)
    gaps = sum(each.answers * abs(each.score - each.accuracy) for each in found)
    return gaps / total if total else 0.0


def threshold_for(scores: ArrayLike, right: ArrayLike, precision: float) -> float:
    """The lowest score from which on the answers are right in `precision` percent of cases.

    0 where all answers together are; `NEVER` where none are.
    """
    values, hits = np.asarray(scores, float), np.asarray(right, bool)
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], hits[order]
    # Answers of one score stand or fall together: only the last of each may be the threshold.
    last = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, bool)
    shares = 100 * np.cumsum(hits) / np.arange(1, len(hits) + 1)
    enough = np.flatnonzero(last & (shares >= precision))
    if not len(values) or shares[-1] >= precision:
        return 0.0
    return float(values[enough[-1]]) if len(enough) else NEVER


def coverage(scores: ArrayLike, right: ArrayLike, precisions: Sequence[float]) -> list[Coverage]:
    """For each precision, in percent, how much can be answered at it."""
    values, hits = np.asarray(scores, float), np.asarray(right, bool)
    rows = []
    for wanted in precisions:
        threshold = threshold_for(values, hits, wanted)
        kept = values >= threshold
        share = 100 * float(kept.mean()) if len(values) else 0.0
        reached = 100 * float(hits[kept].mean()) if kept.any() else 0.0
        rows.append(Coverage(wanted, threshold, share, reached))
    return rows
