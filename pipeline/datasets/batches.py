"""Epochs of batches: shuffled as a function of (seed, epoch) only, rows of like length together.

An epoch goes by in groups of batches. A group is encoded at once, by the same ops that serve, which
is many times faster than row by row; then its rows are sorted by length and cut into batches, so
little is spent on padding. The length is that of the encoded row: what is redrawn in training
counts as it is drawn. Batches have the same number of rows or, where lengths differ much, about the
same number of tokens; either way as many batches make an epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

GROUP = 32  # batches; rows of a batch differ in length by about 1/32 of what there is

Rows = dict[str, Any]


class Encoder(NamedTuple):
    """From records to what `model.fit` takes, in two steps.

    Attributes:
        encode: From a padded batch of records and a seed (int64 [2]; another for every group of
            every epoch) to tensors or ragged tensors of as many rows; `length`, int32 [rows], is
            what each row costs.
        pad: From some of these rows to (inputs, targets, weights), padded to the longest.
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
    """All batches of the epochs `first_epoch` to `epochs - 1`, one after the other.

    An epoch's order depends on the seed and its number, not on the epochs before it, so a resumed
    run sees what an unbroken one would have seen.

    Args:
        examples: Dicts of tensors, one example each.
        encoder: Of the task.
        batch_size: Rows a batch; the last one of an epoch may have fewer. With `by_tokens` it is
            the mean over the batches of a group.
        seed: Of the order, and of what the encoder draws.
        buffer: Examples held in memory to draw from.
        first_epoch: Counted from 0.
        epochs: The epoch to stop before.
        by_tokens: Batches of like length in all, padding included, not of as many rows.
    """

    def epoch_groups(epoch: tf.Tensor) -> tf.data.Dataset:
        tf.random.set_seed(1)  # of this graph; the program's own seed has no say in the order
        # Drawn, not folded in: that would give every epoch the same first number.
        drawn = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.stateless_uniform([2], drawn, None, None, tf.int64)
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
    """All examples once, in order, encoded as in training; what is drawn is the same each time."""
    seed = tf.constant([0, 0], tf.int64)
    return examples.padded_batch(batch_size).map(
        lambda group: encoder.pad(encoder.encode(group, seed))
    )


def batch_count(examples: int, batch_size: int) -> int:
    """Batches an epoch."""
    return -(-examples // batch_size)


def _cut(rows: Rows, seed: tf.Tensor, batch_size: int, by_tokens: bool) -> tf.data.Dataset:
    """Batches of rows of like length, in the order that the seed says."""
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
    """Where each of `count` batches begins, so that all have about as many tokens.

    Args:
        lengths: int32 [rows], ascending; at least `count` rows.
        count: Of the batches.
    """
    total = tf.cumsum(tf.cast(lengths, tf.float32) + 1.0)  # an empty row costs something, too
    shares = tf.cast(tf.range(count), tf.float32) / tf.cast(count, tf.float32)
    edges = tf.searchsorted(total, shares * total[-1], side="right")
    # Each batch gets a row at least: one row may be longer than all others together.
    number = tf.range(count)
    free = tf.where(number[:, None] >= number, edges - number, 0)
    edges = number + tf.reduce_max(free, axis=1)
    return tf.minimum(edges, tf.size(lengths) - count + number)


def _fold_in(seed: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_fold_in(seed, number)
