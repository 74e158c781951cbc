"""TextCNN: by hand, against Conv1D without padding, and without influence of padding."""

import keras
import numpy as np
import pytest

from pipeline.layers.text_cnn import TextCNN


def batch(lengths, tokens):
    """Rows of these lengths with large values at padding, and the mask."""
    mask = np.arange(tokens) < np.array(lengths)[:, None]
    vectors = np.random.normal(size=(len(lengths), tokens, 4))
    return np.where(mask[:, :, None], vectors, 1000).astype("float32"), mask


@pytest.fixture
def layer():
    """A layer with random weights and biases."""
    layer = TextCNN(6, (1, 2, 3, 4), activation="tanh")
    layer.build((None, None, 4))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def test_two_widths_by_hand():
    layer = TextCNN(1, (2, 3))
    layer.build((None, None, 1))
    layer.set_weights(
        [
            *(np.array([[[1.0]], [[10.0]]]), np.array([0.5])),  # x_t + 10 x_{t+1} + 0.5
            *(np.array([[[1.0]], [[0.0]], [[10.0]]]), np.array([-1.0])),  # before + 10 after - 1
        ]
    )
    vectors = np.array([[[1], [2], [-3], [70]], [[-1], [9], [9], [9]]], "float32")
    mask = np.array([[True, True, True, False], [True, False, False, False]])
    # width 2: 21.5, -27.5, -2.5; width 3: 19, -30, 1. One token alone: -0.5 and -1.
    np.testing.assert_allclose(layer(vectors, mask), [[21.5, 19], [0, 0]])


def test_it_is_the_maximum_of_convolutions_without_padding(layer):
    vectors, mask = batch([1, 2, 5, 9], 12)
    together = np.array(layer(vectors, mask))
    assert together.shape == (4, 24)
    for row, length in enumerate([1, 2, 5, 9]):
        bare = vectors[row : row + 1, :length]
        every = [np.array(convolution(bare)).max(axis=1)[0] for convolution in layer.convolutions]
        np.testing.assert_allclose(together[row], np.concatenate(every), atol=1e-5)


def test_without_real_tokens_the_vector_is_zeros(layer):
    vectors, mask = batch([0, 3], 5)
    pooled = np.array(layer(vectors, mask))
    assert not pooled[0].any()
    assert pooled[1].any()


def test_config_and_saved_model_round_trip(layer, revived):
    assert TextCNN.from_config(layer.get_config()).get_config() == layer.get_config()
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, layer(*inputs))
    assert model.output_shape == (None, 24)
    values = batch([3, 6, 0], 6)
    np.testing.assert_array_equal(revived(model)(values), model(values))


def test_implicit_masks_are_stopped(layer):
    words = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(9, 4, mask_zero=True)(words)
    pooled = layer(vectors, keras.ops.not_equal(words, 0))
    assert getattr(pooled, "_keras_mask", None) is None


def test_gradients_are_finite_without_real_tokens(layer, check_gradients):
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    check_gradients(keras.Model(inputs, layer(*inputs)), list(batch([4, 0, 6], 6)))


@pytest.mark.parametrize("widths", [(), (3, 0)])
def test_invalid_widths_are_rejected(widths):
    with pytest.raises(ValueError, match="one or more widths of at least 1"):
        TextCNN(4, widths)
