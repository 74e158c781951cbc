"""What rules have to know of a hypothesis: its tokens, and what it still owes."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from pipeline.decoding.settings import Rules
from pipeline.decoding.step import END, PAD, START


class Past(NamedTuple):
    """Of each hypothesis.

    Attributes:
        history: int32 [rows, n, 1 + t], `<s>` and all tokens; not kept up where no rule needs it.
        owed: int32 [rows, n, m], tokens that come once: t where t is still to come, -t where it
            has come, 0 for none.
    """

    history: tf.Tensor
    owed: tf.Tensor


def first_past(owed: tf.Tensor, n: int) -> Past:
    """Before the first token, of n hypotheses a source.

    Args:
        owed: int32 [batch, m], tokens that a source's hypotheses have once; 0 = none.
        n: Hypotheses a source.
    """
    batch = tf.shape(owed)[0]
    return Past(tf.fill([batch, n, 1], START), tf.tile(owed[:, None], [1, n, 1]))


def loose_past(past: Past) -> Past:
    """Its shapes for `tf.while_loop`: any number of rows and hypotheses."""
    history = tf.TensorShape([None, None, None])
    return Past(history, tf.TensorShape([None, None, past.owed.shape[2]]))


def owes(past: Past) -> bool:
    """Whether anything may be owed."""
    return bool(past.owed.shape[2] != 0)


def of_parents(past: Past, parents: tf.Tensor, rules: Rules) -> Past:
    """Of the hypotheses at `parents`, int32 [rows, n, 2]."""
    history = tf.gather_nd(past.history, parents) if rules.no_repeat_ngram else past.history
    return Past(history, tf.gather_nd(past.owed, parents) if owes(past) else past.owed)


def further(past: Past, tokens: tf.Tensor, rules: Rules) -> Past:
    """After one more token of each, int32 [rows, n]."""
    history = past.history
    if rules.no_repeat_ngram:
        history = tf.concat([history, tokens[:, :, None]], 2)
    if not owes(past):
        return Past(history, past.owed)
    comes = past.owed == tokens[:, :, None]
    return Past(history, tf.where(comes, -past.owed, past.owed))


def refuses(past: Past, tokens: tf.Tensor) -> tf.Tensor:
    """Which tokens [rows, n, k] would come a second time, or end what still owes something."""
    again = tf.reduce_any(tokens[..., None] == -past.owed[:, :, None, :], -1)
    open_still = tf.reduce_any(past.owed > 0, -1)
    return (again & (tokens != PAD)) | ((tokens == END) & open_still[:, :, None])
