"""The result of decoding."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from pipeline.decoding.step import END, PAD
from pipeline.decoding.top_k import LOWEST


class Hypotheses(NamedTuple):
    """The hypotheses of each source; a search returns the best first.

    If there are fewer hypotheses than requested, the rest have length 0 and the score -inf.

    Attributes:
        tokens: int32 [batch, n, target_length], without `</s>`, padded with 0.
        lengths: int32 [batch, n].
        scores: float32 [batch, n], including penalties (see `penalties`).
        log_probs: float32 [batch, n], the log-probability, including `</s>`.
        finished: bool [batch, n]; False if the maximum length was reached without `</s>`.
        attention: float [batch, n, target_length, source_length], 0 after the last token.
    """

    tokens: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    log_probs: tf.Tensor
    finished: tf.Tensor
    attention: tf.Tensor


def make_hypotheses(
    tokens: tf.Tensor, scores: tf.Tensor, log_probs: tf.Tensor, attention: tf.Tensor
) -> Hypotheses:
    """Create `Hypotheses`: remove `</s>` and trim to the longest hypothesis.

    Args:
        tokens: int32 [batch, n, steps], with `</s>`, then 0.
        scores: float32 [batch, n], -inf where there is no hypothesis.
        log_probs: float32 [batch, n].
        attention: float [batch, n, steps, source_length].
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
