"""The tokens that would repeat an n-gram."""

from __future__ import annotations

import tensorflow as tf

NONE = -1


def repeating_tokens(history: tf.Tensor, n: int) -> tf.Tensor:
    """Return the next tokens that would repeat an n-gram of the history.

    These are the tokens that followed each earlier occurrence of the last n - 1 tokens.

    Args:
        history: int32 [rows, hypotheses, t], the tokens so far, all of the same length.
        n: Order of the n-grams, at least 1.

    Returns:
        int32 [rows, hypotheses, at most t - n + 1], with -1 where nothing is repeated.
    """
    followers = history[:, :, n - 1 :]
    length, positions = tf.shape(history)[2], tf.shape(followers)[2]
    same = tf.ones_like(followers, tf.bool)
    for offset in range(n - 1):
        last = length - n + 1 + offset  # negative in a short history, which has no followers
        same &= history[:, :, offset : offset + positions] == history[:, :, last : last + 1]
    return tf.where(same, followers, NONE)


def max_repeats(repeated: tf.Tensor) -> tf.Tensor:
    """Return the largest number of such tokens of any hypothesis, an int32 scalar."""
    counts = tf.reduce_sum(tf.cast(repeated != NONE, tf.int32), -1)
    return tf.maximum(tf.reduce_max(counts), 0)  # the maximum of an empty tensor is -2^31
