"""Shapes and tensors of the state in the loop."""

import pytest
import tensorflow as tf

from pipeline.decoding.step import restore_shapes, state_shapes
from pipeline.errors import InputError


def test_batch_and_hypotheses_are_unknown_and_empty_axes_may_grow():
    state = {
        "vector": tf.zeros([2, 1, 8]),
        "cache": tf.zeros([2, 1, 0, 8]),
        "layers": tf.zeros([2, 1, 3, 8]),
        "count": tf.zeros([2, 1], tf.int32),
    }
    shapes = {name: shape.as_list() for name, shape in state_shapes(state).items()}
    assert shapes == {
        "vector": [None, None, 8],
        "cache": [None, None, None, 8],
        "layers": [None, None, 3, 8],
        "count": [None, None],
    }


def test_a_lost_static_shape_is_restored():
    start = {"vector": tf.zeros([2, 1, 8])}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None])])
    def known(vector):
        assert restore_shapes({"vector": vector}, start)["vector"].shape.as_list() == [
            None,
            None,
            8,
        ]
        return vector

    known.get_concrete_function()


def test_a_state_with_other_tensors_is_rejected():
    with pytest.raises(InputError, match=r"returned the state \['b'\]; expected .* \['a'\]"):
        restore_shapes({"b": tf.zeros([1, 1])}, {"a": tf.zeros([1, 1])})
