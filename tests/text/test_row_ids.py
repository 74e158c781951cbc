"""Rows of values: against `value_rowids`, and by hand; and that it takes fewer ops."""

import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.row_ids import row_ids


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3), max_size=6))
def test_they_are_those_of_tensorflow(lengths):
    ragged = tf.RaggedTensor.from_row_lengths(tf.zeros(sum(lengths)), lengths)
    assert row_ids(ragged).numpy().tolist() == ragged.value_rowids().numpy().tolist()
    assert row_ids(ragged).dtype == ragged.value_rowids().dtype


def test_empty_rows_have_no_values():
    ragged = tf.ragged.constant([[], [1], [], [], [2, 3], []])
    assert row_ids(ragged).numpy().tolist() == [1, 4, 4]
    assert row_ids(tf.ragged.constant([[], []])).numpy().tolist() == []


def test_of_a_ragged_tensor_of_ragged_rows_it_is_the_outer_row():
    ragged = tf.ragged.constant([[[1, 2], []], [], [[3]]])
    assert row_ids(ragged).numpy().tolist() == [0, 0, 2]


def ops_of(function):
    kind = tf.RaggedTensorSpec([None, None], tf.string, 1)
    found = tf.function(function).get_concrete_function(kind).graph.get_operations()
    return sum(op.type not in ("Const", "Placeholder", "Identity") for op in found)


def test_the_graph_is_small():
    assert 3 * ops_of(row_ids) < ops_of(tf.RaggedTensor.value_rowids)
