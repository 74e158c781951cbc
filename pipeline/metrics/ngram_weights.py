"""What each n-gram counts for, read off the training texts: the scales of a linear model.

NumPy alone, over ids as `ngrams.hashed_ngrams` gives them; id 0 is padding and always weighs 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.integer]
FloatArray: TypeAlias = NDArray[np.float32]


class DocumentCounts(NamedTuple):
    """How many texts hold each n-gram.

    Attributes:
        texts: In all.
        holding: int64 [buckets], texts that hold it, however often.
        by_class: int64 [buckets, classes], those of each class.
    """

    texts: int
    holding: NDArray[np.int64]
    by_class: NDArray[np.int64]


def count_documents(
    groups: Iterable[tuple[IntArray, IntArray]], buckets: int, classes: int
) -> DocumentCounts:
    """Counts texts group by group, so that they need not all be in memory.

    Args:
        groups: Of each, ids int [texts, ngrams] padded by 0, and labels int [texts, classes], 1
            where a text is of a class; a text of several classes counts for each.
        buckets: Ids are below.
        classes: Of the labels.

    Raises:
        ValueError: An id is out of range.
    """
    texts = 0
    holding = np.zeros(buckets, np.int64)
    by_class = np.zeros((buckets, classes), np.int64)
    for ids, labels in groups:
        if ids.size and not 0 <= ids.min() <= ids.max() < buckets:
            raise ValueError(f"ids {ids.min()} to {ids.max()}; expected 0 to {buckets - 1}")
        texts += len(ids)
        rows = np.repeat(np.arange(len(ids), dtype=np.int64), ids.shape[1])
        keys = np.unique(rows * buckets + ids.ravel())  # once a text
        rows, found = keys // buckets, keys % buckets
        rows, found = rows[found > 0], found[found > 0]
        np.add.at(holding, found, 1)
        np.add.at(by_class, found, labels[rows].astype(np.int64))
    return DocumentCounts(texts, holding, by_class)


def idf(counts: DocumentCounts, least: int = 1) -> FloatArray:
    """Inverse document frequency, ln((1 + texts) / (1 + holding)) + 1, as scikit-learn has it.

    Args:
        counts: Of the training texts.
        least: What fewer texts hold weighs 0.

    Returns:
        float32 [buckets].
    """
    weights = np.log((1 + counts.texts) / (1 + counts.holding)) + 1
    return np.where(counts.holding >= max(1, least), weights, 0.0).astype(np.float32)


def log_count_ratios(counts: DocumentCounts, smoothing: float = 1.0, least: int = 1) -> FloatArray:
    """How much likelier an n-gram is in a class than in the others, as a logarithm.

    Wang and Manning 2012, section 2.1 ("Baselines and bigrams"), each class against the rest:
    r = ln((p / |p|) / (q / |q|)), where p = smoothing + texts of the class that hold the n-gram,
    q = smoothing + other texts that do, and |.| sums over the n-grams that are counted.

    Args:
        counts: Of the training texts.
        smoothing: The paper's alpha; above 0.
        least: What fewer texts hold is not counted and weighs 0.

    Returns:
        float32 [buckets, classes].
    """
    counted = (counts.holding >= max(1, least))[:, None]
    inside = np.where(counted, smoothing + counts.by_class, 0.0)
    outside = np.where(counted, smoothing + counts.holding[:, None] - counts.by_class, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing is counted
        ratios = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return np.where(counted, ratios, 0.0).astype(np.float32)
