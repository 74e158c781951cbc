"""The interface of a model: a function that extends each hypothesis by one token.

    logits, state, attention = step(tokens, state, fixed)

- tokens int32 [batch, n]: the last token of each of n hypotheses per source; first `<s>`.
- state: tensors [batch, n, ...], the decoder state of each hypothesis. `start` is the state before
  `<s>`, [batch, 1, ...]. A tensor may extend along axis 2 if `start` has size 0 or None there.
- fixed: tensors [batch, ...] that are constant while a source is decoded.
- logits float [batch, n, columns]. A column is a token id; with `fixed["candidates"]`, int32
  [batch, columns], column i is the token id `candidates[i]` (distinct, -1 = none).
- attention float [batch, n, source_length]: weights over the source positions; 0 at padding.

The batch shrinks during the search, and n is 1 at the first step of beam search, so only these
tensors may depend on the row.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from pipeline.errors import InputError

PAD, UNKNOWN, START, END = 0, 1, 2, 3  # token ids
CANDIDATES = "candidates"

Tensors = dict[str, tf.Tensor]
Step = Callable[[tf.Tensor, Tensors, Tensors], tuple[tf.Tensor, Tensors, tf.Tensor]]


def state_shapes(state: Tensors) -> Tensors:
    """Return the shape invariants of a state for `tf.while_loop`: any batch, any n, growing axis 2.

    Axis 2 may extend only if the given state has size 0 there.
    """
    return {name: _state_shape(tensor.shape) for name, tensor in state.items()}


def restore_shapes(state: Tensors, start: Tensors) -> Tensors:
    """Restore the static shapes of the start state, which a step may have lost.

    Raises:
        InputError: The two states do not have the same tensors.
    """
    if state.keys() != start.keys():
        raise InputError(
            f"the step returned the state {sorted(state)}; expected the tensors of the start state,"
            f" {sorted(start)}"
        )
    for name, shape in state_shapes(start).items():
        state[name].set_shape(shape)
    return state


def _state_shape(shape: tf.TensorShape) -> tf.TensorShape:
    rest = list(shape)[2:]
    if rest and rest[0] == 0:
        rest[0] = None
    return tf.TensorShape([None, None, *rest])
