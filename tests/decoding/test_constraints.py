"""What a hypothesis owes: each token once, whichever comes first."""

import tensorflow as tf

from pipeline.decoding.constraints import first_past, further, of_parents, owes, refuses
from pipeline.decoding.settings import Rules


def refused(past, tokens):
    return refuses(past, tf.constant([[tokens]])).numpy()[0, 0].tolist()


def test_a_token_that_has_come_may_not_come_again_and_the_end_waits_for_all():
    past = first_past(tf.constant([[7, 5, 0]]), 1)
    assert refused(past, [3, 7, 5, 0, 9]) == [True, False, False, False, False]
    past = further(past, tf.constant([[5]]), Rules())
    assert refused(past, [3, 7, 5, 0, 9]) == [True, False, True, False, False]
    past = further(further(past, tf.constant([[9]]), Rules()), tf.constant([[7]]), Rules())
    assert refused(past, [3, 7, 5, 0, 9]) == [False, True, True, False, False]


def test_a_past_follows_its_hypothesis():
    past = further(first_past(tf.constant([[7], [5]]), 2), tf.constant([[7, 9], [9, 5]]), Rules())
    assert past.owed.numpy().tolist() == [[[-7], [7]], [[5], [-5]]]
    moved = of_parents(past, tf.constant([[[0, 1], [0, 1]], [[1, 1], [1, 0]]]), Rules())
    assert moved.owed.numpy().tolist() == [[[7], [7]], [[-5], [5]]]


def test_history_is_kept_where_a_rule_needs_it():
    rules = Rules(no_repeat_ngram=2)
    past = further(first_past(tf.zeros([1, 0], tf.int32), 1), tf.constant([[8]]), rules)
    assert past.history.numpy().tolist() == [[[2, 8]]]
    assert not owes(past)
    assert further(past, tf.constant([[9]]), Rules()).history is past.history
