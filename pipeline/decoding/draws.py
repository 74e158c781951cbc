"""Drawing a token, with temperature, top-k and top-p."""

from __future__ import annotations

import tensorflow as tf

from pipeline.decoding.constraints import ConstraintState
from pipeline.decoding.continuations import Continuations, all_tokens, top_tokens
from pipeline.decoding.settings import Sampling
from pipeline.decoding.sources import Sources, max_steps
from pipeline.decoding.top_k import LOWEST

ALMOST_ONE = 1 - 1e-6  # keeps a draw close to 1 from being rounded past the last token


def add_random_numbers(sources: Sources, seed: tf.Tensor, samples: int) -> Sources:
    """Add the random numbers for sampling to the sources, each from its own seed.

    The numbers of a source depend on its seed and its maximum length only, not on the batch.

    Args:
        sources: The sources of the whole batch.
        seed: int32 [2], the same for all sources, or [batch, 2].
        samples: Hypotheses per source.
    """
    steps, batch = max_steps(sources), tf.size(sources.batch_index)
    seed = tf.broadcast_to(tf.cast(seed, tf.int32), [batch, 2])

    def draw(seed_and_length: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        own_seed, length = seed_and_length
        numbers = tf.random.stateless_uniform([length, samples], own_seed)
        return tf.pad(numbers, [[0, steps - length], [0, 0]])

    # One extra row, because map_fn cannot stack zero results.
    seeds, lengths = tf.pad(seed, [[0, 1], [0, 0]]), tf.pad(sources.max_length, [[0, 1]])
    shape = tf.TensorSpec([None, samples], tf.float32)
    draws = tf.map_fn(draw, (seeds, lengths), fn_output_signature=shape)
    return sources._replace(draws=draws[:batch])


def draw_token(
    logits: tf.Tensor,
    t: tf.Tensor,
    sources: Sources,
    constraints: ConstraintState,
    settings: Sampling,
) -> tuple[Continuations, tf.Tensor]:
    """Draw a token with the given settings (a `greedy.Choose`)."""
    if settings.top_k == 0 and settings.top_p == 1:
        candidates = all_tokens(logits, t, sources, constraints, settings)
    else:
        number = settings.top_k or logits.shape[-1] or tf.shape(logits)[-1]
        candidates = top_tokens(logits, number, t, sources, constraints, settings)
    weights = sampling_weights(candidates.log_probs, settings)
    return candidates, sample_index(weights, sources.draws[:, t])


def sampling_weights(log_probs: tf.Tensor, settings: Sampling) -> tf.Tensor:
    """Compute the unnormalised probabilities of drawing each token.

    Args:
        log_probs: float [..., k], -inf for forbidden tokens; the others most probable first if
            top_k or top_p is set.
        settings: Temperature, top_k, top_p.

    Returns:
        float [..., k], 0 for tokens that cannot be drawn.
    """
    allowed = log_probs > LOWEST
    if settings.top_k:
        allowed &= tf.cumsum(tf.cast(allowed, tf.int32), -1) <= settings.top_k
    peak = tf.reduce_max(log_probs, -1, keepdims=True)
    weights = tf.where(allowed, tf.exp((log_probs - peak) / settings.temperature), 0.0)
    if settings.top_p < 1:
        before = tf.cumsum(weights, -1, exclusive=True)
        total = tf.reduce_sum(weights, -1, keepdims=True)
        weights = tf.where(before < settings.top_p * total, weights, 0.0)
    return weights


def sample_index(weights: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Return the index where the cumulative weight exceeds the drawn fraction of the total.

    Args:
        weights: float [..., k].
        draws: float [...] in [0, 1).

    Returns:
        int32 [...].
    """
    sums = tf.cumsum(weights, -1)
    passed = sums <= draws[..., None] * sums[..., -1:] * ALMOST_ONE
    index = tf.reduce_sum(tf.cast(passed, tf.int32), -1)
    return tf.minimum(index, tf.shape(weights)[-1] - 1)  # if no token can be drawn
