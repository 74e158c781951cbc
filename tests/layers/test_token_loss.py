"""The loss of the next token against its definition, and its gradient against the backend's own."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from pipeline.layers.token_loss import token_losses

TOKENS, PIECES, WIDTH = 5, 7, 3


@pytest.fixture
def given():
    draw = np.random.RandomState(1)
    outputs, table = draw.normal(size=(TOKENS, WIDTH)), draw.normal(size=(PIECES, WIDTH))
    gold = np.array([0, 6, 3, 3, 1], np.int32)
    return [tf.constant(x, tf.float32) for x in (outputs, table, draw.normal(size=PIECES))], gold


def by_definition(outputs, table, bias, gold, smoothing):
    logits = tf.matmul(outputs, table, transpose_b=True) + bias
    wanted = tf.one_hot(gold, PIECES) * (1 - smoothing) + smoothing / PIECES
    return -tf.reduce_sum(wanted * tf.nn.log_softmax(logits), -1)


def test_two_pieces_by_hand():
    """Of z = (1, 0) the loss of piece 0 is log(1 + 1/e); smoothed by 0.2, 0.1 more of the gap 1."""
    one = [ops.convert_to_tensor(x) for x in ([[1.0]], [[1.0], [0.0]], [0.0, 0.0])]
    loss = np.log(1 + np.exp(-1))
    gold = np.array([0], np.int32)
    assert np.allclose(token_losses(*one, gold), [loss])
    assert np.allclose(token_losses(*one, gold, smoothing=0.2), [loss + 0.2 * (1 - 0.5)])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_and_gradient_are_those_of_the_definition(given, smoothing):
    values, gold = given
    weights = tf.constant([1.0, 0.5, 0.0, 2.0, 1.0])
    found = []
    for losses in (token_losses, by_definition):
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = losses(*values, gold, smoothing)
            summed = tf.reduce_sum(weights * total)
        found.append([total, *tape.gradient(summed, values)])
    for ours, theirs in zip(*found, strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)


def test_large_logits_stay_finite(given):
    (outputs, table, bias), gold = given
    found = token_losses(100 * outputs, table, bias, gold)
    assert np.allclose(found, by_definition(100 * outputs, table, bias, gold, 0.0), atol=1e-3)


def test_half_precision_is_near(given):
    values, gold = given
    exact, near = (token_losses(*values, gold, 0.1, half) for half in (False, True))
    assert np.allclose(exact, near, atol=0.05)
    assert near.dtype == tf.float32
