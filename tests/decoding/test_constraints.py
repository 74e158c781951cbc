"""Required tokens occur exactly once, in any order."""

import tensorflow as tf

from pipeline.decoding.constraints import (
    advance_constraints,
    has_required,
    initial_constraints,
    select_parents,
    violates,
)
from pipeline.decoding.settings import Rules


def refused(constraints, tokens):
    return violates(constraints, tf.constant([[tokens]])).numpy()[0, 0].tolist()


def test_required_tokens_occur_once_and_before_the_end():
    constraints = initial_constraints(tf.constant([[7, 5, 0]]), 1)
    assert refused(constraints, [3, 7, 5, 0, 9]) == [True, False, False, False, False]
    constraints = advance_constraints(constraints, tf.constant([[5]]), Rules())
    assert refused(constraints, [3, 7, 5, 0, 9]) == [True, False, True, False, False]
    constraints = advance_constraints(
        advance_constraints(constraints, tf.constant([[9]]), Rules()), tf.constant([[7]]), Rules()
    )
    assert refused(constraints, [3, 7, 5, 0, 9]) == [False, True, True, False, False]


def test_the_state_is_selected_by_parents():
    constraints = advance_constraints(
        initial_constraints(tf.constant([[7], [5]]), 2), tf.constant([[7, 9], [9, 5]]), Rules()
    )
    assert constraints.required.numpy().tolist() == [[[-7], [7]], [[5], [-5]]]
    moved = select_parents(constraints, tf.constant([[[0, 1], [0, 1]], [[1, 1], [1, 0]]]), Rules())
    assert moved.required.numpy().tolist() == [[[7], [7]], [[-5], [5]]]


def test_history_is_updated_only_if_a_rule_needs_it():
    rules = Rules(no_repeat_ngram=2)
    constraints = advance_constraints(
        initial_constraints(tf.zeros([1, 0], tf.int32), 1), tf.constant([[8]]), rules
    )
    assert constraints.history.numpy().tolist() == [[[2, 8]]]
    assert not has_required(constraints)
    assert (
        advance_constraints(constraints, tf.constant([[9]]), Rules()).history is constraints.history
    )
