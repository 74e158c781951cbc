"""The highest of many logits, and what all of them sum to, without sorting or dividing them all."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

FEW = 256  # columns that are sorted at once
BLOCK = 32  # columns in a block, or near it: with 8,000 of them the two sorts are then alike

LOWEST = float("-inf")


def top_columns(logits: tf.Tensor, k: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """The k highest logits of each row, highest first, and their columns.

    The k highest stand in the k blocks whose own highest are the highest. Finding those takes one
    fast pass; sorting goes over block maxima and over k blocks, not over all columns.

    Args:
        logits: float [..., columns].
        k: An int or a scalar tensor; where it is more than there are columns, all are given.

    Returns:
        values [..., k]; columns int32 [..., k], within range also where the value is -inf.
    """
    columns, k = logits.shape[-1], _at_most(k, logits)
    if columns is not None and (columns <= FEW or (isinstance(k, int) and k * BLOCK >= columns)):
        values, places = tf.math.top_k(logits, k)
        return values, places
    blocks, size = _blocks(logits)
    outer = logits.shape.rank - 1
    peaks = tf.reduce_max(blocks, -1)
    _, best = tf.math.top_k(peaks, _at_most(k, peaks))
    values, places = tf.math.top_k(_flat(tf.gather(blocks, best, batch_dims=outer)), k)
    found = tf.gather(best, places // size, batch_dims=outer) * size + places % size
    return values, tf.minimum(found, tf.shape(logits)[-1] - 1)  # not a column of the filling


def log_normaliser(logits: tf.Tensor, peak: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """The log of the sum of exp of each row, from its highest logit and where that stands.

    p = exp(peak) / sum, so log sum = peak - log p; p is at least 1 / columns, far from underflow.
    TensorFlow's softmax is one fast operation, its reduce_logsumexp is four.

    Args:
        logits: float [..., columns].
        peak: [..., 1].
        column: int32 [..., 1].

    Returns:
        [..., 1].
    """
    probabilities = tf.nn.softmax(logits)
    return peak - tf.math.log(tf.gather(probabilities, column, batch_dims=logits.shape.rank - 1))


def _at_most(k: Any, values: tf.Tensor) -> Any:
    """K or the number of columns, whichever is less; an int where both are known."""
    columns = values.shape[-1]
    if isinstance(k, int) and columns is not None:
        return min(k, columns)
    return tf.minimum(k, tf.shape(values)[-1])


def _blocks(logits: tf.Tensor) -> tuple[tf.Tensor, int]:
    """[..., blocks, size], filled up with -inf where the columns are no multiple of the size."""
    size = _block_size(logits.shape[-1])
    columns = tf.shape(logits)[-1]
    missing = -columns % size
    if logits.shape[-1] is None or logits.shape[-1] % size:
        filling = [[0, 0]] * (logits.shape.rank - 1) + [[0, missing]]
        logits = tf.pad(logits, filling, constant_values=LOWEST)
    outer = tf.shape(logits)[:-1]
    shape = tf.concat([outer, [(columns + missing) // size, size]], 0)
    return tf.reshape(logits, shape), size


def _block_size(columns: int | None) -> int:
    """The size near `BLOCK` that divides the columns, else `BLOCK`."""
    if columns is None:
        return BLOCK
    sizes = sorted(range(BLOCK // 2, 2 * BLOCK + 1), key=lambda size: abs(size - BLOCK))
    return next((size for size in sizes if columns % size == 0), BLOCK)


def _flat(blocks: tf.Tensor) -> tf.Tensor:
    """[..., k, size] as [..., k * size]."""
    shape = tf.shape(blocks)
    return tf.reshape(blocks, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], 0))
