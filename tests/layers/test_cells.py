"""Recurrences with an initial state: split texts, gradients, single steps."""

import keras
import numpy as np
import pytest
from keras import ops

from pipeline.layers.recurrent import CELLS, Recurrent

BATCH, TOKENS, SIZE = 3, 5, 4


def draws(cell):
    """Return input products, recurrent weights and an initial state."""
    rng, gates = np.random.default_rng(3), CELLS[cell].gates
    inputs = rng.normal(size=(TOKENS, BATCH, gates * SIZE)).astype("float32")
    weights = rng.normal(size=(SIZE, gates * SIZE)).astype("float32")
    start = rng.normal(size=(CELLS[cell].state, BATCH, SIZE)).astype("float32")
    return inputs, weights, tuple(start)


def stepped(cell, inputs, weights, state):
    """Compute the states by single steps; also return the tensors of the last state."""
    states = []
    for token in range(inputs.shape[0]):
        state = CELLS[cell].step(inputs[token], CELLS[cell].cut(weights), state)
        states.append(state[0])
    return ops.stack(states), state


@pytest.mark.parametrize("cell", CELLS)
def test_the_second_half_of_a_text_equals_that_of_the_whole_text(cell):
    inputs, weights, start = draws(cell)
    for run in (CELLS[cell].train, CELLS[cell].predict):
        whole = np.array(run(inputs, weights, start))
        first, middle = stepped(cell, inputs[:2], weights, start)
        np.testing.assert_allclose(first, whole[:2], atol=1e-6)
        np.testing.assert_allclose(run(inputs[2:], weights, middle), whole[2:], atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_an_initial_state_of_zeros_equals_none(cell):
    inputs, weights, start = draws(cell)
    zeros = tuple(np.zeros_like(part) for part in start)
    for run in (CELLS[cell].train, CELLS[cell].predict):
        np.testing.assert_array_equal(run(inputs, weights, zeros), run(inputs, weights))


class Weighed(keras.layers.Layer):
    """Makes all inputs of a recurrence weights, so that an SGD step shows the gradients."""

    def __init__(self, cell, run):
        super().__init__()
        self.run, (inputs, weights, start) = run, draws(cell)
        self.parts = [
            self.add_weight(part.shape, keras.initializers.Constant(part))
            for part in (inputs, weights, *start)
        ]

    def call(self, upstream):
        inputs, weights, *start = (ops.reshape(part, part.shape) for part in self.parts)
        return ops.sum(self.run(inputs, weights, tuple(start)) * upstream, axis=-1)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_equal_those_of_single_steps(cell):
    upstream = np.random.default_rng(4).normal(size=(TOKENS, BATCH, SIZE)).astype("float32")
    moved = []
    for run in (CELLS[cell].train, lambda *given: stepped(cell, *given)[0]):
        layer = Weighed(cell, run)
        model = keras.Sequential([keras.Input(batch_shape=upstream.shape), layer])
        model.compile(keras.optimizers.SGD(1.0), loss="mse")
        before = model.get_weights()
        model.train_on_batch(upstream, np.ones(upstream.shape[:2], "float32"))
        moved.append([a - b for a, b in zip(model.get_weights(), before, strict=True)])
    for by_hand, by_steps in zip(*moved, strict=True):
        assert np.any(by_steps)
        np.testing.assert_allclose(by_hand, by_steps, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("training", [False, True])
def test_steps_equal_the_layer(cell, training):
    rng = np.random.default_rng(5)
    layer, vectors = Recurrent(cell, SIZE), rng.normal(size=(BATCH, TOKENS, 2)).astype("float32")
    state = tuple(rng.normal(size=(CELLS[cell].state, BATCH, SIZE)).astype("float32"))
    whole = np.array(layer(vectors, initial_state=state, training=training))
    for token in range(TOKENS):
        state = layer.step(vectors[:, token], state, layer.cut())
        np.testing.assert_allclose(state[0], whole[:, token], atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_an_initial_state_can_be_saved_and_trained(cell, revived, check_gradients):
    rng = np.random.default_rng(6)
    vectors, before = keras.Input((None, 2)), keras.Input((3,))
    start = [keras.layers.Dense(SIZE)(before) for _ in range(CELLS[cell].state)]
    model = keras.Model([vectors, before], Recurrent(cell, SIZE)(vectors, initial_state=start))
    inputs = [rng.normal(size=(BATCH, TOKENS, 2)), rng.normal(size=(BATCH, 3))]
    check_gradients(model, inputs)
    np.testing.assert_array_equal(revived(model)(inputs), model(inputs))


def test_an_invalid_initial_state_is_rejected():
    vectors, state = np.zeros((1, 2, 3), "float32"), np.zeros((1, SIZE), "float32")
    with pytest.raises(
        ValueError,
        match="expected an initial state of 2 tensors for lstm and backward=False; received 1",
    ):
        Recurrent("lstm", SIZE)(vectors, initial_state=[state])
    with pytest.raises(
        ValueError, match="for gru and backward=False; received 1 tensors and backward=True"
    ):
        Recurrent("gru", SIZE, backward=True)(vectors, initial_state=[state])
