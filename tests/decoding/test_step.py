"""What may change about a state on its way through the loop, and what may not."""

import pytest
import tensorflow as tf

from pipeline.decoding.step import as_started, loose_state
from pipeline.errors import InputError


def test_rows_and_hypotheses_may_change_and_what_starts_empty_may_grow():
    state = {
        "vector": tf.zeros([2, 1, 8]),
        "cache": tf.zeros([2, 1, 0, 8]),
        "layers": tf.zeros([2, 1, 3, 8]),
        "count": tf.zeros([2, 1], tf.int32),
    }
    shapes = {name: shape.as_list() for name, shape in loose_state(state).items()}
    assert shapes == {
        "vector": [None, None, 8],
        "cache": [None, None, None, 8],
        "layers": [None, None, 3, 8],
        "count": [None, None],
    }


def test_a_shape_that_the_step_has_lost_is_known_again():
    start = {"vector": tf.zeros([2, 1, 8])}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None])])
    def known(vector):
        assert as_started({"vector": vector}, start)["vector"].shape.as_list() == [None, None, 8]
        return vector

    known.get_concrete_function()


def test_another_state_than_at_the_start_is_refused():
    with pytest.raises(InputError, match=r"gives the state \['b'\]; expected .* \['a'\]"):
        as_started({"b": tf.zeros([1, 1])}, {"a": tf.zeros([1, 1])})
