"""The likeliest tokens that may come next, with their log-probabilities."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import Past, owes, refuses
from pipeline.decoding.repeats import most_repeats, repeats
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import Sources
from pipeline.decoding.step import CANDIDATES, END
from pipeline.decoding.top_k import LOWEST, log_normaliser, top_columns


class Continuations(NamedTuple):
    """Tokens after each hypothesis: int32 and float32 [rows, n, k].

    What may not come has the log-probability -inf. The others have the model's own, by the softmax
    over all columns: rules take nothing from the denominator.
    """

    tokens: tf.Tensor
    log_probs: tf.Tensor


def likeliest(
    logits: tf.Tensor, number: int, t: tf.Tensor, sources: Sources, past: Past, rules: Rules
) -> Continuations:
    """At least the `number` likeliest tokens that are allowed, likeliest first, and more.

    So many more are looked at as may be forbidden; then no logit needs to be overwritten, which
    would copy them all.

    Args:
        logits: float [rows, n, columns].
        number: How many are wanted.
        t: How many tokens the hypotheses have, an int32 scalar.
        sources: Their candidates and minimum lengths.
        past: Of the hypotheses.
        rules: What is forbidden.
    """
    logits = _real(logits, sources)
    forbidden = len(rules.forbidden) + 1  # </s> below the minimum length
    repeated = _repeated(past, rules)
    spare: Any = forbidden if repeated is None else forbidden + most_repeats(repeated)
    spare = spare + tf.shape(past.owed)[2] if owes(past) else spare  # those that have come
    cut = rules.below is not None and CANDIDATES not in sources.fixed
    values, columns = top_columns(logits[..., : rules.below] if cut else logits, number + spare)
    peak, column = top_columns(logits, 1) if cut else (values[..., :1], columns[..., :1])
    normaliser = log_normaliser(logits, peak, column)
    tokens = _tokens(columns, sources)
    allowed = _allowed(tokens, t, sources, past, repeated, rules) & (values > LOWEST)
    return Continuations(tokens, tf.where(allowed, values - normaliser, LOWEST))


def every(
    logits: tf.Tensor, t: tf.Tensor, sources: Sources, past: Past, rules: Rules
) -> Continuations:
    """All tokens, in the order of the columns. Arguments as above."""
    logits = _real(logits, sources)
    columns = tf.zeros_like(logits, tf.int32) + tf.range(tf.shape(logits)[-1])
    tokens = _tokens(columns, sources)
    repeated = _repeated(past, rules)
    allowed = _allowed(tokens, t, sources, past, repeated, rules) & (logits > LOWEST)
    return Continuations(tokens, tf.where(allowed, tf.nn.log_softmax(logits), LOWEST))


def _real(logits: tf.Tensor, sources: Sources) -> tf.Tensor:
    """The logits as float32, -inf in columns where no candidate stands."""
    logits = tf.cast(logits, tf.float32)
    if CANDIDATES not in sources.fixed:
        return logits
    return tf.where(sources.fixed[CANDIDATES][:, None, :] >= 0, logits, LOWEST)


def _tokens(columns: tf.Tensor, sources: Sources) -> tf.Tensor:
    """The token ids of columns, int32 [rows, n, k]."""
    if CANDIDATES not in sources.fixed:
        return columns
    return tf.gather(sources.fixed[CANDIDATES], columns, batch_dims=1)


def _repeated(past: Past, rules: Rules) -> tf.Tensor | None:
    """What would be an n-gram a second time, int32 [rows, n, places], -1 = nothing."""
    size = rules.no_repeat_ngram
    return repeats(past.history[:, :, 1:], size) if size else None


def _allowed(
    tokens: tf.Tensor,
    t: tf.Tensor,
    sources: Sources,
    past: Past,
    repeated: tf.Tensor | None,
    rules: Rules,
) -> tf.Tensor:
    """Which of the tokens [rows, n, k] may come next, bool."""
    refused = tf.reduce_any(tokens[..., None] == tf.constant(rules.forbidden, tf.int32), -1)
    if rules.below is not None:
        refused |= tokens >= rules.below
    refused |= (tokens == END) & (t < sources.min_length)[:, None, None]
    if owes(past):
        refused |= refuses(past, tokens)
    if repeated is not None:
        refused |= tf.reduce_any(tokens[..., None] == repeated[:, :, None, :], -1)
    return ~refused
