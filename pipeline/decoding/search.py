"""The two doors: the best translations, and drawn ones."""

from __future__ import annotations

import functools

import tensorflow as tf

from pipeline.decoding.beam import beam_search
from pipeline.decoding.constraints import Past, first_past
from pipeline.decoding.continuations import Continuations, likeliest
from pipeline.decoding.draws import draw_token, with_draws
from pipeline.decoding.greedy import walk
from pipeline.decoding.hypotheses import Hypotheses
from pipeline.decoding.settings import Rules, Sampling, Search
from pipeline.decoding.sources import Sources, all_sources
from pipeline.decoding.step import Step, Tensors


def search(
    step: Step,
    start: Tensors,
    fixed: Tensors,
    settings: Search,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None = None,
    padding_mask: tf.Tensor | None = None,
    owed: tf.Tensor | None = None,
) -> Hypotheses:
    """The `n_best` hypotheses of each source, found by beam search; greedily with beam_width 1.

    Args:
        step: See `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        settings: Of the search.
        max_length: int32 [batch], tokens a hypothesis may have, `</s>` counted; at least 1. One
            that has so many without `</s>` is cut: not `finished`.
        min_length: int32 [batch], tokens before `</s>` may come; None = 0.
        padding_mask: bool [batch, source], True = a real token; for the coverage penalty alone.
        owed: int32 [batch, m], tokens that each hypothesis has exactly once, none of them twice; 0
            = none. `</s>` may not come before all of them have. None = no such tokens.

    Raises:
        InputError: A padding mask is needed and not given, or the step's state is another than
            its start.
    """
    sources = all_sources(fixed, settings, max_length, min_length, padding_mask)
    owed = _owed(sources, owed)
    if settings.beam_width > 1:
        return beam_search(step, start, sources, owed, settings)
    choose = functools.partial(_likeliest, rules=settings)
    return walk(step, start, sources, first_past(owed, 1), settings, choose)


def sample(
    step: Step,
    start: Tensors,
    fixed: Tensors,
    settings: Sampling,
    seed: tf.Tensor,
    max_length: tf.Tensor,
    min_length: tf.Tensor | None = None,
    padding_mask: tf.Tensor | None = None,
    owed: tf.Tensor | None = None,
) -> Hypotheses:
    """`samples` hypotheses of each source, drawn token by token, in the order of drawing.

    Their log-probabilities are the model's, whatever was left to draw from. The same seed gives the
    same hypotheses, alone and in any batch.

    Args:
        step: See `step`.
        start: The state before `<s>`, tensors [batch, 1, ...].
        fixed: Tensors [batch, ...].
        settings: What is drawn from.
        seed: int32 [2], or [batch, 2]. With [2] equal sources get equal hypotheses.
        max_length: As in `search`, and so are the rest.
        min_length: int32 [batch] or None.
        padding_mask: bool [batch, source] or None.
        owed: int32 [batch, m] or None.
    """
    sources = all_sources(fixed, settings, max_length, min_length, padding_mask)
    sources = with_draws(sources, seed, settings.samples)
    choose = functools.partial(draw_token, settings=settings)
    past = first_past(_owed(sources, owed), settings.samples)
    return walk(step, start, sources, past, settings, choose)


def _owed(sources: Sources, owed: tf.Tensor | None) -> tf.Tensor:
    """Of no size where nothing is owed, so that no rule is asked."""
    if owed is None:
        return tf.zeros([tf.size(sources.place), 0], tf.int32)
    return tf.pad(owed, [[0, 0], [0, 1]])  # no source may owe anything: gather_nd takes no nothing


def _likeliest(
    logits: tf.Tensor, t: tf.Tensor, sources: Sources, past: Past, rules: Rules
) -> tuple[Continuations, tf.Tensor]:
    """A `walk.Choose`: the likeliest token."""
    found = likeliest(logits, 1, t, sources, past, rules)
    return found, tf.argmax(found.log_probs, -1, output_type=tf.int32)
