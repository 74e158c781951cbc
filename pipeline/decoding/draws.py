"""Which token is drawn: temperature, the likeliest k, the likeliest share p."""

from __future__ import annotations

import tensorflow as tf

from pipeline.decoding.constraints import Past
from pipeline.decoding.continuations import Continuations, every, likeliest
from pipeline.decoding.settings import Sampling
from pipeline.decoding.sources import Sources, most_steps
from pipeline.decoding.top_k import LOWEST

ALMOST = 1 - 1e-6  # a number just below 1 times the sum, rounded, would be past the last token


def with_draws(sources: Sources, seed: tf.Tensor, samples: int) -> Sources:
    """The sources with the random numbers that they need, each from its own seed.

    A source's numbers depend on its seed and its maximum length, not on its place in the batch or
    on what stands beside it.

    Args:
        sources: The whole batch.
        seed: int32 [2], the same for every source, or [batch, 2].
        samples: Hypotheses a source.
    """
    steps, batch = most_steps(sources), tf.size(sources.place)
    seed = tf.broadcast_to(tf.cast(seed, tf.int32), [batch, 2])

    def draw(seed_and_length: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        own_seed, length = seed_and_length
        numbers = tf.random.stateless_uniform([length, samples], own_seed)
        return tf.pad(numbers, [[0, steps - length], [0, 0]])

    # One row more, as map_fn cannot put together the results of none.
    seeds, lengths = tf.pad(seed, [[0, 1], [0, 0]]), tf.pad(sources.max_length, [[0, 1]])
    shape = tf.TensorSpec([None, samples], tf.float32)
    draws = tf.map_fn(draw, (seeds, lengths), fn_output_signature=shape)
    return sources._replace(draws=draws[:batch])


def draw_token(
    logits: tf.Tensor, t: tf.Tensor, sources: Sources, past: Past, settings: Sampling
) -> tuple[Continuations, tf.Tensor]:
    """A `walk.Choose`: a token is drawn from what the settings leave."""
    if settings.top_k == 0 and settings.top_p == 1:
        found = every(logits, t, sources, past, settings)
    else:
        number = settings.top_k or logits.shape[-1] or tf.shape(logits)[-1]
        found = likeliest(logits, number, t, sources, past, settings)
    shares = chances(found.log_probs, settings)
    return found, pick(shares, sources.draws[:, t])


def chances(log_probs: tf.Tensor, settings: Sampling) -> tf.Tensor:
    """What each token is drawn with, in parts of their sum.

    Args:
        log_probs: float [..., k], -inf where a token is not allowed; the others best first, unless
            neither top_k nor top_p is set.
        settings: Temperature, top_k, top_p.

    Returns:
        float [..., k], 0 where a token is not drawn.
    """
    allowed = log_probs > LOWEST
    if settings.top_k:
        allowed &= tf.cumsum(tf.cast(allowed, tf.int32), -1) <= settings.top_k
    peak = tf.reduce_max(log_probs, -1, keepdims=True)
    shares = tf.where(allowed, tf.exp((log_probs - peak) / settings.temperature), 0.0)
    if settings.top_p < 1:
        likelier = tf.cumsum(shares, -1, exclusive=True)
        total = tf.reduce_sum(shares, -1, keepdims=True)
        shares = tf.where(likelier < settings.top_p * total, shares, 0.0)
    return shares


def pick(shares: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """The index at which the running sum of the shares passes the drawn part of their total.

    Args:
        shares: float [..., k].
        draws: float [...] in [0, 1).

    Returns:
        int32 [...].
    """
    sums = tf.cumsum(shares, -1)
    passed = sums <= draws[..., None] * sums[..., -1:] * ALMOST
    index = tf.reduce_sum(tf.cast(passed, tf.int32), -1)
    return tf.minimum(index, tf.shape(shares)[-1] - 1)  # where there is none to draw
