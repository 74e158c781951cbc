"""Fit a linear support vector machine for each label, in NumPy.

A step of Adam moves the weight of every n-gram in a batch by about the learning rate, however rare
the n-gram is, so that the model memorizes rare n-grams. A support vector machine moves each weight
only as far as the texts require. It has one setting and takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

MAX_EPOCHS = 40
MIN_COST = 1e-9  # keeps divisions finite
TOLERANCE = 0.1  # greatest violation in the last epoch; the default of liblinear


class Documents(NamedTuple):
    """The training texts.

    Attributes:
        ngrams: For each text, int [ngrams], the ids of its n-grams in any order, without padding.
        labels: int [texts, labels], 1 where a text has a label.
        costs: float [texts], the relative cost of an error on each text.
    """

    ngrams: Sequence[NDArray[np.integer]]
    labels: NDArray[np.integer]
    costs: FloatArray


class LinearSvms(NamedTuple):
    """The fitted machines: float32 `weights` [buckets, labels] and `bias` [labels]."""

    weights: FloatArray
    bias: FloatArray


def fit_svms(documents: Documents, scale: FloatArray, cost: float, seed: int) -> LinearSvms:
    """Fit one machine for each label, one against the rest.

    Let x be the vector of a text's n-grams, with values scale[id_j] divided by the square root of
    the sum of their squares, and y = 1 for a text with the label, else -1. The machine minimizes

        |w|^2 / 2 + b^2 / 2 + cost sum_i c_i max(0, 1 - y_i (w . x_i + b))^2

    by dual coordinate descent (Hsieh et al. 2008, "A dual coordinate descent method for
    large-scale linear SVM", algorithm 1, L2 loss), for all labels at once. For each text:

    1. compute G = y (w . x_i + b) - 1 + a_i / (2 cost c_i),
    2. set a_i to max(0, a_i - G / (|x_i|^2 + 1 + 1 / (2 cost c_i))), and update w and b.

    Each epoch visits the texts in a new random order. The descent ends when no projected G of an
    epoch reaches `TOLERANCE`, or after `MAX_EPOCHS`.

    Args:
        documents: The training texts.
        scale: The scale of each n-gram, [buckets], or [buckets, labels] if each label has its own.
        cost: The cost of errors, above 0; a lower cost regularizes more.
        seed: Seed of the order.
    """
    random = np.random.default_rng(seed)
    descent = _Descent(documents, scale, cost)
    for _ in range(MAX_EPOCHS):
        order = random.permutation(len(documents.ngrams))
        if max(map(descent.step, order), default=0.0) < TOLERANCE:
            break
    return LinearSvms(descent.weights, descent.bias)


class _Descent:
    """The state of the descent: w, b, and the dual variable a of each text and label."""

    def __init__(self, documents: Documents, scale: FloatArray, cost: float) -> None:
        self.scale = scale
        self.texts: list[tuple[Any, Any]] = [
            np.unique(ids, return_counts=True) for ids in documents.ngrams
        ]
        self.signs = np.where(documents.labels > 0, 1, -1).astype(np.float32)
        self.diagonal = 1 / (2 * cost * np.maximum(documents.costs, MIN_COST))
        self.duals = np.zeros_like(self.signs)
        self.weights = np.zeros((len(scale), self.signs.shape[1]), np.float32)
        self.bias = np.zeros(self.signs.shape[1], np.float32)

    def step(self, text: int) -> float:
        """Update the duals of one text for all labels; return its greatest violation, |G|."""
        signs, duals, diagonal = self.signs[text], self.duals[text], self.diagonal[text]
        ids, values, square = _vector(*self.texts[text], self.scale)
        rows = self.weights[ids]
        gradient = signs * ((values * rows).sum(axis=0) + self.bias) - 1 + diagonal * duals
        projected = np.where(duals > 0, gradient, np.minimum(gradient, 0))
        if projected.any():
            updated = np.maximum(0, duals - gradient / (square + 1 + diagonal))
            change = (updated - duals) * signs
            self.duals[text] = updated
            self.weights[ids] = rows + values * change
            self.bias += change
        return float(np.abs(projected).max())


def _vector(ids: Any, counts: Any, scale: FloatArray) -> tuple[Any, Any, Any]:
    """Return a text's ids, the values of x [ngrams, labels or 1], and |x|^2.

    |x|^2 is 1, or 0 if all scales are 0. An id that occurs twice, since two n-grams may share an
    id, counts twice.
    """
    scales = scale[ids]
    scales = scales[:, None] if scales.ndim == 1 else scales
    counts = counts[:, None].astype(np.float32)
    square = (counts * scales * scales).sum(axis=0)
    values = counts * scales / np.sqrt(np.where(square > 0, square, 1))
    return ids, values, (values * values).sum(axis=0)
