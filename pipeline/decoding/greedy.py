"""Greedy decoding and sampling: hypotheses that are taken further one by one and never meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import Past, further, loose_past
from pipeline.decoding.continuations import Continuations
from pipeline.decoding.hypotheses import Hypotheses, hypotheses
from pipeline.decoding.penalties import score
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import (
    Sources,
    keep_rows,
    loose_rows,
    most_steps,
    rows_to_keep,
    whole_batch,
)
from pipeline.decoding.step import END, PAD, START, Step, Tensors, as_started, loose_state
from pipeline.decoding.top_k import LOWEST

# (logits [rows, n, columns], t, sources, past) -> what may come next, and which of it comes:
# int32 [rows, n], an index into the continuations.
Choose = Callable[[tf.Tensor, tf.Tensor, Sources, Past], tuple[Continuations, tf.Tensor]]


class Walkers(NamedTuple):
    """The hypotheses.

    Attributes:
        tokens: int32 [rows, n], the last of each.
        alive: bool [rows, n], False once `</s>` has come.
        past: What rules look at.
        state: What the step remembers.
    """

    tokens: tf.Tensor
    alive: tf.Tensor
    past: Past
    state: Tensors


class Path(NamedTuple):
    """TensorArrays, an element a step, of tensors for the whole batch; 0 after the end.

    Attributes:
        tokens: int32 [batch, n].
        log_probs: float [batch, n].
        attention: float [batch, n, source].
    """

    tokens: tf.TensorArray
    log_probs: tf.TensorArray
    attention: tf.TensorArray


def walk(
    step: Step, start: Tensors, sources: Sources, past: Past, rules: Rules, choose: Choose
) -> Hypotheses:
    """So many hypotheses a source as have a past; `choose` says which token comes."""
    n = past.owed.shape[1]
    everything, batch, steps = sources, tf.size(sources.place), most_steps(sources)

    def unfinished(t: tf.Tensor, walkers: Walkers, sources: Sources, path: Path) -> tf.Tensor:
        return (t == 0) | ((t < steps) & (tf.size(sources.place) > 0))

    def advance(t: tf.Tensor, walkers: Walkers, sources: Sources, path: Path) -> tuple[Any, ...]:
        logits, state, attention = step(walkers.tokens, walkers.state, sources.fixed)
        walkers = walkers._replace(state=as_started(state, start))
        found, places = choose(logits, t, sources, walkers.past)
        tokens, log_probs = (
            tf.squeeze(tf.gather(values, places[..., None], batch_dims=2), -1) for values in found
        )
        path = _write(path, t, walkers.alive, tokens, log_probs, attention, sources.place, batch)
        alive = walkers.alive & (tokens != END) & (log_probs > LOWEST)
        alive &= (t + 1 < sources.max_length)[:, None]
        return (t + 1, *_follow(walkers, tokens, alive, sources, rules), path)

    walkers = _first(start, past, n)
    shapes = (tf.TensorShape([]), _loose(walkers), loose_rows(sources), Path(None, None, None))
    loop = (tf.constant(0), walkers, sources, _new_path(steps, n))
    t, _, _, path = tf.while_loop(unfinished, advance, loop, shapes)
    return _arrived(path, t, everything, rules)


def _first(start: Tensors, past: Past, n: int) -> Walkers:
    """Each source's `<s>`, n times."""
    batch = tf.shape(past.owed)[0]
    return Walkers(
        tokens=tf.fill([batch, n], START),
        alive=tf.fill([batch, n], True),
        past=past,
        state={name: tf.repeat(tensor, n, 1) for name, tensor in start.items()},
    )


def _loose(walkers: Walkers) -> Walkers:
    """Their shapes for the loop: any number of rows."""
    return Walkers(
        tokens=tf.TensorShape([None, None]),
        alive=tf.TensorShape([None, None]),
        past=loose_past(walkers.past),
        state=loose_state(walkers.state),
    )


def _new_path(steps: tf.Tensor, n: int) -> Path:
    return Path(
        tf.TensorArray(tf.int32, steps, element_shape=[None, n]),
        tf.TensorArray(tf.float32, steps, element_shape=[None, n]),
        tf.TensorArray(tf.float32, steps, element_shape=[None, n, None]),
    )


def _write(
    path: Path,
    t: tf.Tensor,
    alive: tf.Tensor,
    tokens: tf.Tensor,
    log_probs: tf.Tensor,
    attention: tf.Tensor,
    place: tf.Tensor,
    batch: tf.Tensor,
) -> Path:
    """The path with step t of those that are alive, at their places in the whole batch."""
    tokens, log_probs = tf.where(alive, tokens, PAD), tf.where(alive, log_probs, 0.0)
    attention = tf.where(alive[..., None], tf.cast(attention, tf.float32), 0.0)
    values = (tokens, log_probs, attention)
    whole = (whole_batch(value, place, batch) for value in values)
    return Path(*(array.write(t, value) for array, value in zip(path, whole, strict=True)))


def _follow(
    walkers: Walkers, tokens: tf.Tensor, alive: tf.Tensor, sources: Sources, rules: Rules
) -> tuple[Walkers, Sources]:
    """The next step's hypotheses; now and then without the sources that have no living one."""
    tokens = tf.where(alive, tokens, PAD)
    walkers = Walkers(tokens, alive, further(walkers.past, tokens, rules), walkers.state)
    done = ~tf.reduce_any(alive, -1)
    walkers, sources = keep_rows((walkers, sources), rows_to_keep(done), tf.size(done))
    return walkers, sources


def _arrived(path: Path, steps: tf.Tensor, sources: Sources, rules: Rules) -> Hypotheses:
    """The hypotheses, [steps, batch, n] turned to [batch, n, steps]."""
    tokens, log_probs, attention = (array.gather(tf.range(steps)) for array in path)
    length = tf.reduce_sum(tf.cast(tokens != PAD, tf.int32), 0)
    total, coverage = tf.reduce_sum(log_probs, 0), tf.reduce_sum(attention, 0)
    scores = score(total, length, coverage, sources.padding_mask, rules)
    tokens, attention = tf.transpose(tokens, [1, 2, 0]), tf.transpose(attention, [1, 2, 0, 3])
    return hypotheses(tokens, scores, total, attention)
