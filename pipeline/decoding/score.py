"""The log-probability of a given target, with the step function of the search."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.step import (
    CANDIDATES,
    PAD,
    START,
    Step,
    Tensors,
    restore_shapes,
    state_shapes,
)
from pipeline.decoding.top_k import LOWEST


class TargetScores(NamedTuple):
    """Log-probabilities, float32.

    Attributes:
        total: [batch].
        tokens: [batch, target_length], one per token, 0 at padding; their sum is `total`.
    """

    total: tf.Tensor
    tokens: tf.Tensor


def score_targets(step: Step, start: Tensors, fixed: Tensors, targets: tf.Tensor) -> TargetScores:
    """Compute the log-probability of each target given its source.

    Args:
        step: See the module `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        targets: int32 [batch, target_length], without `<s>`, usually with `</s>`, padded with 0. A
            token that is not a candidate of its source has the probability 0.
    """
    targets = tf.cast(targets, tf.int32)
    batch, length = tf.unstack(tf.shape(targets))

    def advance(
        t: tf.Tensor, last: tf.Tensor, state: Tensors, log_probs: tf.Tensor
    ) -> tuple[Any, ...]:
        logits, state, _ = step(last, state, fixed)
        tokens = targets[:, t]
        new = _log_probs(tf.cast(logits[:, 0], tf.float32), tokens, fixed.get(CANDIDATES))
        new = tf.where(tokens != PAD, new, 0.0)
        log_probs = tf.concat([log_probs, new[:, None]], 1)
        return t + 1, tokens[:, None], restore_shapes(state, start), log_probs

    loop = (tf.constant(0), tf.fill([batch, 1], START), dict(start), tf.zeros([batch, 0]))
    any_rows = tf.TensorShape([None, None])
    shapes = (tf.TensorShape([]), any_rows, state_shapes(start), any_rows)
    log_probs = tf.while_loop(lambda t, *_: t < length, advance, loop, shapes)[3]
    return TargetScores(tf.reduce_sum(log_probs, -1), log_probs)


def _log_probs(logits: tf.Tensor, tokens: tf.Tensor, candidates: tf.Tensor | None) -> tf.Tensor:
    """Return the log-probabilities of tokens int32 [batch], given logits [batch, columns]."""
    if candidates is None:
        return tf.gather(tf.nn.log_softmax(logits), tokens, batch_dims=1)
    logits = tf.where(candidates >= 0, logits, LOWEST)
    log_probs = tf.nn.log_softmax(logits)
    return tf.reduce_max(tf.where(candidates == tokens[:, None], log_probs, LOWEST), -1)
