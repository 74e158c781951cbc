"""Epochs of batches: shuffled as a function of (seed, epoch) only, bucketed by length.

Rows of like length share a batch, so little is spent on padding. Text is tokenised a whole batch
at a time, by the same ops that serve.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

# Bucket edges in tokens. Close together where most texts are, since a batch costs its longest row.
EDGES = (6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512, 1024)

Length = Callable[[Any], tf.Tensor]
Encode = Callable[[Any, tf.Tensor], Any]


def training_batches(
    examples: tf.data.Dataset,
    length: Length,
    encode: Encode,
    *,
    batch_size: int,
    seed: int,
    buffer: int,
    first_epoch: int,
    epochs: int,
) -> tf.data.Dataset:
    """All batches of the epochs `first_epoch` to `epochs - 1`, one after the other.

    An epoch's order depends on the seed and its number, not on the epochs before it, so a resumed
    run sees what an unbroken one would have seen.

    Args:
        examples: Dicts of tensors, one example each.
        length: `length(example)`: int32 [].
        encode: From a padded batch of examples and a seed (int64 [2], another for every batch of
            every epoch) to what `model.fit` takes.
        batch_size: Rows a batch; the last one of a bucket may have fewer.
        seed: Of the order.
        buffer: Examples held in memory to draw from.
        first_epoch: Counted from 0.
        epochs: The epoch to stop before.
    """
    fold_in = tf.random.experimental.stateless_fold_in

    def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
        tf.random.set_seed(1)  # of this graph; the program's own seed has no say in the order
        # Drawn, not folded in: that would give every epoch the same first number.
        drawn = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.stateless_uniform([2], drawn, None, None, tf.int64)
        shuffled = examples.shuffle(buffer, seed=order[0], reshuffle_each_iteration=False)
        mixed = _bucketed(shuffled, length, batch_size)
        mixed = mixed.shuffle(64, seed=order[1], reshuffle_each_iteration=False)
        return mixed.enumerate().map(lambda index, batch: (batch, fold_in(order, index)))

    batches = tf.data.Dataset.range(first_epoch, epochs).flat_map(epoch_batches)
    return batches.map(encode, tf.data.AUTOTUNE, deterministic=True).prefetch(8)


def batch_count(lengths: Iterable[int], batch_size: int) -> int:
    """Batches an epoch: the sum over buckets of rows / batch size, rounded up."""
    rows = [0] * (len(EDGES) + 1)
    for length in lengths:
        rows[bisect.bisect_right(EDGES, length)] += 1
    return sum(-(-count // batch_size) for count in rows)


def _bucketed(examples: tf.data.Dataset, length: Length, batch_size: int) -> tf.data.Dataset:
    return examples.bucket_by_sequence_length(length, EDGES, [batch_size] * (len(EDGES) + 1))
