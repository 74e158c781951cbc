"""The public functions: `search` for the best hypotheses, `sample` for random ones."""

from __future__ import annotations

import functools

import tensorflow as tf

from pipeline.decoding.beam import beam_search
from pipeline.decoding.constraints import ConstraintState, initial_constraints
from pipeline.decoding.continuations import Continuations, top_tokens
from pipeline.decoding.draws import add_random_numbers, draw_token
from pipeline.decoding.greedy import decode
from pipeline.decoding.hypotheses import Hypotheses
from pipeline.decoding.settings import Rules, Sampling, Search
from pipeline.decoding.sources import Sources, make_sources
from pipeline.decoding.step import Step, Tensors


def search(
    step: Step,
    start: Tensors,
    fixed: Tensors,
    settings: Search,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None = None,
    padding_mask: tf.Tensor | None = None,
    required: tf.Tensor | None = None,
) -> Hypotheses:
    """Return the `n_best` hypotheses of each source by beam search, or greedily if beam_width is 1.

    Args:
        step: See the module `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        settings: Settings of the search.
        max_length: int32 [batch], maximum number of tokens including `</s>`; at least 1. A
            hypothesis that reaches it without `</s>` is not `finished`.
        min_length: int32 [batch], minimum number of tokens before `</s>`; None for 0.
        padding_mask: bool [batch, source_length], True for real tokens; only for the coverage
            penalty.
        required: int32 [batch, m], tokens that each finished hypothesis contains exactly once,
            without duplicates, padded with 0. `</s>` is not allowed before all of them have
            occurred. None for no such tokens.

    Raises:
        InputError: A required padding mask is missing, or the tensors of the step's state differ
            from those of `start`.
    """
    sources = make_sources(fixed, settings, max_length, min_length, padding_mask)
    required = _required(sources, required)
    if settings.beam_width > 1:
        return beam_search(step, start, sources, required, settings)
    choose = functools.partial(_most_probable, rules=settings)
    return decode(step, start, sources, initial_constraints(required, 1), settings, choose)


def sample(
    step: Step,
    start: Tensors,
    fixed: Tensors,
    settings: Sampling,
    seed: tf.Tensor,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None = None,
    padding_mask: tf.Tensor | None = None,
    required: tf.Tensor | None = None,
) -> Hypotheses:
    """Draw `samples` hypotheses of each source token by token; they are not sorted.

    Their log-probabilities are those of the model, without temperature, top-k and top-p. The same
    seed gives the same hypotheses in any batch.

    Args:
        step: See the module `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        settings: Settings of the sampling.
        seed: int32 [2], or [batch, 2]. With [2] equal sources get equal hypotheses.
        max_length: int32 [batch], as in `search`.
        min_length: int32 [batch] or None, as in `search`.
        padding_mask: bool [batch, source_length] or None, as in `search`.
        required: int32 [batch, m] or None, as in `search`.
    """
    sources = make_sources(fixed, settings, max_length, min_length, padding_mask)
    sources = add_random_numbers(sources, seed, settings.samples)
    choose = functools.partial(draw_token, settings=settings)
    constraints = initial_constraints(_required(sources, required), settings.samples)
    return decode(step, start, sources, constraints, settings, choose)


def _required(sources: Sources, required: tf.Tensor | None) -> tf.Tensor:
    """Return the required tokens; without any, an axis of static size 0 disables the rule."""
    if required is None:
        return tf.zeros([tf.size(sources.batch_index), 0], tf.int32)
    return tf.pad(required, [[0, 0], [0, 1]])  # gather_nd rejects an empty axis


def _most_probable(
    logits: tf.Tensor, t: tf.Tensor, sources: Sources, constraints: ConstraintState, rules: Rules
) -> tuple[Continuations, tf.Tensor]:
    """Choose the most probable token (a `greedy.Choose`)."""
    candidates = top_tokens(logits, 1, t, sources, constraints, rules)
    return candidates, tf.argmax(candidates.log_probs, -1, output_type=tf.int32)
