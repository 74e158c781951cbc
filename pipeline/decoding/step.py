"""What is asked of a model: one function that takes every hypothesis a token further.

    logits, state, attention = step(tokens, state, fixed)

- tokens int32 [batch, n]: the last token of each of n hypotheses a source; first `<s>`.
- state: tensors [batch, n, ...], what a hypothesis remembers. `start` is the state before `<s>`,
  [batch, 1, ...]. A tensor may grow along axis 2 if `start` has size 0 or None there.
- fixed: tensors [batch, ...], what holds for a source as long as it is decoded.
- logits float [batch, n, columns]. A column is a token id; with `fixed["candidates"]`, int32
  [batch, columns], it is the token id that stands there (distinct, -1 = none).
- attention float [batch, n, source]: weights over the source's positions; 0 at padding.

The batch shrinks while it is searched, and n is 1 at the first step of a beam: nothing but these
tensors may be tied to a row.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pipeline.errors import InputError

PAD, UNKNOWN, START, END = 0, 1, 2, 3  # token ids
CANDIDATES = "candidates"

Tensors = dict[str, tf.Tensor]
Step = Callable[[tf.Tensor, Tensors, Tensors], tuple[tf.Tensor, Tensors, tf.Tensor]]


def loose_state(state: Tensors) -> Tensors:
    """Shapes of a start state for `tf.while_loop`: any rows, any n; axis 2 may grow from 0."""
    return {name: _loose(tensor.shape) for name, tensor in state.items()}


def as_started(state: Tensors, start: Tensors) -> Tensors:
    """The state with what its start knew of its shape, should the step have lost it.

    Raises:
        InputError: The two do not hold the same tensors.
    """
    if state.keys() != start.keys():
        raise InputError(
            f"the step gives the state {sorted(state)}; expected what it started with,"
            f" {sorted(start)}"
        )
    for name, shape in loose_state(start).items():
        state[name].set_shape(shape)
    return state


def _loose(shape: tf.TensorShape) -> tf.TensorShape:
    rest = list(shape)[2:]
    if rest and rest[0] == 0:
        rest[0] = None
    return tf.TensorShape([None, None, *rest])
