"""The token loss against its definition, and its gradient against automatic differentiation."""

import keras
import numpy as np
import pytest
from keras import ops

from pipeline.layers.token_loss import token_losses

TOKENS, PIECES, WIDTH = 5, 7, 3


@pytest.fixture
def given():
    draw = np.random.RandomState(1)
    outputs, table = draw.normal(size=(TOKENS, WIDTH)), draw.normal(size=(PIECES, WIDTH))
    gold = np.array([0, 6, 3, 3, 1], np.int32)
    values = (outputs, table, draw.normal(size=PIECES))
    return [ops.convert_to_tensor(x, "float32") for x in values], gold


def by_definition(outputs, table, bias, gold, smoothing):
    logits = ops.matmul(outputs, ops.transpose(table)) + bias
    wanted = ops.one_hot(gold, PIECES) * (1 - smoothing) + smoothing / PIECES
    return -ops.sum(wanted * ops.log_softmax(logits), -1)


def gradients(function, values):
    """Compute the gradient of the summed losses in each value by the backend."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda given: function(*given))(values)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        total = function(*values)
    return tape.gradient(total, values)


def test_two_pieces_by_hand():
    """Of z = (1, 0) the loss of piece 0 is log(1 + 1/e); smoothed by 0.2, 0.1 more of the gap 1."""
    one = [ops.convert_to_tensor(x) for x in ([[1.0]], [[1.0], [0.0]], [0.0, 0.0])]
    loss = np.log(1 + np.exp(-1))
    gold = np.array([0], np.int32)
    assert np.allclose(token_losses(*one, gold), [loss])
    assert np.allclose(token_losses(*one, gold, smoothing=0.2), [loss + 0.2 * (1 - 0.5)])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_and_gradient_equal_the_definition(given, smoothing):
    values, gold = given
    weights = np.array([1.0, 0.5, 0.0, 2.0, 1.0], "float32")
    found = []
    for losses in (token_losses, by_definition):

        def summed(*values, losses=losses):
            return ops.sum(weights * losses(*values, gold, smoothing))

        found.append([losses(*values, gold, smoothing), *gradients(summed, values)])
    for ours, theirs in zip(*found, strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)


def test_large_logits_stay_finite(given):
    (outputs, table, bias), gold = given
    found = token_losses(100 * outputs, table, bias, gold)
    assert np.allclose(found, by_definition(100 * outputs, table, bias, gold, 0.0), atol=1e-3)


def test_half_precision_is_close(given):
    values, gold = given
    exact, near = (token_losses(*values, gold, 0.1, half) for half in (False, True))
    assert np.allclose(exact, near, atol=0.05)
    assert keras.backend.standardize_dtype(near.dtype) == "float32"
