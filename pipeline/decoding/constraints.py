"""The state that rules need of a hypothesis: its tokens, and the tokens that it must contain."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from pipeline.decoding.settings import Rules
from pipeline.decoding.step import END, PAD, START


class ConstraintState(NamedTuple):
    """The state of the rules for each hypothesis.

    Attributes:
        history: int32 [rows, n, 1 + t], `<s>` and all tokens; updated only if a rule needs it.
        required: int32 [rows, n, m], tokens that occur exactly once: id if the token has not
            occurred yet, -id if it has, 0 for padding.
    """

    history: tf.Tensor
    required: tf.Tensor


def initial_constraints(required: tf.Tensor, n: int) -> ConstraintState:
    """Return the state before the first token.

    Args:
        required: int32 [batch, m], tokens that each hypothesis contains once; 0 for padding.
        n: Hypotheses per source.
    """
    batch = tf.shape(required)[0]
    return ConstraintState(tf.fill([batch, n, 1], START), tf.tile(required[:, None], [1, n, 1]))


def constraint_shapes(constraints: ConstraintState) -> ConstraintState:
    """Return the shape invariants for `tf.while_loop`: any number of rows and hypotheses."""
    history = tf.TensorShape([None, None, None])
    return ConstraintState(history, tf.TensorShape([None, None, constraints.required.shape[2]]))


def has_required(constraints: ConstraintState) -> bool:
    """Return whether there may be required tokens."""
    return bool(constraints.required.shape[2] != 0)


def select_parents(
    constraints: ConstraintState, parents: tf.Tensor, rules: Rules
) -> ConstraintState:
    """Return the state of the hypotheses at `parents`, int32 [rows, n, 2]."""
    history = (
        tf.gather_nd(constraints.history, parents) if rules.no_repeat_ngram else constraints.history
    )
    return ConstraintState(
        history,
        tf.gather_nd(constraints.required, parents)
        if has_required(constraints)
        else constraints.required,
    )


def advance_constraints(
    constraints: ConstraintState, tokens: tf.Tensor, rules: Rules
) -> ConstraintState:
    """Return the state after one more token of each hypothesis, int32 [rows, n]."""
    history = constraints.history
    if rules.no_repeat_ngram:
        history = tf.concat([history, tokens[:, :, None]], 2)
    if not has_required(constraints):
        return ConstraintState(history, constraints.required)
    occurs = constraints.required == tokens[:, :, None]
    return ConstraintState(history, tf.where(occurs, -constraints.required, constraints.required))


def violates(constraints: ConstraintState, tokens: tf.Tensor) -> tf.Tensor:
    """Return which tokens [rows, n, k] repeat a required token, or end before all have occurred."""
    repeated = tf.reduce_any(tokens[..., None] == -constraints.required[:, :, None, :], -1)
    incomplete = tf.reduce_any(constraints.required > 0, -1)
    return (repeated & (tokens != PAD)) | ((tokens == END) & incomplete[:, :, None])
