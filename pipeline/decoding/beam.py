"""Beam search: each step extends the `beam_width` most probable hypotheses of each source.

A finished hypothesis leaves the beam and reduces its width: a source with k finished hypotheses
continues with `beam_width` - k (Sutskever et al. 2014, "Sequence to sequence learning with neural
networks", section 3.2). A source is done when its beam is empty, or when no hypothesis of the beam
can still score higher than the `n_best`-th finished one. All hypotheses in the beam have the same
length and are compared by log-probability.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import (
    ConstraintState,
    advance_constraints,
    constraint_shapes,
    initial_constraints,
    select_parents,
)
from pipeline.decoding.continuations import Continuations, top_tokens
from pipeline.decoding.hypotheses import Hypotheses
from pipeline.decoding.penalties import highest_score, hypothesis_score
from pipeline.decoding.settings import Search
from pipeline.decoding.sources import Sources, keep_rows, max_steps, row_shapes, rows_to_keep
from pipeline.decoding.step import END, PAD, START, Step, Tensors, restore_shapes, state_shapes
from pipeline.decoding.top_k import LOWEST
from pipeline.decoding.trace import BeamRecords, Extended, trace


class Beam(NamedTuple):
    """The unfinished hypotheses.

    Attributes:
        tokens: int32 [rows, n], the last token of each.
        log_probs: float [rows, n], -inf where there is no hypothesis.
        width: int32 [rows], the current beam width of each source.
        best: float [rows, n_best], the highest scores of finished hypotheses, highest first.
        constraints: The state of the rules.
        coverage: float [rows, n, source_length], attention summed over the steps; updated only if
            there is a coverage penalty.
        state: The state of the step function.
    """

    tokens: tf.Tensor
    log_probs: tf.Tensor
    width: tf.Tensor
    best: tf.Tensor
    constraints: ConstraintState
    coverage: tf.Tensor
    state: Tensors


def beam_search(
    step: Step, start: Tensors, sources: Sources, required: tf.Tensor, settings: Search
) -> Hypotheses:
    """Return the `n_best` hypotheses of each source. The arguments are those of `search.search`."""
    batch, steps = tf.size(sources.batch_index), max_steps(sources)

    def unfinished(t: tf.Tensor, beam: Beam, sources: Sources, records: BeamRecords) -> tf.Tensor:
        return (t == 0) | ((t < steps) & (tf.size(sources.batch_index) > 0))

    def advance(
        t: tf.Tensor, beam: Beam, sources: Sources, records: BeamRecords
    ) -> tuple[Any, ...]:
        logits, state, attention = step(beam.tokens, beam.state, sources.fixed)
        beam = beam._replace(state=restore_shapes(state, start))
        candidates = top_tokens(logits, settings.beam_width, t, sources, beam.constraints, settings)
        extended = extend(beam, candidates, settings.beam_width)
        attention = tf.gather_nd(attention, extended.parents)
        beam = add_coverage(beam, extended, attention, settings)
        scores = finished_scores(beam, extended, t + 1, sources, settings)
        records = records.write(t, extended, scores, attention, sources.batch_index, batch)
        return (t + 1, *next_beam(beam, extended, scores, sources, settings), records)

    beam = initial_beam(start, sources, required, settings)
    records = BeamRecords.new(steps, settings.beam_width)
    shapes = (tf.TensorShape([]), beam_shapes(beam), row_shapes(sources), BeamRecords.shapes())
    loop = (tf.constant(0), beam, sources, records)
    t, _, _, records = tf.while_loop(unfinished, advance, loop, shapes)
    return trace(records, t, settings.n_best)


def initial_beam(start: Tensors, sources: Sources, required: tf.Tensor, settings: Search) -> Beam:
    """Return a beam with one hypothesis per source, `<s>`."""
    batch = tf.size(sources.batch_index)
    return Beam(
        tokens=tf.fill([batch, 1], START),
        log_probs=tf.zeros([batch, 1]),
        width=tf.fill([batch], settings.beam_width),
        best=tf.fill([batch, settings.n_best], LOWEST),
        constraints=initial_constraints(required, 1),
        coverage=tf.zeros([batch, 1, tf.shape(sources.padding_mask)[1]]),
        state=dict(start),
    )


def beam_shapes(beam: Beam) -> Beam:
    """Return the shape invariants for `tf.while_loop`: any number of rows and hypotheses."""
    return Beam(
        tokens=tf.TensorShape([None, None]),
        log_probs=tf.TensorShape([None, None]),
        width=tf.TensorShape([None]),
        best=tf.TensorShape([None, beam.best.shape[1]]),
        constraints=constraint_shapes(beam.constraints),
        coverage=tf.TensorShape([None, None, None]),
        state=state_shapes(beam.state),
    )


def extend(beam: Beam, candidates: Continuations, width: int) -> Extended:
    """Select the most probable continuations of each source, up to its current beam width."""
    totals = beam.log_probs[:, :, None] + candidates.log_probs
    rows, n, k = tf.unstack(tf.shape(totals))
    missing = tf.maximum(width - n * k, 0)  # with few columns
    totals = tf.pad(
        tf.reshape(totals, [rows, n * k]), [[0, 0], [0, missing]], constant_values=LOWEST
    )
    log_probs, indices = tf.math.top_k(totals, width)
    log_probs = tf.where(tf.range(width) < beam.width[:, None], log_probs, LOWEST)
    indices = tf.minimum(indices, n * k - 1)
    tokens = tf.gather(tf.reshape(candidates.tokens, [rows, n * k]), indices, batch_dims=1)
    row = tf.zeros_like(indices) + tf.range(rows)[:, None]
    return Extended(
        parents=tf.stack([row, indices // k], -1),
        tokens=tf.where(log_probs > LOWEST, tokens, PAD),
        log_probs=log_probs,
    )


def add_coverage(beam: Beam, extended: Extended, attention: tf.Tensor, settings: Search) -> Beam:
    """Replace the coverage with that of the extended hypotheses, [rows, width, source_length]."""
    if not settings.coverage_penalty:
        return beam
    coverage = tf.gather_nd(beam.coverage, extended.parents) + tf.cast(attention, tf.float32)
    return beam._replace(coverage=coverage)


def finished_scores(
    beam: Beam, extended: Extended, length: tf.Tensor, sources: Sources, settings: Search
) -> tf.Tensor:
    """Return the scores of hypotheses that end at this step, float [rows, width]; else -inf."""
    finished = (extended.tokens == END) | (length >= sources.max_length)[:, None]
    scores = hypothesis_score(
        extended.log_probs, length, beam.coverage, sources.padding_mask, settings
    )
    return tf.where(finished & (extended.log_probs > LOWEST), scores, LOWEST)


def next_beam(
    beam: Beam, extended: Extended, scores: tf.Tensor, sources: Sources, settings: Search
) -> tuple[Beam, Sources]:
    """Return the beam of the next step, without finished hypotheses.

    Sources that are done are removed from time to time; until then their beam is empty.

    Args:
        beam: The tokens, constraints and state of the parents, and the coverage of the extended
            hypotheses.
        extended: The extended hypotheses.
        scores: The scores of finished hypotheses; -inf for the others.
        sources: The sources of all rows.
        settings: Settings of the search.
    """
    finished = scores > LOWEST
    best = tf.math.top_k(tf.concat([beam.best, scores], 1), settings.n_best).values
    log_probs = tf.where(finished, LOWEST, extended.log_probs)
    highest = highest_score(log_probs, sources.max_length, settings.length_penalty)
    done = best[:, -1] >= highest
    log_probs = tf.where(done[:, None], LOWEST, log_probs)
    width = beam.width - tf.reduce_sum(tf.cast(finished, tf.int32), -1)

    kept = rows_to_keep(done)
    parents = tf.gather(extended.parents, kept)
    small = (extended.tokens, log_probs, width, best, beam.coverage)
    small, sources = keep_rows((small, sources), kept, tf.size(done))
    constraints = advance_constraints(
        select_parents(beam.constraints, parents, settings), small[0], settings
    )
    state = {name: tf.gather_nd(tensor, parents) for name, tensor in beam.state.items()}
    tokens, log_probs, width, best, coverage = small
    return Beam(tokens, log_probs, width, best, constraints, coverage, state), sources
