"""Common tests of all decoders: teacher forcing equals steps, causality, padding, saving."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.layers.recurrent import CELLS
from pipeline.layers.recurrent_decoder import RecurrentDecoder
from pipeline.layers.self_attention_decoder import SelfAttentionDecoder
from pipeline.layers.source_attention import ATTENTIONS

ROOT = Path(__file__).parents[2]
DIM, TARGETS, SOURCE = 8, 4, 5
SHORT = {True: "fed", False: "unfed"}
RECURRENT = {
    f"{cell}-{attention}-{SHORT[fed]}-{depth}": lambda c=cell, a=attention, f=fed, d=depth: (
        RecurrentDecoder(c, DIM, d, a, f, dropout=0.3, seed=1, heads=2)
    )
    for cell, attention, fed, depth in product(CELLS, ATTENTIONS, (False, True), (1, 2))
}
SELF_ATTENTION = {
    f"self_attention-{attention}-{depth}": lambda a=attention, d=depth: SelfAttentionDecoder(
        DIM, d, heads=2, attention=a, dropout=0.3, seed=1
    )
    for attention, depth in product(ATTENTIONS, (1, 2))
}
DECODERS = {**RECURRENT, **SELF_ATTENTION}
SOME = (
    "elman-none-fed-1",
    "lstm-additive-fed-2",
    "lstm-dot-unfed-2",
    "gru-additive-unfed-1",
    "gru-multi_head-fed-1",
    "self_attention-none-1",
    "self_attention-multi_head-2",
)


def batch():
    """Vectors, memory with large values at padding, its mask, summary; one source is empty."""
    rng = np.random.default_rng(7)
    mask = np.arange(SOURCE) < np.array([[5], [3], [0]])
    memory = np.where(mask[:, :, None], rng.normal(size=(3, SOURCE, 6)), 1e3)
    parts = rng.normal(size=(3, TARGETS, 5)), memory, mask, rng.normal(size=(3, 7))
    return [part if part.dtype == bool else part.astype("float32") for part in parts]


def made(name):
    """A decoder with random weights and biases."""
    decoder, rng = DECODERS[name](), np.random.default_rng(8)
    decoder(*batch())
    for weight in decoder.trainable_weights:
        weight.assign(rng.normal(size=weight.shape) / 2)
    return decoder


def model_of(decoder):
    inputs = [
        keras.Input((None, 5)),
        keras.Input((None, 6)),
        keras.Input((None,), dtype="bool"),
        keras.Input((7,)),
    ]
    outputs, attention = decoder(*inputs)
    assert outputs.shape == (None, None, DIM)
    assert attention.shape == (None, None, None)
    return keras.Model(inputs, [outputs, attention])


def by_steps(decoder, vectors, fixed, state):
    """Compute outputs and attention of [batch, n, target, dim], step by step."""
    found = []
    for target in range(vectors.shape[2]):
        outputs, state, attention = decoder.step(vectors[:, :, target], state, fixed)
        found.append((outputs, attention))
    return [np.stack([np.array(part) for part in parts], 2) for parts in zip(*found, strict=True)]


# Two layers are tested with some attentions only.
WHOLE = [name for name in DECODERS if name.endswith("2") or "additive" in name or name in SOME]


@pytest.mark.parametrize("name", WHOLE)
def test_teacher_forcing_equals_steps(name):
    decoder, (vectors, *source) = made(name), batch()
    outputs, attention = (np.array(part) for part in decoder(vectors, *source))
    fixed = decoder.fix(*source)
    stepped = by_steps(decoder, vectors[:, None], fixed, decoder.start(fixed))
    np.testing.assert_allclose(stepped[0][:, 0], outputs, atol=1e-5)
    np.testing.assert_allclose(stepped[1][:, 0], attention, atol=1e-5)
    expected = 0 if "none" in name else np.broadcast_to([[1], [1], [0]], (3, TARGETS))
    np.testing.assert_allclose(attention.sum(-1), expected, atol=1e-5)
    assert not attention[~np.broadcast_to(source[1][:, None], attention.shape)].any()


@pytest.fixture(params=SOME)
def decoder(request):
    return made(request.param)


def test_hypotheses_are_independent(decoder):
    vectors, *source = batch()
    both = np.stack([vectors, vectors[:, ::-1]], axis=1)
    fixed = decoder.fix(*source)
    start = {
        name: keras.ops.concatenate([part, part], axis=1)
        for name, part in decoder.start(fixed).items()
    }
    outputs, attention = by_steps(decoder, both, fixed, start)
    for way in range(2):
        whole = decoder(both[:, way], *source)
        np.testing.assert_allclose(outputs[:, way], whole[0], atol=1e-5)
        np.testing.assert_allclose(attention[:, way], whole[1], atol=1e-5)


def test_later_tokens_have_no_influence_on_earlier_ones(decoder):
    vectors, *source = batch()
    changed = vectors.copy()
    changed[:, 2] += 1
    for before, after in zip(decoder(vectors, *source), decoder(changed, *source), strict=True):
        np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert np.any(np.array(decoder(vectors, *source)[0] != decoder(changed, *source)[0])[:, 2:])


def test_source_padding_and_the_batch_have_no_influence(decoder):
    vectors, memory, mask, summary = batch()
    outputs, attention = decoder(vectors, memory, mask, summary)
    for row, length in enumerate((5, 3)):
        one = slice(row, row + 1)
        alone = decoder(vectors[one], memory[one, :length], mask[one, :length], summary[one])
        np.testing.assert_allclose(alone[0][0], outputs[row], atol=1e-6)
        np.testing.assert_allclose(alone[1][0], attention[row, :, :length], atol=1e-6)


def test_the_source_has_an_influence(decoder):
    vectors, memory, mask, summary = batch()
    outputs = np.array(decoder(vectors, memory, mask, summary)[0])
    changed = decoder(vectors, memory, mask, summary + 1)[0]
    heard = np.any(np.abs(outputs - np.array(changed)) > 1e-4, axis=(1, 2))
    if isinstance(decoder, SelfAttentionDecoder) and decoder.attention != "none":
        heard = np.any(np.abs(outputs - np.array(decoder(vectors, memory + 1, mask, summary)[0])))
    assert np.all(heard)


def test_all_weights_are_trained(decoder, check_gradients):
    model = model_of(decoder)
    check_gradients(keras.Model(model.inputs, model.outputs[0]), batch())


def test_config_and_saved_model_round_trip(decoder, revived):
    again = type(decoder).from_config(decoder.get_config())
    assert again.get_config() == decoder.get_config()
    model = model_of(decoder)
    loaded = revived(model)
    for found, expected in zip(loaded(batch()), model(batch()), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_dropout_is_random_and_in_training_only():
    decoder, inputs = made("gru-additive-fed-2"), batch()
    for other in (decoder, made("gru-additive-unfed-2"), made("self_attention-multi_head-1")):
        first, second = (np.array(other(*inputs, training=True)[0]) for _ in range(2))
        assert not np.allclose(first, second)
        np.testing.assert_array_equal(other(*inputs)[0], other(*inputs)[0])


def test_implicit_masks_are_stopped(decoder):
    words = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(9, 5, mask_zero=True)(words)
    source = keras.Input((None, 6)), keras.Input((None,), dtype="bool"), keras.Input((7,))
    outputs, _ = decoder(vectors, *source)
    assert getattr(outputs, "_keras_mask", None) is None


@pytest.mark.parametrize("name", SOME)
def test_steps_use_the_dtype_policy(name):
    decoder, (vectors, *source) = DECODERS[name](), batch()
    decoder = type(decoder).from_config({**decoder.get_config(), "dtype": "mixed_bfloat16"})
    decoder(vectors, *source)
    fixed = decoder.fix(*source)
    start = decoder.start(fixed)
    outputs, state, _ = decoder.step(vectors[:, :1], start, fixed)
    for part in (outputs, *state.values(), *start.values()):
        assert keras.backend.standardize_dtype(part.dtype) == "bfloat16"


@pytest.mark.slow
def test_all_methods_run_in_a_graph_of_the_tensorflow_backend():
    import tensorflow as tf

    for name in ("lstm-additive-fed-2", "gru-dot-unfed-2", "self_attention-multi_head-1"):
        decoder, (vectors, *source) = made(name), batch()
        outputs = decoder(vectors, *source)[0]
        signature = [
            tf.TensorSpec([None, None, 5]),
            tf.TensorSpec([None, None, 6]),
            tf.TensorSpec([None, None], tf.bool),
            tf.TensorSpec([None, 7]),
        ]

        @tf.function(input_signature=signature)
        def two_steps(vectors, memory, mask, summary, decoder=decoder):
            fixed = decoder.fix(memory, mask, summary)
            _, state, _ = decoder.step(vectors[:, :1], decoder.start(fixed), fixed)
            found, state, attention = decoder.step(vectors[:, 1:2], state, fixed)
            with tf.GradientTape() as tape:
                tape.watch(vectors)
                trained, _ = decoder.force(vectors, fixed, training=True)
            gradient = tape.gradient(trained, vectors)
            return found, attention, decoder.force(vectors, fixed)[0], gradient

        second, attention, whole, gradient = two_steps(vectors, *source)
        assert np.all(np.any(gradient, axis=-1))
        np.testing.assert_allclose(second[:, 0], outputs[:, 1], atol=1e-5)
        np.testing.assert_allclose(whole, outputs, atol=1e-5)
        assert attention.shape == (3, 1, SOURCE)


STEP = """
import keras, numpy as np
from tests.layers.test_decoders import DECODERS, SOME, batch, model_of

models = [model_of(DECODERS[name]()) for name in SOME]
inputs = models[0].inputs
model = keras.Model(inputs, [each(inputs)[0] for each in models])
model.compile(keras.optimizers.SGD(0.1), loss=["mse"] * len(SOME))
before = [np.array(weight) for weight in model.trainable_weights]
targets = np.random.normal(size=(3, 4, 8))  # normalised outputs cannot fit all ones
loss = model.train_on_batch(batch(), [targets] * len(SOME))[0]
moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_weights)]
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
