"""The records of all steps of a beam search, and tracing hypotheses back through them.

A hypothesis is identified by its last step and its position in the beam there. Its parents lead
back to its first token, so no step has to copy earlier tokens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.hypotheses import Hypotheses, make_hypotheses
from pipeline.decoding.sources import scatter_to_batch
from pipeline.decoding.step import PAD
from pipeline.decoding.top_k import LOWEST


class Extended(NamedTuple):
    """Hypotheses after a step, the most probable first.

    Attributes:
        parents: int32 [rows, width, 2]: row and beam position of each parent hypothesis.
        tokens: int32 [rows, width], the last token of each.
        log_probs: float [rows, width], -inf where there is no hypothesis.
    """

    parents: tf.Tensor
    tokens: tf.Tensor
    log_probs: tf.Tensor


class BeamRecords(NamedTuple):
    """The records of all steps: TensorArrays with a tensor for the whole batch per step.

    Attributes:
        parents, tokens: int32 [batch, width].
        log_probs: float [batch, width].
        scores: float [batch, width], -inf unless the hypothesis ends at this step.
        attention: [batch, width, source_length], of the step that produced the token.
    """

    parents: tf.TensorArray
    tokens: tf.TensorArray
    log_probs: tf.TensorArray
    scores: tf.TensorArray
    attention: tf.TensorArray

    @classmethod
    def new(cls, steps: tf.Tensor, width: int) -> BeamRecords:
        """Create empty records for a number of steps."""

        def array(dtype: tf.DType, *sizes: int | None) -> tf.TensorArray:
            return tf.TensorArray(dtype, steps, element_shape=[None, width, *sizes])

        return cls(
            parents=array(tf.int32),
            tokens=array(tf.int32),
            log_probs=array(tf.float32),
            scores=array(tf.float32),
            attention=array(tf.float32, None),
        )

    @classmethod
    def shapes(cls) -> BeamRecords:
        """Return shape invariants for `tf.while_loop`; TensorArrays need none."""
        return cls(None, None, None, None, None)

    def write(
        self,
        t: tf.Tensor,
        extended: Extended,
        scores: tf.Tensor,
        attention: tf.Tensor,
        batch_index: tf.Tensor,
        batch: tf.Tensor,
    ) -> BeamRecords:
        """Write step t; row i of its tensors is row `batch_index[i]` of the batch."""

        def put(array: tf.TensorArray, values: tf.Tensor, empty: float = 0) -> tf.TensorArray:
            return array.write(t, scatter_to_batch(values, batch_index, batch, empty))

        return BeamRecords(
            put(self.parents, extended.parents[..., 1]),
            put(self.tokens, extended.tokens, PAD),
            put(self.log_probs, extended.log_probs),
            put(self.scores, scores, LOWEST),
            put(self.attention, tf.cast(attention, tf.float32)),
        )


def trace(records: BeamRecords, steps: tf.Tensor, n_best: int) -> Hypotheses:
    """Return the hypotheses with the highest scores; among equal scores, the first to end.

    Args:
        records: The records of the search.
        steps: Number of recorded steps, an int32 scalar, at least 1.
        n_best: Number of hypotheses per source, at most the beam width.
    """
    parents, tokens, log_probs, scores, attention = (
        array.gather(tf.range(steps)) for array in records
    )
    best, ends, positions = _ends(scores, n_best)
    path = _path(parents, ends, positions)
    tokens = tf.gather(tokens, path, batch_dims=2)
    before_end = tf.range(steps)[:, None, None] <= ends
    attention = tf.gather(attention, path, batch_dims=2)
    total = tf.gather(_by_row(log_probs), ends * tf.shape(scores)[2] + positions, batch_dims=1)
    return make_hypotheses(
        tf.transpose(tf.where(before_end, tokens, PAD), [1, 2, 0]),
        best,
        total,
        tf.transpose(attention, [1, 2, 0, 3]),
    )


def _by_row(values: tf.Tensor) -> tf.Tensor:
    """Reshape [steps, batch, width] to [batch, steps * width]."""
    steps, batch, width = tf.unstack(tf.shape(values))
    return tf.reshape(tf.transpose(values, [1, 0, 2]), [batch, steps * width])


def _ends(scores: tf.Tensor, n_best: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the highest scores with their steps and beam positions: all [batch, n_best]."""
    best, indices = tf.math.top_k(_by_row(scores), n_best)
    width = tf.shape(scores)[2]
    return best, indices // width, indices % width


def _path(parents: tf.Tensor, ends: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """Return the beam position of each hypothesis at each step, int32 [steps, batch, n_best]."""
    steps = tf.shape(parents)[0]

    def back(t: tf.Tensor, positions: tf.Tensor, path: tf.TensorArray) -> tuple[Any, ...]:
        before = tf.gather(parents[t], positions, batch_dims=1)
        return t - 1, tf.where(t <= ends, before, positions), path.write(t, positions)

    path = tf.TensorArray(tf.int32, steps, element_shape=positions.shape)
    loop = (steps - 1, positions, path)
    return tf.while_loop(lambda t, *_: t >= 0, back, loop)[2].stack()
