"""Elman, LSTM and GRU: by hand, and states and gradients against Keras's layers."""

import keras
import numpy as np
import pytest

from pipeline.layers.recurrent import CELLS, Recurrent

LENGTHS = (5, 1, 3, 0)


def layer_with(cell, kernel, recurrent, bias, **options):
    """A layer over inputs of size 1 with these weights."""
    layer = Recurrent(cell, len(recurrent), **options)
    layer.build((None, None, len(kernel)))
    layer.set_weights([np.array(values, "float32") for values in (kernel, recurrent, bias)])
    return layer


def run(layer, rows, training=False):
    vectors = np.array(rows, "float32")
    return np.array(layer(vectors, np.ones(vectors.shape[:2], bool), training=training))


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(len(LENGTHS), max(LENGTHS), 3)).astype("float32")
    return vectors, np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None]


@pytest.mark.parametrize("training", [False, True])
def test_elman_by_hand(training):
    layer = layer_with("elman", [[2.0]], [[0.5]], [0.1])
    first = np.tanh(2 * 0.3 + 0.1)
    second = np.tanh(2 * -0.2 + 0.1 + 0.5 * first)
    np.testing.assert_allclose(
        run(layer, [[[0.3], [-0.2]]], training)[0, :, 0], [first, second], atol=1e-6
    )


@pytest.mark.parametrize("training", [False, True])
def test_lstm_keeps_adds_and_forgets(training):
    """The numbers 3, 4, 2, 1, 3 with gates given: the cell is 3, 7, 7, 7 and, forgotten, 0.

    The second to fifth inputs are switches: let in, keep and let out (open at 1, shut at 0). To
    read the memory itself off the state, the numbers are so small that tanh leaves them as they
    are.
    """
    small = 1e-3
    numbers, let_in, keep = (3, 4, 2, 1, 3), (1, 1, 0, 0, 0), (1, 1, 1, 1, 0)
    rows = [[[small * n, i, k] for n, i, k in zip(numbers, let_in, keep, strict=True)]]
    kernel = [[0, 0, 0, 1], [200, 0, 0, 0], [0, 200, 0, 0]]
    layer = layer_with("lstm", kernel, [[0, 0, 0, 0]], [-100, -100, 100, 0])
    states = run(layer, rows, training)[0, :, 0]
    np.testing.assert_allclose(states / small, [3, 7, 7, 7, 0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_lstm_output_is_zero_with_a_closed_output_gate(training):
    kernel = [[0, 0, 0, 1], [0, 0, 200, 0]]
    layer = layer_with("lstm", kernel, [[0, 0, 0, 0]], [100, 100, -100, 0])
    states = run(layer, [[[0.2, 0], [0.1, 1]]], training)[0, :, 0]
    np.testing.assert_allclose(states, [0, np.tanh(np.tanh(0.2) + np.tanh(0.1))], rtol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_gru_by_hand(training):
    layer = layer_with("gru", [[1.0, -1.0, 2.0]], [[0.5, 0.25, -1.0]], [0.0, 0.1, 0.2])

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    state, states = 0.0, []
    for x in (0.3, -0.7):
        stay = sigmoid(x + 0.5 * state)
        see = sigmoid(-x + 0.25 * state + 0.1)
        new = np.tanh(2 * x - see * state + 0.2)
        state = stay * state + (1 - stay) * new
        states.append(state)
    np.testing.assert_allclose(run(layer, [[[0.3], [-0.7]]], training)[0, :, 0], states, rtol=1e-5)


def keras_layer(cell):
    """Keras's layer of the same cell."""
    options = {"return_sequences": True, "name": "recurrent"}
    if cell == "elman":
        return keras.layers.SimpleRNN(4, **options)
    if cell == "gru":
        return keras.layers.GRU(4, reset_after=False, use_cudnn=False, **options)
    return keras.layers.LSTM(4, use_cudnn=False, **options)


def tagger(recurrent, backward):
    """A dense layer below makes the gradient of the inputs visible in its weights."""
    vectors, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    below = keras.layers.Dense(3, name="below")(vectors)
    if isinstance(recurrent, Recurrent):
        states = recurrent(below, mask)
    elif backward:
        states = keras.ops.flip(
            recurrent(keras.ops.flip(below, 1), mask=keras.ops.flip(mask, 1)), 1
        )
    else:
        states = recurrent(below, mask=mask)
    states = states * keras.ops.cast(mask, "float32")[:, :, None]
    model = keras.Model([vectors, mask], states)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    return model


def in_order(cell, weights):
    """Keras's LSTM has its blocks in the order i, f, g, o."""
    if cell != "lstm":
        return weights
    return [np.concatenate([np.split(w, 4, -1)[i] for i in (0, 1, 3, 2)], -1) for w in weights]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_states_and_gradients_equal_those_of_keras(cell, backward, batch):
    ours, oracle = Recurrent(cell, 4, backward, name="recurrent"), keras_layer(cell)
    our_model, oracle_model = tagger(ours, backward), tagger(oracle, backward)
    below = our_model.get_layer("below")
    below.set_weights([w + 0.1 for w in below.get_weights()])  # no bias is 0
    ours.set_weights([w + 0.1 for w in ours.get_weights()])
    oracle_model.get_layer("below").set_weights(below.get_weights())
    oracle.set_weights(in_order(cell, ours.get_weights()))  # the order is its own inverse
    np.testing.assert_allclose(our_model(list(batch)), oracle_model(list(batch)), atol=1e-6)

    gold = np.random.default_rng(2).normal(size=(len(LENGTHS), max(LENGTHS), 4))
    for model in (our_model, oracle_model):
        model.train_on_batch(list(batch), gold.astype("float32"))
    for our, other in zip(
        [*ours.get_weights(), *below.get_weights()],
        [*in_order(cell, oracle.get_weights()), *oracle_model.get_layer("below").get_weights()],
        strict=True,
    ):
        np.testing.assert_allclose(our, other, atol=1e-6)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_and_the_batch_have_no_influence(cell, backward, batch):
    vectors, mask = batch
    layer = Recurrent(cell, 4, backward)
    whole = np.array(layer(vectors, mask))
    junk = np.concatenate([np.where(mask[:, :, None], vectors, 1e3), np.full((4, 3, 3), 7.0)], 1)
    padded = layer(junk.astype("float32"), np.pad(mask, ((0, 0), (0, 3))))
    np.testing.assert_allclose(padded[:, :5], whole, atol=1e-6)
    np.testing.assert_array_equal(padded[:, 5:], 0)
    for row, length in enumerate(LENGTHS[:3]):
        alone = layer(vectors[row : row + 1, :length], mask[row : row + 1, :length])
        np.testing.assert_allclose(alone[0], whole[row, :length], atol=1e-6)
    np.testing.assert_array_equal(whole[3], 0)


@pytest.mark.parametrize("cell", CELLS)
def test_it_can_be_trained_saved_and_loaded(cell, revived, check_gradients, batch):
    vectors, mask = batch
    inputs = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, Recurrent(cell, 4)(*inputs))
    check_gradients(model, [vectors, mask])
    np.testing.assert_allclose(revived(model)([vectors, mask]), model([vectors, mask]), atol=1e-6)


def test_the_initial_forget_bias_is_1():
    layer = Recurrent("lstm", 2)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.bias, [0, 0, 1, 1, 0, 0, 0, 0])


def test_an_unknown_cell_is_rejected():
    with pytest.raises(ValueError, match=r"cell is 'ltsm'; expected one of elman, lstm, gru"):
        Recurrent("ltsm", 4)
