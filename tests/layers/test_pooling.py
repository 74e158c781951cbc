"""AttentionPooling and Pooling: by hand, and without influence of masked tokens."""

import math

import keras
import numpy as np
import pytest

from pipeline.layers.pooling import AttentionPooling, Pooling


@pytest.fixture
def by_hand():
    """A layer with hidden size 1, u = tanh(h[0]), and v = 2."""
    layer = AttentionPooling(attention_dim=1)
    layer.build((None, None, 2))
    layer.hidden.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    layer.scorer.set_weights([np.array([[2.0]])])
    return layer


def test_two_tokens_by_hand(by_hand):
    states = np.array([[[0.0, 10.0], [0.5, 20.0]]], "float32")
    # The scores are 0 and 2 tanh(1/2).
    second = 1 / (1 + math.exp(-2 * math.tanh(0.5)))
    expected = [[0.5 * second, 10 * (1 - second) + 20 * second]]
    both = np.array([[True, True]])
    np.testing.assert_allclose(by_hand(states, both), expected, rtol=1e-6)
    np.testing.assert_allclose(
        by_hand.attention_weights(states, both), [[1 - second, second]], rtol=1e-6
    )


def test_one_real_token_is_the_vector_itself(by_hand):
    states = np.array([[[0.3, 1.0], [9.0, 9.0]]], "float32")
    pooled = by_hand(states, np.array([[True, False]]))
    np.testing.assert_allclose(pooled, [[0.3, 1.0]], rtol=1e-6)


def test_masked_tokens_have_no_influence():
    layer = AttentionPooling(attention_dim=4)
    states = np.random.normal(size=(2, 3, 5)).astype("float32")
    mask = np.array([[True, True, True], [True, False, False]])
    junk = np.full((2, 4, 5), 1e4, "float32")
    longer = np.concatenate([states, junk], axis=1)
    longer_mask = np.concatenate([mask, np.zeros((2, 4), bool)], axis=1)
    np.testing.assert_allclose(layer(longer, longer_mask), layer(states, mask), atol=1e-6)


def test_without_real_tokens_the_vector_is_zeros():
    layer = AttentionPooling(attention_dim=4)
    states = np.random.normal(size=(2, 3, 5)).astype("float32")
    pooled = np.array(layer(states, np.array([[False] * 3, [True] * 3])))
    assert not pooled[0].any()
    assert pooled[1].any()


def test_config_and_saved_model_round_trip(revived):
    layer = AttentionPooling(4, name="summary")
    again = AttentionPooling.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    inputs = keras.Input((None, 5)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, layer(*inputs))
    values = np.random.normal(size=(2, 3, 5)).astype("float32"), np.array([[True, True, False]] * 2)
    assert model.output_shape == (None, 5)
    np.testing.assert_array_equal(revived(model)(values), model(values))


def test_gradients_are_finite_without_real_tokens(check_gradients):
    inputs = keras.Input((None, 5)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, AttentionPooling(4)(*inputs))
    states = np.random.normal(size=(2, 3, 5)).astype("float32")
    check_gradients(model, [states, np.array([[True, True, False], [False] * 3])])


HAND = np.array(
    [
        [[1, -8, 3, 4], [5, -6, 7, 8], [9, -10, 1, 2], [99, 99, 99, 99]],
        [[0, 0, 1, 1], [2, -2, 3, -3], [50, 50, 50, 50], [-50, -50, -50, -50]],
        [[77, 77, 77, 77], [-7, -7, -7, -7], [6, 6, 6, 6], [5, 5, 5, 5]],
    ],
    "float32",
)
REAL = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], bool)


@pytest.mark.parametrize(
    ("kind", "bidirectional", "expected"),
    [
        ("last", False, [[9, -10, 1, 2], [2, -2, 3, -3], [0] * 4]),
        ("last", True, [[9, -10, 3, 4], [2, -2, 1, 1], [0] * 4]),
        ("mean", False, [[5, -8, 11 / 3, 14 / 3], [1, -1, 2, -1], [0] * 4]),
        ("max", False, [[9, -6, 7, 8], [2, 0, 3, 1], [0] * 4]),
        ("max", True, [[9, -6, 7, 8], [2, 0, 3, 1], [0] * 4]),
    ],
)
def test_pooling_by_hand(kind, bidirectional, expected):
    pooled = Pooling(kind, bidirectional)(HAND, REAL)
    np.testing.assert_allclose(pooled, expected, rtol=1e-6)


def test_ends_are_found_with_padding_anywhere():
    mask = np.array([[False, True, False, True], [False, False, True, False], [True] * 4])
    pooled = Pooling("last", bidirectional=True)(HAND, mask)
    np.testing.assert_array_equal(pooled, [[99, 99, 7, 8], [50, 50, 50, 50], [5, 5, 77, 77]])


def test_last_state_equals_that_of_keras():
    states = np.random.normal(size=(3, 4, 5)).astype("float32")
    layer = keras.layers.Bidirectional(keras.layers.GRU(6, return_sequences=True))
    every = layer(states, mask=keras.ops.array(REAL[[0, 1, 0]]))
    ends = keras.layers.Bidirectional(keras.layers.GRU(6))
    ends.build(states.shape)
    ends.set_weights(layer.get_weights())
    expected = ends(states, mask=keras.ops.array(REAL[[0, 1, 0]]))
    pooled = Pooling("last", bidirectional=True)(every, REAL[[0, 1, 0]])
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_pooling_config_and_saved_model_round_trip(kind, revived):
    layer = Pooling(kind, bidirectional=True, name="summary")
    again = Pooling.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, layer(*inputs))
    assert model.output_shape == (None, 4)
    np.testing.assert_array_equal(revived(model)((HAND, REAL)), model((HAND, REAL)))


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_gradients_through_pooling_are_finite(kind, check_gradients):
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    states = keras.layers.Dense(4)(inputs[0])
    check_gradients(keras.Model(inputs, Pooling(kind, True)(states, inputs[1])), [HAND, REAL])


def test_an_unknown_kind_and_an_odd_size_are_rejected():
    with pytest.raises(ValueError, match="kind is 'first'; expected one of last, mean, max"):
        Pooling("first")
    with pytest.raises(ValueError, match="bidirectional states must have an even size; received 3"):
        Pooling("last", bidirectional=True)(HAND[:, :, :3], REAL)
