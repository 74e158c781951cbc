"""N-gram weights from training texts: inverse document frequency and log-count ratios.

Ids are those of `text.ngrams.hashed_ngrams`; id 0 is padding and always has weight 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.integer]
FloatArray: TypeAlias = NDArray[np.float32]


class DocumentCounts(NamedTuple):
    """Document counts of n-grams.

    Attributes:
        texts: Number of texts.
        containing: int64 [buckets], number of texts that contain the n-gram.
        by_class: int64 [buckets, classes], the same for each class.
    """

    texts: int
    containing: NDArray[np.int64]
    by_class: NDArray[np.int64]


def count_documents(
    groups: Iterable[tuple[IntArray, IntArray]], buckets: int, classes: int
) -> DocumentCounts:
    """Count documents in groups, so that not all texts have to be in memory.

    Args:
        groups: Pairs of ids int [texts, ngrams], padded with 0, and labels int [texts, classes], 1
            where a text belongs to a class; a text may belong to several classes.
        buckets: Number of n-gram ids, including padding.
        classes: Number of classes.

    Raises:
        ValueError: An id is out of range.
    """
    texts = 0
    containing = np.zeros(buckets, np.int64)
    by_class = np.zeros((buckets, classes), np.int64)
    for ids, labels in groups:
        if ids.size and not 0 <= ids.min() <= ids.max() < buckets:
            raise ValueError(
                f"expected ids from 0 to {buckets - 1}; received {ids.min()} to {ids.max()}"
            )
        texts += len(ids)
        rows = np.repeat(np.arange(len(ids), dtype=np.int64), ids.shape[1])
        keys = np.unique(rows * buckets + ids.ravel())  # each n-gram counts once per text
        rows, ngrams = keys // buckets, keys % buckets
        rows, ngrams = rows[ngrams > 0], ngrams[ngrams > 0]
        np.add.at(containing, ngrams, 1)
        np.add.at(by_class, ngrams, labels[rows].astype(np.int64))
    return DocumentCounts(texts, containing, by_class)


def idf(counts: DocumentCounts, min_texts: int = 1) -> FloatArray:
    """Compute inverse document frequency as scikit-learn: ln((1 + texts) / (1 + containing)) + 1.

    Args:
        counts: Document counts of the training texts.
        min_texts: N-grams in fewer texts have weight 0.

    Returns:
        float32 [buckets].
    """
    weights = np.log((1 + counts.texts) / (1 + counts.containing)) + 1
    return np.where(counts.containing >= max(1, min_texts), weights, 0.0).astype(np.float32)


def log_count_ratios(
    counts: DocumentCounts, smoothing: float = 1.0, min_texts: int = 1
) -> FloatArray:
    """Compute the log-count ratio of each n-gram for each class against the other classes.

    Wang and Manning 2012, section 2.1 ("Baselines and bigrams"), each class against the rest:
    r = ln((p / |p|) / (q / |q|)), where p = smoothing + texts of the class that contain the n-gram,
    q = smoothing + other texts that contain it, and |.| sums over the n-grams that are counted.

    Args:
        counts: Document counts of the training texts.
        smoothing: The paper's alpha; above 0.
        min_texts: N-grams in fewer texts are not counted and have weight 0.

    Returns:
        float32 [buckets, classes].
    """
    counted = (counts.containing >= max(1, min_texts))[:, None]
    inside = np.where(counted, smoothing + counts.by_class, 0.0)
    outside = np.where(counted, smoothing + counts.containing[:, None] - counts.by_class, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # n-grams that are not counted
        ratios = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return np.where(counted, ratios, 0.0).astype(np.float32)
