"""The linear part fitted before the first step: a support vector machine for each label.

A gradient step of Adam moves every n-gram that a batch touches by about the learning rate, however
rare it is, so that rare ones are learnt by heart. These machines move each n-gram as far as the
texts need it, have one setting, and take seconds. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

EPOCHS = 40  # at most
LEAST_COST = 1e-9
TOLERANCE = 0.1  # of the greatest violation in an epoch, as liblinear has it


class Documents(NamedTuple):
    """The training texts.

    Attributes:
        ngrams: Of each text, int [ngrams], the ids of its n-grams, in any order, without padding.
        labels: int [texts, labels], 1 where a text has a label.
        costs: float [texts], what a text on the wrong side costs, beside the others.
    """

    ngrams: Sequence[NDArray[np.integer]]
    labels: NDArray[np.integer]
    costs: FloatArray


class Machines(NamedTuple):
    """Float32 `weights` [buckets, labels] and `bias` [labels]."""

    weights: FloatArray
    bias: FloatArray


def fit_machines(documents: Documents, scale: FloatArray, cost: float, seed: int) -> Machines:
    """One machine a label, each held against all other labels.

    With x the vector of a text's n-grams, s_j = scale[id_j] divided by the root of the sum of their
    squares, and y = 1 for a text that has the label, else -1, it has the least

        |w|^2 / 2 + b^2 / 2 + cost sum_i c_i max(0, 1 - y_i (w . x_i + b))^2,

    found by dual coordinate descent (Hsieh et al. 2008, "A dual coordinate descent method for
    large-scale linear SVM", algorithm 1, L2 loss), for all labels at once:

    1. G = y (w . x_i + b) - 1 + a_i / (2 cost c_i),
    2. a_i moves to max(0, a_i - G / (|x_i|^2 + 1 + 1 / (2 cost c_i))), w and b with it,

    text after text in an order drawn anew each epoch, until no G asks for more than `TOLERANCE`.

    Args:
        documents: The training texts.
        scale: What each n-gram counts for, [buckets] or for each label [buckets, labels].
        cost: Above 0; the less, the less single texts have a say.
        seed: Of the order.
    """
    random = np.random.default_rng(seed)
    fitting = _Fitting(documents, scale, cost)
    for _ in range(EPOCHS):
        order = random.permutation(len(documents.ngrams))
        if max(map(fitting.step, order), default=0.0) < TOLERANCE:
            break
    return Machines(fitting.weights, fitting.bias)


class _Fitting:
    """Where the descent stands: w, b, and for each text and label a."""

    def __init__(self, documents: Documents, scale: FloatArray, cost: float) -> None:
        self.scale = scale
        self.texts: list[tuple[Any, Any]] = [
            np.unique(ids, return_counts=True) for ids in documents.ngrams
        ]
        self.signs = np.where(documents.labels > 0, 1, -1).astype(np.float32)
        self.slack = 1 / (2 * cost * np.maximum(documents.costs, LEAST_COST))
        self.shares = np.zeros_like(self.signs)
        self.weights = np.zeros((len(scale), self.signs.shape[1]), np.float32)
        self.bias = np.zeros(self.signs.shape[1], np.float32)

    def step(self, text: int) -> float:
        """Moves what one text says of every label; gives the greatest G that asked for it."""
        signs, shares, slack = self.signs[text], self.shares[text], self.slack[text]
        ids, values, square = _vector(*self.texts[text], self.scale)
        rows = self.weights[ids]
        slope = signs * ((values * rows).sum(axis=0) + self.bias) - 1 + slack * shares
        asked = np.where(shares > 0, slope, np.minimum(slope, 0))
        if asked.any():
            moved = np.maximum(0, shares - slope / (square + 1 + slack))
            change = (moved - shares) * signs
            self.shares[text] = moved
            self.weights[ids] = rows + values * change
            self.bias += change
        return float(np.abs(asked).max())


def _vector(ids: Any, times: Any, scale: FloatArray) -> tuple[Any, Any, Any]:
    """A text's ids, x at these [ngrams, labels or 1], and |x|^2: 1, or 0 where nothing counts.

    An id that stands twice, as two n-grams may share one, counts twice.
    """
    found = scale[ids]
    found = found[:, None] if found.ndim == 1 else found
    times = times[:, None].astype(np.float32)
    square = (times * found * found).sum(axis=0)
    values = times * found / np.sqrt(np.where(square > 0, square, 1))
    return ids, values, (values * values).sum(axis=0)
