"""The log-probability of a given target, by the step function that search uses."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.step import CANDIDATES, PAD, START, Step, Tensors, as_started, loose_state
from pipeline.decoding.top_k import LOWEST


class Scored(NamedTuple):
    """Log-probabilities, float32.

    Attributes:
        total: [batch].
        tokens: [batch, target_length], 0 at padding; their sum is the total.
    """

    total: tf.Tensor
    tokens: tf.Tensor


def score(step: Step, start: Tensors, fixed: Tensors, targets: tf.Tensor) -> Scored:
    """The log-probability of each target given its source.

    Args:
        step: See `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        targets: int32 [batch, target_length] without `<s>`; `</s>` counts where it stands. Padded
            with 0. A token that is no candidate of its source has the probability 0.
    """
    targets = tf.cast(targets, tf.int32)
    batch, length = tf.unstack(tf.shape(targets))

    def advance(
        t: tf.Tensor, last: tf.Tensor, state: Tensors, log_probs: tf.Tensor
    ) -> tuple[Any, ...]:
        logits, state, _ = step(last, state, fixed)
        tokens = targets[:, t]
        found = _log_probs(tf.cast(logits[:, 0], tf.float32), tokens, fixed.get(CANDIDATES))
        found = tf.where(tokens != PAD, found, 0.0)
        log_probs = tf.concat([log_probs, found[:, None]], 1)
        return t + 1, tokens[:, None], as_started(state, start), log_probs

    loop = (tf.constant(0), tf.fill([batch, 1], START), dict(start), tf.zeros([batch, 0]))
    any_rows = tf.TensorShape([None, None])
    shapes = (tf.TensorShape([]), any_rows, loose_state(start), any_rows)
    log_probs = tf.while_loop(lambda t, *_: t < length, advance, loop, shapes)[3]
    return Scored(tf.reduce_sum(log_probs, -1), log_probs)


def _log_probs(logits: tf.Tensor, tokens: tf.Tensor, candidates: tf.Tensor | None) -> tf.Tensor:
    """Log-probabilities of tokens int32 [batch] by logits [batch, columns], float [batch]."""
    if candidates is None:
        return tf.gather(tf.nn.log_softmax(logits), tokens, batch_dims=1)
    logits = tf.where(candidates >= 0, logits, LOWEST)
    log_probs = tf.nn.log_softmax(logits)
    return tf.reduce_max(tf.where(candidates == tokens[:, None], log_probs, LOWEST), -1)
