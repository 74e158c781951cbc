"""The allowed next tokens of each hypothesis, with their log-probabilities."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import ConstraintState, has_required, violates
from pipeline.decoding.repeats import max_repeats, repeating_tokens
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import Sources
from pipeline.decoding.step import CANDIDATES, END
from pipeline.decoding.top_k import LOWEST, log_normaliser, top_k_columns


class Continuations(NamedTuple):
    """Next tokens of each hypothesis and their log-probabilities: int32 and float32 [rows, n, k].

    Forbidden tokens have the log-probability -inf. The others have that of the model, by the
    softmax over all columns: forbidden tokens stay in the denominator.
    """

    tokens: tf.Tensor
    log_probs: tf.Tensor


def top_tokens(
    logits: tf.Tensor,
    number: int,
    t: tf.Tensor,
    sources: Sources,
    constraints: ConstraintState,
    rules: Rules,
) -> Continuations:
    """Return at least the `number` most probable allowed tokens, most probable first.

    Instead of overwriting forbidden logits, which would copy all logits, as many extra columns are
    selected as may be forbidden.

    Args:
        logits: float [rows, n, columns].
        number: Minimum number of allowed tokens to return.
        t: Number of tokens of the hypotheses, an int32 scalar.
        sources: Candidates and minimum lengths of the sources.
        constraints: State of the rules for each hypothesis.
        rules: The rules.
    """
    logits = _real(logits, sources)
    forbidden = len(rules.forbidden) + 1  # </s> below the minimum length
    repeated = _repeated(constraints, rules)
    spare: Any = forbidden if repeated is None else forbidden + max_repeats(repeated)
    spare = (
        spare + tf.shape(constraints.required)[2] if has_required(constraints) else spare
    )  # those that have occurred
    cut = rules.below is not None and CANDIDATES not in sources.fixed
    values, columns = top_k_columns(logits[..., : rules.below] if cut else logits, number + spare)
    peak, column = top_k_columns(logits, 1) if cut else (values[..., :1], columns[..., :1])
    normaliser = log_normaliser(logits, peak, column)
    tokens = _tokens(columns, sources)
    allowed = _allowed(tokens, t, sources, constraints, repeated, rules) & (values > LOWEST)
    return Continuations(tokens, tf.where(allowed, values - normaliser, LOWEST))


def all_tokens(
    logits: tf.Tensor, t: tf.Tensor, sources: Sources, constraints: ConstraintState, rules: Rules
) -> Continuations:
    """Return all tokens, in the order of the columns. The arguments are those of `top_tokens`."""
    logits = _real(logits, sources)
    columns = tf.zeros_like(logits, tf.int32) + tf.range(tf.shape(logits)[-1])
    tokens = _tokens(columns, sources)
    repeated = _repeated(constraints, rules)
    allowed = _allowed(tokens, t, sources, constraints, repeated, rules) & (logits > LOWEST)
    return Continuations(tokens, tf.where(allowed, tf.nn.log_softmax(logits), LOWEST))


def _real(logits: tf.Tensor, sources: Sources) -> tf.Tensor:
    """Cast the logits to float32, and set columns without a candidate to -inf."""
    logits = tf.cast(logits, tf.float32)
    if CANDIDATES not in sources.fixed:
        return logits
    return tf.where(sources.fixed[CANDIDATES][:, None, :] >= 0, logits, LOWEST)


def _tokens(columns: tf.Tensor, sources: Sources) -> tf.Tensor:
    """Return the token ids of columns, int32 [rows, n, k]."""
    if CANDIDATES not in sources.fixed:
        return columns
    return tf.gather(sources.fixed[CANDIDATES], columns, batch_dims=1)


def _repeated(constraints: ConstraintState, rules: Rules) -> tf.Tensor | None:
    """Return the tokens that would repeat an n-gram, int32 [rows, n, positions], -1 for none."""
    size = rules.no_repeat_ngram
    return repeating_tokens(constraints.history[:, :, 1:], size) if size else None


def _allowed(
    tokens: tf.Tensor,
    t: tf.Tensor,
    sources: Sources,
    constraints: ConstraintState,
    repeated: tf.Tensor | None,
    rules: Rules,
) -> tf.Tensor:
    """Return which of the tokens [rows, n, k] are allowed, bool."""
    forbidden = tf.reduce_any(tokens[..., None] == tf.constant(rules.forbidden, tf.int32), -1)
    if rules.below is not None:
        forbidden |= tokens >= rules.below
    forbidden |= (tokens == END) & (t < sources.min_length)[:, None, None]
    if has_required(constraints):
        forbidden |= violates(constraints, tokens)
    if repeated is not None:
        forbidden |= tf.reduce_any(tokens[..., None] == repeated[:, :, None, :], -1)
    return ~forbidden
