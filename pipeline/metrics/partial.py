"""Partial F1: a value found with wrong edges earns half.

The counts are those of the Message Understanding Conferences (Chinchor and Sundheim, MUC-5
Evaluation Metrics, 1993, https://aclanthology.org/M93-1007/):

- correct: the same slot and the same edges,
- partial: the same slot, edges that overlap,
- incorrect: edges that are the same or overlap, another slot,
- missing: a gold span that no predicted one touches,
- spurious: a predicted span that touches no gold one.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.metrics.spans import Span

FloatArray: TypeAlias = NDArray[np.float64]

HALF = 0.5  # what a partial match earns, in MUC-5 as here


class MucCounts(NamedTuple):
    """The five counts of one example, or sums of them."""

    correct: int
    partial: int
    incorrect: int
    missing: int
    spurious: int


def count_partial(gold: Sequence[Span], predicted: Sequence[Span]) -> MucCounts:
    """Pair the spans of one example and count each pair and each span left alone once.

    Pairs are made best first: exact ones, then those of one slot, then the rest; the greater
    overlap first within each, then the earlier span.
    """
    pairs = [
        (rank, -overlap, i, j)
        for i, wanted in enumerate(gold)
        for j, found in enumerate(predicted)
        if (overlap := min(wanted[2], found[2]) - max(wanted[1], found[1])) > 0
        for rank in [_rank(wanted, found)]
    ]
    matched, left, right = [0, 0, 0], set(range(len(gold))), set(range(len(predicted)))
    for rank, _, i, j in sorted(pairs):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            matched[rank] += 1
    correct, partial, incorrect = matched
    return MucCounts(correct, partial, incorrect, missing=len(left), spurious=len(right))


def partial_f1(
    correct: ArrayLike,
    partial: ArrayLike,
    incorrect: ArrayLike,
    missing: ArrayLike,
    spurious: ArrayLike,
) -> FloatArray:
    """Compute F1 in percent, element by element, from the five counts (any shape, all the same).

    Precision is (correct + partial / 2) / (correct + partial + incorrect + spurious), recall has
    missing in place of spurious; F1 is their harmonic mean, and 0 where there is no span at all.
    """
    values = (correct, partial, incorrect, missing, spurious)
    right, half, wrong, lost, extra = (np.asarray(value, np.float64) for value in values)
    earned = 2 * (right + HALF * half)
    spans = 2 * (right + half + wrong) + lost + extra
    return 100.0 * np.divide(earned, spans, out=np.zeros_like(spans), where=spans != 0)


def _rank(gold: Span, predicted: Span) -> int:
    """Index into `MucCounts`: correct, partial or incorrect."""
    if gold[0] != predicted[0]:
        return 2
    return 0 if gold == predicted else 1
