"""The k highest of many logits and the log of the softmax denominator, without sorting them all."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

SORT_ALL = 256  # up to this number of columns, all are sorted at once
BLOCK = 32  # approximate columns per block; with 8,000 columns the two sorts have similar sizes

LOWEST = float("-inf")


def top_k_columns(logits: tf.Tensor, k: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the k highest logits of each row, highest first, and their columns.

    The k highest logits are in the k blocks with the highest maxima. One fast pass finds these
    blocks; only block maxima and the columns of k blocks are sorted.

    Args:
        logits: float [..., columns].
        k: An int or a scalar tensor; if it exceeds the number of columns, all are returned.

    Returns:
        values [..., k]; columns int32 [..., k], in range even if the value is -inf.
    """
    columns, k = logits.shape[-1], _clip_k(k, logits)
    if columns is not None and (
        columns <= SORT_ALL or (isinstance(k, int) and k * BLOCK >= columns)
    ):
        values, indices = tf.math.top_k(logits, k)
        return values, indices
    blocks, size = _blocks(logits)
    outer = logits.shape.rank - 1
    peaks = tf.reduce_max(blocks, -1)
    _, best = tf.math.top_k(peaks, _clip_k(k, peaks))
    values, indices = tf.math.top_k(_flat(tf.gather(blocks, best, batch_dims=outer)), k)
    top = tf.gather(best, indices // size, batch_dims=outer) * size + indices % size
    return values, tf.minimum(top, tf.shape(logits)[-1] - 1)  # not a column of the padding


def log_normaliser(logits: tf.Tensor, peak: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """Return the log of the sum of exp(logits) of each row, given its highest logit.

    p = exp(peak) / sum, so log sum = peak - log p; p is at least 1 / columns, far from underflow.
    TensorFlow's softmax is one fast operation, its reduce_logsumexp is four.

    Args:
        logits: float [..., columns].
        peak: The highest logit, [..., 1].
        column: The column of the highest logit, int32 [..., 1].

    Returns:
        [..., 1].
    """
    probabilities = tf.nn.softmax(logits)
    return peak - tf.math.log(tf.gather(probabilities, column, batch_dims=logits.shape.rank - 1))


def _clip_k(k: Any, values: tf.Tensor) -> Any:
    """Return the minimum of k and the number of columns; an int if both are static."""
    columns = values.shape[-1]
    if isinstance(k, int) and columns is not None:
        return min(k, columns)
    return tf.minimum(k, tf.shape(values)[-1])


def _blocks(logits: tf.Tensor) -> tuple[tf.Tensor, int]:
    """Reshape to [..., blocks, size], padded with -inf to a multiple of the block size."""
    size = _block_size(logits.shape[-1])
    columns = tf.shape(logits)[-1]
    missing = -columns % size
    if logits.shape[-1] is None or logits.shape[-1] % size:
        padding = [[0, 0]] * (logits.shape.rank - 1) + [[0, missing]]
        logits = tf.pad(logits, padding, constant_values=LOWEST)
    outer = tf.shape(logits)[:-1]
    shape = tf.concat([outer, [(columns + missing) // size, size]], 0)
    return tf.reshape(logits, shape), size


def _block_size(columns: int | None) -> int:
    """Return the size nearest to `BLOCK` that divides the columns, or `BLOCK` if there is none."""
    if columns is None:
        return BLOCK
    sizes = sorted(range(BLOCK // 2, 2 * BLOCK + 1), key=lambda size: abs(size - BLOCK))
    return next((size for size in sizes if columns % size == 0), BLOCK)


def _flat(blocks: tf.Tensor) -> tf.Tensor:
    """Reshape [..., k, size] to [..., k * size]."""
    shape = tf.shape(blocks)
    return tf.reshape(blocks, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], 0))
