"""The score of a hypothesis, and the highest score that an unfinished one can reach.

Wu et al. 2016, "Google's neural machine translation system", section 7, eq. 14:

    s(Y, X) = log P(Y | X) / lp(Y) + cp(X, Y)
    lp(Y) = (5 + |Y|)^alpha / (5 + 1)^alpha
    cp(X, Y) = beta * sum_i log(min(sum_j p_ij, 1))

|Y| counts `</s>`, whose probability is in P; j goes over the same steps. p_ij is the attention of
step j to source position i; a position that never got any counts as `LEAST_ATTENTION`.
"""

from __future__ import annotations

import tensorflow as tf

from pipeline.decoding.settings import Rules

LEAST_ATTENTION = 1e-4


def score(
    log_probs: tf.Tensor,
    length: tf.Tensor,
    coverage: tf.Tensor,
    padding_mask: tf.Tensor,
    rules: Rules,
) -> tf.Tensor:
    """The score s of hypotheses, float [rows, n].

    Args:
        log_probs: float [rows, n].
        length: int32, a scalar or [rows, n]; `</s>` is counted.
        coverage: float [rows, n, source], attention summed over the steps.
        padding_mask: bool [rows, source]; True = a real token.
        rules: Their penalties. Without one for coverage the two before are not looked at.
    """
    scores = log_probs / length_factor(length, rules.length_penalty)
    if rules.coverage_penalty:
        scores += rules.coverage_penalty * coverage_term(coverage, padding_mask)
    return scores


def length_factor(length: tf.Tensor, alpha: float) -> tf.Tensor:
    """The divisor lp of lengths, int32 [...] -> float32 [...]."""
    return tf.pow((5.0 + tf.cast(length, tf.float32)) / 6.0, alpha)


def coverage_term(coverage: tf.Tensor, padding_mask: tf.Tensor) -> tf.Tensor:
    """The term cp without its factor beta: float [rows, n], at most 0. Arguments as above."""
    logs = tf.math.log(tf.clip_by_value(coverage, LEAST_ATTENTION, 1.0))
    return tf.reduce_sum(tf.where(padding_mask[:, None, :], logs, 0.0), -1)


def highest_score(log_probs: tf.Tensor, max_length: tf.Tensor, alpha: float) -> tf.Tensor:
    """No hypothesis that begins like these can have a higher score: float [rows].

    Its log-probability can only fall and is at most 0, lp is highest at the maximum length, and cp
    is at most 0. Rows without an unfinished hypothesis get -inf.

    Args:
        log_probs: float [rows, n] of the unfinished ones, -inf where there is none.
        max_length: int32 [rows].
        alpha: Length penalty, at least 0.
    """
    return tf.reduce_max(log_probs, -1) / length_factor(max_length, alpha)
