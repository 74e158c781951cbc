"""Epochs of batches, shuffled as a function of (seed, epoch) only and bucketed by length.

An epoch is processed in groups of batches. Each group is encoded at once with the ops that also
serve, which is many times faster than encoding row by row. Its rows are then sorted by encoded
length and cut into batches, which keeps padding small. Random augmentation happens during encoding,
so it affects the length. Batches have the same number of rows or, if lengths vary a lot, about the
same number of tokens. Both ways give the same number of batches per epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

GROUP = 32  # batches; lengths within a batch span about 1/32 of the lengths in the group

Rows = dict[str, Any]


class Encoder(NamedTuple):
    """The two steps that turn records into the input of `model.fit`.

    Attributes:
        encode: Maps a padded batch of records and a seed (int64 [2], different for every group of
            every epoch) to tensors or ragged tensors with the same number of rows. Its entry
            `length`, int32 [rows], is the cost of each row.
        pad: Maps some of these rows to (inputs, targets, weights), padded to the longest row.
    """

    encode: Callable[[Rows, tf.Tensor], Rows]
    pad: Callable[[Rows], Any]


def training_batches(
    examples: tf.data.Dataset,
    encoder: Encoder,
    *,
    batch_size: int,
    seed: int,
    buffer: int,
    first_epoch: int,
    epochs: int,
    by_tokens: bool = False,
) -> tf.data.Dataset:
    """Return all batches of the epochs `first_epoch` to `epochs - 1`, in sequence.

    The order within an epoch depends only on the seed and the epoch number, so a resumed run sees
    the same batches as an uninterrupted one.

    Args:
        examples: Dicts of tensors, one example each.
        encoder: The task's encoder.
        batch_size: Rows per batch; the last batch of an epoch may have fewer. With `by_tokens` it
            is the mean over the batches of a group.
        seed: Seed of the order and of the encoder's random draws.
        buffer: Size of the shuffle buffer, in examples.
        first_epoch: The first epoch, counted from 0.
        epochs: The epoch to stop before.
        by_tokens: Whether to balance batches by number of tokens instead of number of rows.
    """

    def epoch_groups(epoch: tf.Tensor) -> tf.data.Dataset:
        tf.random.set_seed(1)  # this graph's seed, so that the global seed does not affect order
        # Draw the seed instead of folding in the epoch: all epochs would share the first number.
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.stateless_uniform([2], epoch_seed, None, None, tf.int64)
        shuffled = examples.shuffle(buffer, seed=order[0], reshuffle_each_iteration=False)
        groups = shuffled.padded_batch(batch_size * GROUP)
        return groups.enumerate().map(lambda index, group: (group, _fold_in(order, index)))

    def encode(group: Rows, seed: tf.Tensor) -> tuple[Rows, tf.Tensor]:
        return encoder.encode(group, seed), _fold_in(seed, tf.constant(0, tf.int64))

    groups = tf.data.Dataset.range(first_epoch, epochs).flat_map(epoch_groups)
    encoded = groups.map(encode, tf.data.AUTOTUNE, deterministic=True).prefetch(1)
    batches = encoded.flat_map(lambda rows, seed: _cut(rows, seed, batch_size, by_tokens))
    return batches.map(encoder.pad, tf.data.AUTOTUNE, deterministic=True).prefetch(8)


def held_out_batches(
    examples: tf.data.Dataset, encoder: Encoder, batch_size: int
) -> tf.data.Dataset:
    """Return all examples once, in order, encoded as in training but with a fixed seed."""
    seed = tf.constant([0, 0], tf.int64)
    return examples.padded_batch(batch_size).map(
        lambda group: encoder.pad(encoder.encode(group, seed))
    )


def batch_count(examples: int, batch_size: int) -> int:
    """Return the number of batches per epoch."""
    return -(-examples // batch_size)


def _cut(rows: Rows, seed: tf.Tensor, batch_size: int, by_tokens: bool) -> tf.data.Dataset:
    """Cut rows into batches of similar length, shuffled with the seed."""
    by_length = tf.argsort(rows["length"], stable=True)
    edges = tf.range(0, tf.size(by_length), batch_size)
    if by_tokens:
        edges = _edges(tf.gather(rows["length"], by_length), tf.size(edges))
    edges = tf.concat([edges, [tf.size(by_length)]], axis=0)
    places = tf.range(tf.size(edges) - 1)
    places = tf.random.experimental.stateless_shuffle(places, seed=seed)

    def batch(place: tf.Tensor) -> Rows:
        chosen = by_length[edges[place] : edges[place + 1]]
        return {name: tf.gather(column, chosen) for name, column in rows.items()}

    return tf.data.Dataset.from_tensor_slices(places).map(batch)


def _edges(lengths: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Return the first row of each of `count` batches with about equal numbers of tokens.

    Args:
        lengths: int32 [rows], ascending; at least `count` rows.
        count: The number of batches.
    """
    total = tf.cumsum(tf.cast(lengths, tf.float32) + 1.0)  # an empty row has a cost, too
    shares = tf.cast(tf.range(count), tf.float32) / tf.cast(count, tf.float32)
    edges = tf.searchsorted(total, shares * total[-1], side="right")
    # Give each batch at least one row: one row may be longer than all others together.
    number = tf.range(count)
    free = tf.where(number[:, None] >= number, edges - number, 0)
    edges = number + tf.reduce_max(free, axis=1)
    return tf.minimum(edges, tf.size(lengths) - count + number)


def _fold_in(seed: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_fold_in(seed, number)
