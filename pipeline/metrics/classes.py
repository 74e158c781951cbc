"""Intent agreement, 0 or 1 per example.

In ATIS an utterance may have several intents, written as one label: ``flight#airfare``. Papers
count them in two ways that differ by about a point, hence two functions. The mean of either result
is an accuracy.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hits: TypeAlias = NDArray[np.int64]

SEPARATOR = "#"


def exact(gold: Iterable[str], predicted: Iterable[str]) -> Hits:
    """Compare whole labels as strings: ``a#b`` matches only ``a#b``.

    Args:
        gold: one label per example.
        predicted: one label per example, in the same order.

    Returns:
        [examples], 1 where the labels are equal.

    Raises:
        ValueError: the number of labels differs.
    """
    return np.array([g == p for g, p in zip(gold, predicted, strict=True)], dtype=np.int64)


def any_of(gold: Iterable[str], predicted: Iterable[str]) -> Hits:
    """Compare labels leniently: they match if they have at least one intent in common.

    Args:
        gold: one label per example, several intents joined by ``#``.
        predicted: one label per example, in the same order and form.

    Returns:
        [examples], 1 where an intent is shared.

    Raises:
        ValueError: the number of labels differs.
    """
    shared = [not _intents(g).isdisjoint(_intents(p)) for g, p in zip(gold, predicted, strict=True)]
    return np.array(shared, dtype=np.int64)


def _intents(label: str) -> frozenset[str]:
    return frozenset(label.split(SEPARATOR))
