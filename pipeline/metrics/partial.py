"""Partial F1: a span with the right slot and wrong edges earns half.

The counts are those of the Message Understanding Conferences (Chinchor and Sundheim, MUC-5
Evaluation Metrics, 1993, https://aclanthology.org/M93-1007/):

- correct: same slot, same edges,
- partial: same slot, overlapping edges,
- incorrect: another slot, same or overlapping edges,
- missing: a gold span without a predicted partner,
- spurious: a predicted span without a gold partner.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.metrics.spans import Span

FloatArray: TypeAlias = NDArray[np.float64]

HALF = 0.5  # credit for a partial match, as in MUC-5


class MucCounts(NamedTuple):
    """The five counts of one example, or their sums over examples."""

    correct: int
    partial: int
    incorrect: int
    missing: int
    spurious: int


def count_partial(gold: Sequence[Span], predicted: Sequence[Span]) -> MucCounts:
    """Pair the spans of one example greedily; count each pair and each unpaired span once.

    Exact pairs come first, then pairs with the same slot, then the rest; within each group the
    larger overlap comes first, then the earlier span.
    """
    pairs = [
        (rank, -overlap, i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(predicted)
        if (overlap := min(g[2], p[2]) - max(g[1], p[1])) > 0
        for rank in [_rank(g, p)]
    ]
    matched = [0, 0, 0]
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    for rank, _, i, j in sorted(pairs):
        if i in free_gold and j in free_predicted:
            free_gold.remove(i)
            free_predicted.remove(j)
            matched[rank] += 1
    correct, partial, incorrect = matched
    return MucCounts(
        correct, partial, incorrect, missing=len(free_gold), spurious=len(free_predicted)
    )


def partial_f1(
    correct: ArrayLike,
    partial: ArrayLike,
    incorrect: ArrayLike,
    missing: ArrayLike,
    spurious: ArrayLike,
) -> FloatArray:
    """Compute F1 in percent, element by element, from five counts of one common shape.

    Precision is (correct + partial / 2) / (correct + partial + incorrect + spurious); recall has
    missing in place of spurious. F1 is their harmonic mean, and 0 where there are no spans.
    """
    counts = (correct, partial, incorrect, missing, spurious)
    exact, half, wrong, missed, extra = (np.asarray(count, np.float64) for count in counts)
    credit = 2 * (exact + HALF * half)
    spans = 2 * (exact + half + wrong) + missed + extra
    return 100.0 * np.divide(credit, spans, out=np.zeros_like(spans), where=spans != 0)


def _rank(gold: Span, predicted: Span) -> int:
    """Return the index of the pair's count in `MucCounts`: correct, partial or incorrect."""
    if gold[0] != predicted[0]:
        return 2
    return 0 if gold == predicted else 1
