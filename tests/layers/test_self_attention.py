"""Self-attention: by hand, relative positions, and chunks for long texts."""

import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.layers import self_attention
from pipeline.layers.self_attention import SelfAttentionBlock, SelfAttentionEncoder

STATES = np.array([[[3, 1], [0, 4]]], "float32")  # LayerNorm makes them (1, -1) and (-1, 1)
BOTH = np.array([[True, True]])


@pytest.fixture
def block():
    """A block with one head of size 2; weights are 0, norms have initial values."""
    layer = SelfAttentionBlock(2, heads=1)
    layer.build((None, None, 2))
    for part in (layer.queries_keys_values, layer.attended, layer.inner, layer.outer):
        part.set_weights([np.zeros(w.shape) for w in part.get_weights()])
    return layer


def test_attention_by_hand(block):
    block.queries_keys_values.kernel.assign(np.hstack([np.eye(2)] * 3))
    block.attended.kernel.assign(np.eye(2))
    # |q|^2 = 2. Itself: 2 / sqrt(2). The other, opposite and rotated by 1: -2 cos(1) / ...
    itself, other = math.exp(math.sqrt(2)), math.exp(-math.sqrt(2) * math.cos(1))
    share = itself / (itself + other)
    np.testing.assert_allclose(
        block.attention_weights(STATES, BOTH),
        [[[[share, 1 - share], [1 - share, share]]]],
        rtol=1e-5,
    )
    taken = 2 * share - 1  # share (1, -1) + (1 - share) (-1, 1)
    expected = [[[3 + taken, 1 - taken], [-taken, 4 + taken]]]
    np.testing.assert_allclose(block(STATES, BOTH), expected, rtol=1e-5, atol=1e-5)


def test_feed_forward_by_hand(block):
    inner, outer = np.zeros((2, 8)), np.zeros((8, 2))
    inner[:, :2] = np.eye(2)
    outer[:2] = [[5, 7], [100, 200]]
    block.inner.kernel.assign(inner)
    block.outer.set_weights([outer, np.array([0.5, 0])])
    # relu(1), relu(-1) = 1, 0 at the first token; 0, 1 at the second
    expected = [[[3 + 5.5, 1 + 7], [0 + 100.5, 4 + 200]]]
    np.testing.assert_allclose(block(STATES, BOTH), expected, rtol=1e-5)


def test_scores_depend_on_signed_distance_only():
    layer, word = SelfAttentionEncoder(8, depth=1, heads=2), np.random.normal(size=3)
    text = np.tile(word, (1, 9, 1)).astype("float32")
    logs = np.log(layer.attention_weights(text, np.ones((1, 9), bool)))[0]
    differences = logs - np.diagonal(logs, axis1=1, axis2=2)[:, :, None]
    for distance in (-4, -1, 1, 4):
        found = np.diagonal(differences, distance, axis1=1, axis2=2)
        np.testing.assert_allclose(found, found[:, :1] + np.zeros_like(found), rtol=0, atol=1e-4)
    assert not np.allclose(differences[:, 4, 3], differences[:, 4, 5], rtol=0, atol=1e-3)


def test_attention_weights_sum_to_1_over_real_tokens():
    layer, vectors = SelfAttentionEncoder(8, heads=2), np.random.normal(size=(2, 5, 3))
    mask = np.arange(5) < np.array([[5], [3]])
    weights = np.array(layer.attention_weights(vectors.astype("float32"), mask))
    assert weights.shape == (2, 2, 5, 5)
    real = np.broadcast_to(mask[:, None], weights.shape[:3])
    np.testing.assert_allclose(weights.sum(-1), real, rtol=0, atol=1e-5)
    assert not weights[1, :, :, 3:].any()


def test_every_token_influences_all_others():
    layer, mask = SelfAttentionEncoder(8, depth=1, heads=2), np.ones((1, 30), bool)
    vectors = np.random.normal(size=(1, 30, 3)).astype("float32")
    changed = vectors.copy()
    changed[0, 20] += 1
    assert np.any(np.array(layer(vectors, mask) != layer(changed, mask)), axis=-1).all()


def test_chunks_change_neither_states_nor_gradients(monkeypatch):
    inputs = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    values = [np.random.normal(size=(2, 7, 3)), np.arange(7) < np.array([[7], [4]])]
    targets = np.random.normal(size=(2, 7, 8))

    def trained():
        keras.utils.set_random_seed(1)
        model = keras.Model(inputs, SelfAttentionEncoder(8, heads=2, dropout=0)(*inputs))
        model.compile(keras.optimizers.SGD(1.0), loss="mse")
        model.train_on_batch(values, targets)
        return [*model.get_weights(), np.array(model(values))]

    at_once = trained()
    monkeypatch.setattr(self_attention, "LARGEST_SCORES", 60)  # 3 queries in a chunk
    for whole, chunked in zip(at_once, trained(), strict=True):
        np.testing.assert_allclose(chunked, whole, rtol=0, atol=1e-5)


def test_dropout_uses_its_seed_and_is_in_training_only():
    vectors, mask = np.random.normal(size=(2, 4, 3)).astype("float32"), np.ones((2, 4), bool)

    def states(training):
        keras.utils.set_random_seed(1)
        layer = SelfAttentionEncoder(8, heads=2, dropout=0.5, seed=3)
        return np.array(layer(vectors, mask, training=training))

    np.testing.assert_array_equal(states(True), states(True))
    assert not np.allclose(states(True), states(False))


def test_an_invalid_number_of_heads_is_rejected():
    with pytest.raises(
        ValueError, match=r"hidden_dim is 10; expected a multiple of 2 \* heads = 8"
    ):
        SelfAttentionEncoder(10, heads=4)


LONG = """
import resource
import keras, numpy as np
from pipeline.layers import self_attention

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
self_attention.LARGEST_SCORES = 2**21  # 8 MiB
model = keras.Model(inputs, self_attention.SelfAttentionEncoder(8, depth=1)(*inputs))
model.compile("sgd", loss="mse")
for tokens in (5, 2500):
    values = [np.ones((4, tokens, 4), "float32"), np.ones((4, tokens), bool)]
    before = peak()
    model.train_on_batch(values, np.ones((4, tokens, 8), "float32"))
print(peak() - before)
"""


@pytest.mark.slow
def test_training_does_not_store_all_scores_of_long_texts():
    done = subprocess.run(
        [sys.executable, "-c", LONG],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    # MiB; stored as a whole, they are 4 rows x 4 heads x 2500^2 x 4 bytes = 381.
    assert float(done.stdout) < 250, done.stderr  # about 120
