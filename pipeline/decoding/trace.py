"""What a beam search has written down at each step, and the hypotheses read back from it.

A hypothesis is known by where it ended. From there its parents lead back to its first token, so
that no step has to copy what was written before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.hypotheses import Hypotheses, hypotheses
from pipeline.decoding.sources import whole_batch
from pipeline.decoding.step import PAD
from pipeline.decoding.top_k import LOWEST


class Grown(NamedTuple):
    """Hypotheses after a step, the likeliest first.

    Attributes:
        parents: int32 [rows, width, 2]: row and number of the hypothesis that each has grown from.
        tokens: int32 [rows, width], the last of each.
        log_probs: float [rows, width], -inf where there is no hypothesis.
    """

    parents: tf.Tensor
    tokens: tf.Tensor
    log_probs: tf.Tensor


class Records(NamedTuple):
    """TensorArrays, an element a step, of tensors for the whole batch.

    Attributes:
        parents, tokens: int32 [batch, width].
        log_probs: float [batch, width].
        scores: float [batch, width], -inf unless the hypothesis has ended here.
        attention: [batch, width, source], of the step that gave the token.
    """

    parents: tf.TensorArray
    tokens: tf.TensorArray
    log_probs: tf.TensorArray
    scores: tf.TensorArray
    attention: tf.TensorArray

    @classmethod
    def new(cls, steps: tf.Tensor, width: int) -> Records:
        """Room for so many steps."""

        def room(kind: tf.DType, *sizes: int | None) -> tf.TensorArray:
            return tf.TensorArray(kind, steps, element_shape=[None, width, *sizes])

        return cls(
            parents=room(tf.int32),
            tokens=room(tf.int32),
            log_probs=room(tf.float32),
            scores=room(tf.float32),
            attention=room(tf.float32, None),
        )

    @classmethod
    def shapes(cls) -> Records:
        """Their shapes for `tf.while_loop`, which a TensorArray knows itself."""
        return cls(None, None, None, None, None)

    def write(
        self,
        t: tf.Tensor,
        grown: Grown,
        scores: tf.Tensor,
        attention: tf.Tensor,
        place: tf.Tensor,
        batch: tf.Tensor,
    ) -> Records:
        """Writes step t, whose tensors have the rows `place` of the batch."""

        def put(array: tf.TensorArray, values: tf.Tensor, empty: float = 0) -> tf.TensorArray:
            return array.write(t, whole_batch(values, place, batch, empty))

        return Records(
            put(self.parents, grown.parents[..., 1]),
            put(self.tokens, grown.tokens, PAD),
            put(self.log_probs, grown.log_probs),
            put(self.scores, scores, LOWEST),
            put(self.attention, tf.cast(attention, tf.float32)),
        )


def trace(records: Records, steps: tf.Tensor, n_best: int) -> Hypotheses:
    """The hypotheses of highest score, of equal ones that which ended first.

    Args:
        records: Written so far.
        steps: How many steps they hold, an int32 scalar, at least 1.
        n_best: Wanted, at most the width.
    """
    parents, tokens, log_probs, scores, attention = (
        array.gather(tf.range(steps)) for array in records
    )
    best, ends, numbers = _ends(scores, n_best)
    path = _path(parents, ends, numbers)
    tokens = tf.gather(tokens, path, batch_dims=2)
    before_end = tf.range(steps)[:, None, None] <= ends
    attention = tf.gather(attention, path, batch_dims=2)
    total = tf.gather(_by_row(log_probs), ends * tf.shape(scores)[2] + numbers, batch_dims=1)
    return hypotheses(
        tf.transpose(tf.where(before_end, tokens, PAD), [1, 2, 0]),
        best,
        total,
        tf.transpose(attention, [1, 2, 0, 3]),
    )


def _by_row(values: tf.Tensor) -> tf.Tensor:
    """[steps, batch, width] as [batch, steps * width]."""
    steps, batch, width = tf.unstack(tf.shape(values))
    return tf.reshape(tf.transpose(values, [1, 0, 2]), [batch, steps * width])


def _ends(scores: tf.Tensor, n_best: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The highest scores, and at which step and number they stand: all [batch, n_best]."""
    best, places = tf.math.top_k(_by_row(scores), n_best)
    width = tf.shape(scores)[2]
    return best, places // width, places % width


def _path(parents: tf.Tensor, ends: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Which number a hypothesis had at each step, int32 [steps, batch, n_best]."""
    steps = tf.shape(parents)[0]

    def back(t: tf.Tensor, numbers: tf.Tensor, path: tf.TensorArray) -> tuple[Any, ...]:
        before = tf.gather(parents[t], numbers, batch_dims=1)
        return t - 1, tf.where(t <= ends, before, numbers), path.write(t, numbers)

    path = tf.TensorArray(tf.int32, steps, element_shape=numbers.shape)
    loop = (steps - 1, numbers, path)
    return tf.while_loop(lambda t, *_: t >= 0, back, loop)[2].stack()
