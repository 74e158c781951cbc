"""ConvolutionEncoder: by hand, and its context."""

import numpy as np
import pytest

from pipeline.layers.convolution import ConvolutionEncoder


def test_two_blocks_by_hand():
    layer = ConvolutionEncoder(1, depth=2)
    layer.build((None, None, 1))
    layer.set_weights(
        [
            *(np.array([[1.0]]), np.array([1.0])),  # h0 = x + 1
            *(np.array([[[1.0]], [[0.0]], [[10.0]]]), np.array([-1.0])),  # before + 10 after - 1
            *(np.array([[[1.0]], [[0.0]], [[10.0]]]), np.array([0.5])),  # the same, with dilation 2
        ]
    )
    vectors = np.array([[[0], [1], [-3], [7]]], "float32")
    states = layer(vectors, np.array([[True, True, True, False]]))
    # h0 = 1, 2, -2
    # h1 = 1 + relu(20 - 1), 2 + relu(1 - 20 - 1), -2 + relu(2 - 1) = 20, 2, -1
    # h2 = 20 + relu(-10 + 0.5), 2 + relu(0.5), -1 + relu(20 + 0.5) = 20, 2.5, 19.5
    np.testing.assert_allclose(states[0, :, 0], [20, 2.5, 19.5, 0])


@pytest.mark.parametrize(
    ("settings", "reach"),
    [
        ({}, 7),
        ({"depth": 1}, 1),
        ({"depth": 3, "dilation": 1}, 3),
        ({"depth": 2, "width": 5, "dilation": 3}, 8),
    ],
)
def test_the_context_is_that_of_the_docstring(settings, reach):
    layer, mask = ConvolutionEncoder(16, **settings, activation="gelu"), np.ones((1, 21), bool)
    vectors = np.random.normal(size=(1, 21, 3)).astype("float32")
    changed = vectors.copy()
    changed[0, 10] += 1
    moved = np.any(np.array(layer(vectors, mask)) != np.array(layer(changed, mask)), axis=-1)[0]
    assert np.flatnonzero(moved)[[0, -1]].tolist() == [10 - reach, 10 + reach]


def test_an_even_width_is_rejected():
    with pytest.raises(ValueError, match="width is 4; expected an odd number"):
        ConvolutionEncoder(4, width=4)
