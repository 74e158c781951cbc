"""Beam search: the `beam_width` likeliest hypotheses of each source are taken a token further.

A hypothesis that ends leaves the beam, and its place with it: a source with k ended ones goes on
with `beam_width` - k (Sutskever et al. 2014, "Sequence to sequence learning with neural networks",
section 3.2). It is done when none is left, or when none left can still have a higher score than its
`n_best`-th ended one. Within the beam all are of one length and go by log-probability.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import Past, first_past, further, loose_past, of_parents
from pipeline.decoding.continuations import Continuations, likeliest
from pipeline.decoding.hypotheses import Hypotheses
from pipeline.decoding.penalties import highest_score, score
from pipeline.decoding.settings import Search
from pipeline.decoding.sources import Sources, keep_rows, loose_rows, most_steps, rows_to_keep
from pipeline.decoding.step import END, PAD, START, Step, Tensors, as_started, loose_state
from pipeline.decoding.top_k import LOWEST
from pipeline.decoding.trace import Grown, Records, trace


class Beam(NamedTuple):
    """The unfinished hypotheses.

    Attributes:
        tokens: int32 [rows, n], the last of each.
        log_probs: float [rows, n], -inf where there is no hypothesis.
        room: int32 [rows], how many may be unfinished.
        best: float [rows, n_best], the highest scores of ended ones, highest first.
        past: What rules look at.
        coverage: float [rows, n, source], attention summed over the steps; not kept up where no
            penalty needs it.
        state: What the step remembers.
    """

    tokens: tf.Tensor
    log_probs: tf.Tensor
    room: tf.Tensor
    best: tf.Tensor
    past: Past
    coverage: tf.Tensor
    state: Tensors


def beam_search(
    step: Step, start: Tensors, sources: Sources, owed: tf.Tensor, settings: Search
) -> Hypotheses:
    """The `n_best` hypotheses of each source. Arguments as in `search.search`."""
    batch, steps = tf.size(sources.place), most_steps(sources)

    def unfinished(t: tf.Tensor, beam: Beam, sources: Sources, records: Records) -> tf.Tensor:
        return (t == 0) | ((t < steps) & (tf.size(sources.place) > 0))

    def advance(t: tf.Tensor, beam: Beam, sources: Sources, records: Records) -> tuple[Any, ...]:
        logits, state, attention = step(beam.tokens, beam.state, sources.fixed)
        beam = beam._replace(state=as_started(state, start))
        found = likeliest(logits, settings.beam_width, t, sources, beam.past, settings)
        grown = grow(beam, found, settings.beam_width)
        attention = tf.gather_nd(attention, grown.parents)
        beam = add_coverage(beam, grown, attention, settings)
        scores = ended_scores(beam, grown, t + 1, sources, settings)
        records = records.write(t, grown, scores, attention, sources.place, batch)
        return (t + 1, *follow(beam, grown, scores, sources, settings), records)

    beam = first_beam(start, sources, owed, settings)
    records = Records.new(steps, settings.beam_width)
    shapes = (tf.TensorShape([]), loose_beam(beam), loose_rows(sources), Records.shapes())
    loop = (tf.constant(0), beam, sources, records)
    t, _, _, records = tf.while_loop(unfinished, advance, loop, shapes)
    return trace(records, t, settings.n_best)


def first_beam(start: Tensors, sources: Sources, owed: tf.Tensor, settings: Search) -> Beam:
    """One hypothesis a source, `<s>`."""
    batch = tf.size(sources.place)
    return Beam(
        tokens=tf.fill([batch, 1], START),
        log_probs=tf.zeros([batch, 1]),
        room=tf.fill([batch], settings.beam_width),
        best=tf.fill([batch, settings.n_best], LOWEST),
        past=first_past(owed, 1),
        coverage=tf.zeros([batch, 1, tf.shape(sources.padding_mask)[1]]),
        state=dict(start),
    )


def loose_beam(beam: Beam) -> Beam:
    """Its shapes for the loop: any number of rows and hypotheses."""
    return Beam(
        tokens=tf.TensorShape([None, None]),
        log_probs=tf.TensorShape([None, None]),
        room=tf.TensorShape([None]),
        best=tf.TensorShape([None, beam.best.shape[1]]),
        past=loose_past(beam.past),
        coverage=tf.TensorShape([None, None, None]),
        state=loose_state(beam.state),
    )


def grow(beam: Beam, found: Continuations, width: int) -> Grown:
    """The likeliest of all continuations of a source, as many as it has room for."""
    totals = beam.log_probs[:, :, None] + found.log_probs
    rows, n, k = tf.unstack(tf.shape(totals))
    missing = tf.maximum(width - n * k, 0)  # there may be few columns
    totals = tf.pad(
        tf.reshape(totals, [rows, n * k]), [[0, 0], [0, missing]], constant_values=LOWEST
    )
    log_probs, places = tf.math.top_k(totals, width)
    log_probs = tf.where(tf.range(width) < beam.room[:, None], log_probs, LOWEST)
    places = tf.minimum(places, n * k - 1)
    tokens = tf.gather(tf.reshape(found.tokens, [rows, n * k]), places, batch_dims=1)
    row = tf.zeros_like(places) + tf.range(rows)[:, None]
    return Grown(
        parents=tf.stack([row, places // k], -1),
        tokens=tf.where(log_probs > LOWEST, tokens, PAD),
        log_probs=log_probs,
    )


def add_coverage(beam: Beam, grown: Grown, attention: tf.Tensor, settings: Search) -> Beam:
    """The beam with the coverage of the grown hypotheses, [rows, width, source]."""
    if not settings.coverage_penalty:
        return beam
    coverage = tf.gather_nd(beam.coverage, grown.parents) + tf.cast(attention, tf.float32)
    return beam._replace(coverage=coverage)


def ended_scores(
    beam: Beam, grown: Grown, length: tf.Tensor, sources: Sources, settings: Search
) -> tf.Tensor:
    """Scores of the hypotheses that end here, float [rows, width]; -inf for the others."""
    ended = (grown.tokens == END) | (length >= sources.max_length)[:, None]
    scores = score(grown.log_probs, length, beam.coverage, sources.padding_mask, settings)
    return tf.where(ended & (grown.log_probs > LOWEST), scores, LOWEST)


def follow(
    beam: Beam, grown: Grown, scores: tf.Tensor, sources: Sources, settings: Search
) -> tuple[Beam, Sources]:
    """The beam of the next step: ended hypotheses go, and so do, now and then, sources.

    A source that is done and still stands in the batch has no hypothesis any more.

    Args:
        beam: Tokens, past and state of the parents; coverage of the grown.
        grown: Its hypotheses.
        scores: Of those that have ended; else -inf.
        sources: The rows of all of these.
        settings: Of the search.
    """
    ended = scores > LOWEST
    best = tf.math.top_k(tf.concat([beam.best, scores], 1), settings.n_best).values
    log_probs = tf.where(ended, LOWEST, grown.log_probs)
    highest = highest_score(log_probs, sources.max_length, settings.length_penalty)
    done = best[:, -1] >= highest
    log_probs = tf.where(done[:, None], LOWEST, log_probs)
    room = beam.room - tf.reduce_sum(tf.cast(ended, tf.int32), -1)

    kept = rows_to_keep(done)
    parents = tf.gather(grown.parents, kept)
    small = (grown.tokens, log_probs, room, best, beam.coverage)
    small, sources = keep_rows((small, sources), kept, tf.size(done))
    past = further(of_parents(beam.past, parents, settings), small[0], settings)
    state = {name: tf.gather_nd(tensor, parents) for name, tensor in beam.state.items()}
    tokens, log_probs, room, best, coverage = small
    return Beam(tokens, log_probs, room, best, past, coverage, state), sources
