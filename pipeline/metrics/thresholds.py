"""From which score on a label is given, label by label, where a text may have several."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

UNSEEN = 0.5  # for a label of which the held-out data has no example


def tune_thresholds(scores: ArrayLike, gold: ArrayLike) -> FloatArray:
    """The threshold of best F1 for each label by itself; a label is given from it on (>=).

    Every division of the texts that some threshold makes is tried, so the F1 is the best there is
    on this data; of equal ones the fewest texts win. The threshold then lies half-way down to the
    next lower score, or to 0: no text stands on the edge, where rounding would decide. A label that
    is never gold here keeps 0.5.

    Lipton et al. 2014, "Optimal thresholding of classifiers to maximize F1 measure".

    Args:
        scores: probabilities [texts, labels].
        gold: 0 or 1, [texts, labels].

    Returns:
        [labels].

    Raises:
        ValueError: the two differ in shape, are no matrices, or a score is not in [0, 1].
    """
    values, wanted = np.asarray(scores, np.float64), np.asarray(gold, bool)
    if values.ndim != 2 or values.shape != wanted.shape:
        raise ValueError(
            "expected scores and gold of one shape [texts, labels]; received"
            f" {values.shape} and {wanted.shape}"
        )
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("expected probabilities; received a score outside [0, 1]")
    columns = zip(values.T, wanted.T, strict=True)
    return np.array([best_threshold(column, hits) for column, hits in columns])


def best_threshold(scores: FloatArray, gold: NDArray[np.bool_]) -> float:
    """The threshold of one label: `tune_thresholds` of a single column."""
    if not gold.any():
        return UNSEEN
    order = np.argsort(-scores, kind="stable")
    values, hits = scores[order], np.cumsum(gold[order])
    given = np.arange(1, len(values) + 1)
    # Texts of one score stand or fall together: only the last of each can be the last one given.
    last = np.append(values[1:] != values[:-1], True)
    f1 = np.where(last, 2 * hits / (given + gold.sum()), -1.0)
    best = int(np.argmax(f1))
    above, below = float(values[best]), float(values[best + 1]) if best + 1 < len(values) else 0.0
    middle = (above + below) / 2
    return middle if middle > below else above
