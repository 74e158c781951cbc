"""What comes out of a search."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from pipeline.decoding.step import END, PAD
from pipeline.decoding.top_k import LOWEST


class Hypotheses(NamedTuple):
    """Hypotheses of each source; from a search the best first.

    Where there are fewer than asked for, the rest have length 0 and the score -inf.

    Attributes:
        tokens: int32 [batch, n, target_length], without `</s>`, 0 after the last.
        lengths: int32 [batch, n].
        scores: float32 [batch, n], with the penalties (`penalties`).
        log_probs: float32 [batch, n], the log-probability, with that of `</s>`.
        finished: bool [batch, n]; False = cut at the maximum length, `</s>` did not come.
        attention: float [batch, n, target_length, source], 0 after the last token.
    """

    tokens: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    log_probs: tf.Tensor
    finished: tf.Tensor
    attention: tf.Tensor


def hypotheses(
    tokens: tf.Tensor, scores: tf.Tensor, log_probs: tf.Tensor, attention: tf.Tensor
) -> Hypotheses:
    """Cuts off what stands behind the last token, and what is longer than the longest.

    Args:
        tokens: int32 [batch, n, steps], with `</s>`, then 0.
        scores: float32 [batch, n], -inf where there is no hypothesis.
        log_probs: float32 [batch, n].
        attention: float [batch, n, steps, source].
    """
    real = (tokens != PAD) & (tokens != END) & (scores > LOWEST)[..., None]
    lengths = tf.reduce_sum(tf.cast(real, tf.int32), -1)
    longest = tf.maximum(tf.reduce_max(lengths), 0)
    real, attention = real[:, :, :longest], attention[:, :, :longest]
    return Hypotheses(
        tokens=tf.where(real, tokens[:, :, :longest], PAD),
        lengths=lengths,
        scores=scores,
        log_probs=tf.where(scores > LOWEST, log_probs, LOWEST),
        finished=tf.reduce_any(tokens == END, -1) & (scores > LOWEST),
        attention=tf.where(real[..., None], attention, tf.zeros([], attention.dtype)),
    )
