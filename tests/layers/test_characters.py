"""CharacterConvolution: by hand, and without influence of padding."""

import keras
import numpy as np
import pytest

from pipeline.layers.characters import CharacterConvolution


@pytest.fixture
def by_hand():
    """Two filters over embeddings of size 2; filter 0 sees three characters, filter 1 only one.

    Characters 1 and 2 are (1, 2) and (3, -1); what stands for padding 0 must never be seen.
    """
    layer = CharacterConvolution(vocabulary_size=3, embedding_dim=2, filters=2)
    layer.build((None, None, 3))
    layer.embedding.set_weights([np.array([[100.0, 100.0], [1.0, 2.0], [3.0, -1.0]])])
    kernel = np.zeros((3, 2, 2))
    kernel[:, :, 0] = [[1, 0], [10, 1], [0, 100]]  # before, itself, after
    kernel[1, :, 1] = [-1, -1]
    layer.convolution.set_weights([kernel, np.array([0.5, -0.25])])
    return layer


def test_two_characters_by_hand(by_hand):
    # Filter 0 at character 1: before (0, 0), itself (1, 2), after (3, -1):
    #   10*1 + 1*2 + 100*-1 + 0.5 = -87.5
    # at character 2: before (1, 2), itself (3, -1), after (0, 0): 1*1 + 10*3 - 1 + 0.5 = 30.5
    # Filter 1: -(1 + 2) - 0.25 = -3.25 and -(3 - 1) - 0.25 = -2.25
    np.testing.assert_allclose(by_hand(np.array([[[1, 2, 0]]])), [[[30.5, -2.25]]])


def test_the_maximum_is_over_real_characters_only(by_hand):
    # Alone, character 1: 10*1 + 1*2 + 0.5 = 12.5 and -3.25; at padding filter 1 would give -0.25.
    np.testing.assert_allclose(by_hand(np.array([[[1, 0, 0]]])), [[[12.5, -3.25]]])


@pytest.mark.parametrize("padding", [0, 1, 2, 13])
def test_padding_has_no_influence(padding):
    layer = CharacterConvolution(vocabulary_size=20, embedding_dim=4, filters=5)
    words = np.random.randint(1, 20, (3, 4, 6))
    padded = np.pad(words, [(0, 0), (0, 0), (0, padding)])
    np.testing.assert_allclose(layer(padded), layer(words), rtol=0, atol=1e-6)


def test_a_padding_token_is_zeros_and_has_no_influence():
    layer = CharacterConvolution(vocabulary_size=5, embedding_dim=4, filters=3)
    word = layer(np.array([[[2, 3, 4]]]))
    words = np.array(layer(np.array([[[0, 0, 0], [2, 3, 4], [0, 0, 0]]])))
    assert not words[0, [0, 2]].any()
    np.testing.assert_allclose(words[:, 1:2], word, rtol=0, atol=1e-6)


def test_config_and_saved_model_round_trip(revived):
    layer = CharacterConvolution(7, 4, 3, width=5, name="spelling")
    again = CharacterConvolution.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    characters = keras.Input((None, 6), dtype="int32")
    model = keras.Model(characters, layer(characters))
    ids = np.random.randint(0, 7, (2, 3, 6))
    assert model.output_shape == (None, None, 3)
    np.testing.assert_array_equal(revived(model)(ids), model(ids))


def test_gradients_are_finite(check_gradients):
    characters = keras.Input((None, 4), dtype="int32")
    model = keras.Model(characters, CharacterConvolution(6, 4, 3)(characters))
    check_gradients(model, np.array([[[1, 2, 3, 0], [0, 0, 0, 0]], [[4, 5, 0, 0], [1, 0, 0, 0]]]))
