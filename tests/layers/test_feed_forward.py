"""FeedForward: by hand, and without context."""

import math

import numpy as np
import pytest

from pipeline.layers.feed_forward import FeedForward


@pytest.fixture
def by_hand():
    """A function that creates the layer h = f(x_1 + 2 x_2 - 1/2)."""

    def make(activation):
        layer = FeedForward(1, activation)
        layer.build((None, None, 2))
        layer.set_weights([np.array([[1.0], [2.0]]), np.array([-0.5])])
        return layer

    return make


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("tanh", [math.tanh(2.5), math.tanh(-1.5), 0]), ("relu", [2.5, 0, 0])],
)
def test_two_tokens_by_hand(by_hand, activation, expected):
    vectors = np.array([[[1, 1], [1, -1], [9, 9]]], "float32")
    states = by_hand(activation)(vectors, np.array([[True, True, False]]))
    np.testing.assert_allclose(states[0, :, 0], expected, rtol=1e-6)


def test_a_word_has_the_same_state_everywhere():
    layer, words = FeedForward(4), np.random.normal(size=(1, 6, 3)).astype("float32")
    order, mask = np.random.permutation(6), np.ones((1, 6), bool)
    np.testing.assert_allclose(
        layer(words[:, order], mask), np.array(layer(words, mask))[:, order], rtol=0, atol=1e-6
    )
