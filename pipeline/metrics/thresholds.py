"""Decision thresholds per label for multi-label classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

DEFAULT_THRESHOLD = 0.5  # for a label without a gold example in the held-out data


def tune_thresholds(scores: ArrayLike, gold: ArrayLike) -> FloatArray:
    """Return the threshold with the best F1 for each label; scores >= threshold are positive.

    All thresholds that divide the texts differently are tried, so the F1 is optimal on this data;
    among equal ones, the threshold with the fewest positive texts wins. The result lies half-way to
    the next lower score, or to 0, so that no score equals the threshold and rounding cannot decide.
    A label that is never gold has threshold 0.5.

    Lipton et al. 2014, "Optimal thresholding of classifiers to maximize F1 measure".

    Args:
        scores: probabilities [texts, labels].
        gold: 0 or 1, [texts, labels].

    Returns:
        [labels].

    Raises:
        ValueError: the shapes differ or are not matrices, or a score is not in [0, 1].
    """
    values, positive = np.asarray(scores, np.float64), np.asarray(gold, bool)
    if values.ndim != 2 or values.shape != positive.shape:
        raise ValueError(
            "expected scores and gold of one shape [texts, labels]; received"
            f" {values.shape} and {positive.shape}"
        )
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("expected probabilities; received a score outside [0, 1]")
    columns = zip(values.T, positive.T, strict=True)
    return np.array([best_threshold(column, hits) for column, hits in columns])


def best_threshold(scores: FloatArray, gold: NDArray[np.bool_]) -> float:
    """Return the threshold of one label, as `tune_thresholds` does for one column."""
    if not gold.any():
        return DEFAULT_THRESHOLD
    order = np.argsort(-scores, kind="stable")
    values, hits = scores[order], np.cumsum(gold[order])
    predicted = np.arange(1, len(values) + 1)
    # A threshold cannot separate equal scores: consider the last text of each group only.
    last = np.append(values[1:] != values[:-1], True)
    f1 = np.where(last, 2 * hits / (predicted + gold.sum()), -1.0)
    best = int(np.argmax(f1))
    above, below = float(values[best]), float(values[best + 1]) if best + 1 < len(values) else 0.0
    middle = (above + below) / 2
    return middle if middle > below else above
