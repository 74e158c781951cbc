"""The score of a hypothesis, and an upper bound for the score of an unfinished one.

Wu et al. 2016, "Google's neural machine translation system", section 7, eq. 14:

    s(Y, X) = log P(Y | X) / lp(Y) + cp(X, Y)
    lp(Y) = (5 + |Y|)^alpha / (5 + 1)^alpha
    cp(X, Y) = beta * sum_i log(min(sum_j p_ij, 1))

|Y| includes `</s>`, as does P; j runs over the same steps. p_ij is the attention of step j to
source position i; positions without attention count as `MIN_ATTENTION`.
"""

from __future__ import annotations

import tensorflow as tf

from pipeline.decoding.settings import Rules

MIN_ATTENTION = 1e-4


def hypothesis_score(
    log_probs: tf.Tensor,
    length: tf.Tensor,
    coverage: tf.Tensor,
    padding_mask: tf.Tensor,
    rules: Rules,
) -> tf.Tensor:
    """Compute the score s of hypotheses, float [rows, n].

    Args:
        log_probs: float [rows, n].
        length: int32, a scalar or [rows, n]; includes `</s>`.
        coverage: float [rows, n, source_length], attention summed over the steps; used only with a
            coverage penalty.
        padding_mask: bool [rows, source_length], True for real tokens; used only with a coverage
            penalty.
        rules: The penalties.
    """
    scores = log_probs / length_factor(length, rules.length_penalty)
    if rules.coverage_penalty:
        scores += rules.coverage_penalty * coverage_term(coverage, padding_mask)
    return scores


def length_factor(length: tf.Tensor, alpha: float) -> tf.Tensor:
    """Compute the divisor lp of lengths, int32 [...] -> float32 [...]."""
    return tf.pow((5.0 + tf.cast(length, tf.float32)) / 6.0, alpha)


def coverage_term(coverage: tf.Tensor, padding_mask: tf.Tensor) -> tf.Tensor:
    """Compute the term cp without its factor beta: float [rows, n], at most 0."""
    logs = tf.math.log(tf.clip_by_value(coverage, MIN_ATTENTION, 1.0))
    return tf.reduce_sum(tf.where(padding_mask[:, None, :], logs, 0.0), -1)


def highest_score(log_probs: tf.Tensor, max_length: tf.Tensor, alpha: float) -> tf.Tensor:
    """Return an upper bound for the scores of extensions of unfinished hypotheses: float [rows].

    Log-probabilities can only decrease and are at most 0, lp is highest at the maximum length, and
    cp is at most 0. Rows without unfinished hypotheses get -inf.

    Args:
        log_probs: float [rows, n] of unfinished hypotheses, -inf where there is none.
        max_length: int32 [rows].
        alpha: Length penalty, at least 0.
    """
    return tf.reduce_max(log_probs, -1) / length_factor(max_length, alpha)
