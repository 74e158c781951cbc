"""The loop of greedy decoding and sampling, where hypotheses are independent of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from pipeline.decoding.constraints import ConstraintState, advance_constraints, constraint_shapes
from pipeline.decoding.continuations import Continuations
from pipeline.decoding.hypotheses import Hypotheses, make_hypotheses
from pipeline.decoding.penalties import hypothesis_score
from pipeline.decoding.settings import Rules
from pipeline.decoding.sources import (
    Sources,
    keep_rows,
    max_steps,
    row_shapes,
    rows_to_keep,
    scatter_to_batch,
)
from pipeline.decoding.step import END, PAD, START, Step, Tensors, restore_shapes, state_shapes
from pipeline.decoding.top_k import LOWEST

# (logits [rows, n, columns], t, sources, state) -> continuations, and the index of the chosen one,
# int32 [rows, n].
Choose = Callable[[tf.Tensor, tf.Tensor, Sources, ConstraintState], tuple[Continuations, tf.Tensor]]


class LoopState(NamedTuple):
    """The hypotheses during the loop.

    Attributes:
        tokens: int32 [rows, n], the last token of each.
        alive: bool [rows, n], False after `</s>`.
        constraints: The state of the rules.
        state: The state of the step function.
    """

    tokens: tf.Tensor
    alive: tf.Tensor
    constraints: ConstraintState
    state: Tensors


class StepOutputs(NamedTuple):
    """The outputs of all steps: TensorArrays with a tensor for the whole batch per step.

    Values after the end of a hypothesis are 0.

    Attributes:
        tokens: int32 [batch, n].
        log_probs: float [batch, n].
        attention: float [batch, n, source_length].
    """

    tokens: tf.TensorArray
    log_probs: tf.TensorArray
    attention: tf.TensorArray


def decode(
    step: Step,
    start: Tensors,
    sources: Sources,
    constraints: ConstraintState,
    rules: Rules,
    choose: Choose,
) -> Hypotheses:
    """Decode each source; `choose` selects the next token of each hypothesis.

    The number of hypotheses per source is that of the initial constraints.
    """
    n = constraints.required.shape[1]
    all_rows, batch, steps = sources, tf.size(sources.batch_index), max_steps(sources)

    def unfinished(
        t: tf.Tensor, current: LoopState, sources: Sources, outputs: StepOutputs
    ) -> tf.Tensor:
        return (t == 0) | ((t < steps) & (tf.size(sources.batch_index) > 0))

    def advance(
        t: tf.Tensor, current: LoopState, sources: Sources, outputs: StepOutputs
    ) -> tuple[Any, ...]:
        logits, state, attention = step(current.tokens, current.state, sources.fixed)
        current = current._replace(state=restore_shapes(state, start))
        candidates, index = choose(logits, t, sources, current.constraints)
        tokens, log_probs = (
            tf.squeeze(tf.gather(values, index[..., None], batch_dims=2), -1)
            for values in candidates
        )
        outputs = _write_step(
            outputs, t, current.alive, tokens, log_probs, attention, sources.batch_index, batch
        )
        alive = current.alive & (tokens != END) & (log_probs > LOWEST)
        alive &= (t + 1 < sources.max_length)[:, None]
        return (t + 1, *_next_step(current, tokens, alive, sources, rules), outputs)

    current = _initial_state(start, constraints, n)
    shapes = (
        tf.TensorShape([]),
        _loop_shapes(current),
        row_shapes(sources),
        StepOutputs(None, None, None),
    )
    loop = (tf.constant(0), current, sources, _empty_outputs(steps, n))
    t, _, _, outputs = tf.while_loop(unfinished, advance, loop, shapes)
    return _result(outputs, t, all_rows, rules)


def _initial_state(start: Tensors, constraints: ConstraintState, n: int) -> LoopState:
    """Return n hypotheses per source that consist of `<s>`."""
    batch = tf.shape(constraints.required)[0]
    return LoopState(
        tokens=tf.fill([batch, n], START),
        alive=tf.fill([batch, n], True),
        constraints=constraints,
        state={name: tf.repeat(tensor, n, 1) for name, tensor in start.items()},
    )


def _loop_shapes(current: LoopState) -> LoopState:
    """Return the shape invariants for `tf.while_loop`: any number of rows."""
    return LoopState(
        tokens=tf.TensorShape([None, None]),
        alive=tf.TensorShape([None, None]),
        constraints=constraint_shapes(current.constraints),
        state=state_shapes(current.state),
    )


def _empty_outputs(steps: tf.Tensor, n: int) -> StepOutputs:
    return StepOutputs(
        tf.TensorArray(tf.int32, steps, element_shape=[None, n]),
        tf.TensorArray(tf.float32, steps, element_shape=[None, n]),
        tf.TensorArray(tf.float32, steps, element_shape=[None, n, None]),
    )


def _write_step(
    outputs: StepOutputs,
    t: tf.Tensor,
    alive: tf.Tensor,
    tokens: tf.Tensor,
    log_probs: tf.Tensor,
    attention: tf.Tensor,
    batch_index: tf.Tensor,
    batch: tf.Tensor,
) -> StepOutputs:
    """Write step t for the hypotheses that are alive, at their rows of the whole batch."""
    tokens, log_probs = tf.where(alive, tokens, PAD), tf.where(alive, log_probs, 0.0)
    attention = tf.where(alive[..., None], tf.cast(attention, tf.float32), 0.0)
    values = (tokens, log_probs, attention)
    whole = (scatter_to_batch(value, batch_index, batch) for value in values)
    return StepOutputs(
        *(array.write(t, value) for array, value in zip(outputs, whole, strict=True))
    )


def _next_step(
    current: LoopState, tokens: tf.Tensor, alive: tf.Tensor, sources: Sources, rules: Rules
) -> tuple[LoopState, Sources]:
    """Return the hypotheses of the next step; remove finished sources from time to time."""
    tokens = tf.where(alive, tokens, PAD)
    current = LoopState(
        tokens, alive, advance_constraints(current.constraints, tokens, rules), current.state
    )
    done = ~tf.reduce_any(alive, -1)
    current, sources = keep_rows((current, sources), rows_to_keep(done), tf.size(done))
    return current, sources


def _result(outputs: StepOutputs, steps: tf.Tensor, sources: Sources, rules: Rules) -> Hypotheses:
    """Return the result, with axes [steps, batch, n] transposed to [batch, n, steps]."""
    tokens, log_probs, attention = (array.gather(tf.range(steps)) for array in outputs)
    length = tf.reduce_sum(tf.cast(tokens != PAD, tf.int32), 0)
    total, coverage = tf.reduce_sum(log_probs, 0), tf.reduce_sum(attention, 0)
    scores = hypothesis_score(total, length, coverage, sources.padding_mask, rules)
    tokens, attention = tf.transpose(tokens, [1, 2, 0]), tf.transpose(attention, [1, 2, 0, 3])
    return make_hypotheses(tokens, scores, total, attention)
