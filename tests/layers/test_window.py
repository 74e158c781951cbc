"""Window: by hand, and its context."""

import numpy as np
import pytest

from pipeline.layers.window import Window


def test_three_tokens_by_hand():
    layer = Window(1, radius=1, activation="relu")
    layer.build((None, None, 1))
    layer.set_weights(
        [np.array([[1.0], [10.0], [100.0]]), np.array([0.5])]
    )  # before, at and after the token
    vectors = np.array([[[1], [2], [3], [7]]], "float32")
    states = layer(vectors, np.array([[True, True, True, False]]))
    # 0 + 10*1 + 100*2, 1*1 + 10*2 + 100*3, 1*2 + 10*3 + 0: the 7 is padding
    np.testing.assert_allclose(states[0, :, 0], [210.5, 321.5, 32.5, 0])


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_the_context_is_the_radius(radius):
    layer, mask = Window(4, radius=radius), np.ones((1, 11), bool)
    vectors = np.random.normal(size=(1, 11, 3)).astype("float32")
    changed = vectors.copy()
    changed[0, 5] += 1
    moved = np.any(np.array(layer(vectors, mask)) != np.array(layer(changed, mask)), axis=-1)[0]
    assert np.flatnonzero(moved).tolist() == list(range(5 - radius, 6 + radius))


def test_a_radius_of_0_is_rejected():
    with pytest.raises(ValueError, match="Window: radius is 0; expected at least 1"):
        Window(4, radius=0)
