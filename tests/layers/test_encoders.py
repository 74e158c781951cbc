"""Common tests of all encoders: shapes, padding, batch independence, saving, gradients, JAX."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.layers.convolution import ConvolutionEncoder
from pipeline.layers.feed_forward import FeedForward
from pipeline.layers.jordan import Jordan
from pipeline.layers.recurrent import Recurrent
from pipeline.layers.self_attention import SelfAttentionEncoder
from pipeline.layers.window import Window

ROOT = Path(__file__).parents[2]
DIM = 8
ENCODERS = {
    "feed_forward": lambda: FeedForward(DIM),
    "window": lambda: Window(DIM),
    "convolution": lambda: ConvolutionEncoder(DIM),
    "self_attention": lambda: SelfAttentionEncoder(DIM, heads=2),
    "elman": lambda: Recurrent("elman", DIM),
    "lstm": lambda: Recurrent("lstm", DIM),
    "gru_backward": lambda: Recurrent("gru", DIM, backward=True),
    "jordan": lambda: Jordan(DIM, hidden_dim=6),
    "elman_jordan": lambda: Jordan(DIM, hidden_dim=6, elman=True),
}


@pytest.fixture(params=ENCODERS)
def encoder(request):
    """A layer with random weights and biases."""
    layer = ENCODERS[request.param]()
    layer(np.zeros((1, 2, 5), "float32"), np.ones((1, 2), bool))
    layer.set_weights([np.random.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def batch(lengths, tokens):
    """Rows of these lengths with large values at padding, and the mask."""
    mask = np.arange(tokens) < np.array(lengths)[:, None]
    vectors = np.random.normal(size=(len(lengths), tokens, 5)).astype("float32")
    return np.where(mask[:, :, None], vectors, 1000).astype("float32"), mask


def test_padding_and_the_batch_have_no_influence(encoder):
    lengths = [1, 7, 4, 12]
    vectors, mask = batch(lengths, 15)
    together = np.array(encoder(vectors, mask))
    assert together.shape == (4, 15, DIM)
    for row, length in enumerate(lengths):
        alone = encoder(vectors[row : row + 1, :length], mask[row : row + 1, :length])
        np.testing.assert_allclose(together[row, :length], alone[0], rtol=0, atol=1e-4)
        assert np.any(together[row, :length])


def test_states_are_zeros_at_padding_and_finite_in_empty_rows(encoder):
    vectors, mask = batch([0, 3, 5], 5)
    states = np.array(encoder(vectors, mask))
    assert np.isfinite(states).all()
    assert not states[~mask].any()


def test_implicit_masks_are_stopped(encoder):
    words = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(9, 5, mask_zero=True)(words)
    states = encoder(vectors, keras.ops.not_equal(words, 0))
    assert states.shape == (None, None, DIM)
    assert getattr(states, "_keras_mask", None) is None


def test_config_and_saved_model_round_trip(encoder, revived):
    again = type(encoder).from_config(encoder.get_config())
    assert again.get_config() == encoder.get_config()
    inputs = keras.Input((None, 5)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, encoder(*inputs))
    values = batch([3, 6, 0], 6)
    np.testing.assert_array_equal(revived(model)(values), model(values))


def test_gradients_are_finite_in_empty_rows(encoder, check_gradients):
    inputs = keras.Input((None, 5)), keras.Input((None,), dtype="bool")
    model = keras.Model(inputs, encoder(*inputs))
    check_gradients(model, list(batch([4, 0, 6], 6)))


STEP = """
import keras, numpy as np
from tests.layers.test_encoders import ENCODERS, batch

inputs = keras.Input((None, 5)), keras.Input((None,), dtype="bool")
model = keras.Model(inputs, [make()(*inputs) for make in ENCODERS.values()])
model.compile(keras.optimizers.SGD(0.1), loss=["mse"] * len(ENCODERS))
values, before = list(batch([3, 6], 6)), model.get_weights()
targets = np.random.normal(size=(2, 6, 8))  # normalised outputs cannot fit all ones
loss = model.train_on_batch(values, [targets] * len(ENCODERS))[0]
moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights())]
print(keras.backend.backend(), np.isfinite(loss), all(moved))
"""


@pytest.mark.slow
def test_training_step_on_the_jax_backend():
    jax = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in half the time
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        cwd=ROOT,
        env={**os.environ, **jax},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "jax True True", done.stderr
