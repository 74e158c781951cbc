"""The tokens that would write an n-gram a second time."""

from __future__ import annotations

import tensorflow as tf

NONE = -1


def repeats(history: tf.Tensor, n: int) -> tf.Tensor:
    """What may not come next if no n tokens in a row may come twice.

    Wherever the last n - 1 tokens have stood before, the token that came after them is given.

    Args:
        history: int32 [rows, hypotheses, t], the tokens so far, all of one length.
        n: At least 1.

    Returns:
        int32 [rows, hypotheses, at most t - n + 1], with -1 where nothing is repeated.
    """
    followers = history[:, :, n - 1 :]
    length, places = tf.shape(history)[2], tf.shape(followers)[2]
    same = tf.ones_like(followers, tf.bool)
    for at in range(n - 1):
        last = length - n + 1 + at  # below 0 in a short history: then there are no followers
        same &= history[:, :, at : at + places] == history[:, :, last : last + 1]
    return tf.where(same, followers, NONE)


def most_repeats(repeated: tf.Tensor) -> tf.Tensor:
    """The largest number of them that any hypothesis has, an int32 scalar."""
    counts = tf.reduce_sum(tf.cast(repeated != NONE, tf.int32), -1)
    return tf.maximum(tf.reduce_max(counts), 0)  # of no hypotheses the maximum is -2^31
