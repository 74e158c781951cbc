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
Encode = Callable[[Any], Any]


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
        encode: From a padded batch of examples to what `model.fit` takes.
        batch_size: Rows a batch; the last one of a bucket may have fewer.
        seed: Of the order.
        buffer: Examples held in memory to draw from.
        first_epoch: Counted from 0.
        epochs: The epoch to stop before.
    """

    def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_fold_in(tf.constant([seed, 0], tf.int64), epoch)
        shuffled = examples.shuffle(buffer, seed=order[0], reshuffle_each_iteration=False)
        mixed = _bucketed(shuffled, length, batch_size)
        return mixed.shuffle(64, seed=order[1], reshuffle_each_iteration=False)

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
