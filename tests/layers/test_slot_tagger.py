"""The slot tagger, which combines these layers: padding, saving, and a step on another backend."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.tasks.slot_filling.model import (
    IntentLoss,
    TokenLoss,
    build_model,
    decode,
    inference_inputs,
    losses,
)
from pipeline.tasks.slot_filling.settings import SlotFillingSettings

ROOT = Path(__file__).parents[2]
VOCABULARIES = {
    "words": [f"w{i}" for i in range(30)],
    "characters": [f"c{i}" for i in range(12)],
    "slots": ["city", "date"],
    "intents": ["book", "fare", "greet"],
}
SIZES = {"word_dim": 8, "character_dim": 4, "character_filters": 6, "hidden_dim": 10}


MODELS = {
    "crf": {},
    "softmax": {"crf": False},
    "deep_gru": {"encoder": "gru", "depth": 2},
    "forward_elman": {"encoder": "elman", "bidirectional": False},
    "window": {"encoder": "window"},
    "convolution": {"encoder": "convolution", "depth": 2},
    "self_attention": {"encoder": "self_attention", "hidden_dim": 8, "heads": 2},
    "attention_blocks": {"attention_blocks": 2, "hidden_dim": 8, "heads": 2},
    "elman_jordan": {"encoder": "elman_jordan", "crf": False},
    "two_members": {"members": 2, "neighbour_dim": 3},
}


@pytest.fixture(params=MODELS)
def settings(request):
    return SlotFillingSettings(
        task="slot_filling",
        data={"format": "jsonl", "files": {"train": "unused"}},
        tokenizer={"max_characters": 5},
        model={**SIZES, **MODELS[request.param]},
    )


@pytest.fixture
def tagger(settings):
    return build_model(settings, VOCABULARIES)


def batch(lengths, width):
    """Rows of these lengths, padded to `width` tokens, which does not change the ids."""
    words = np.zeros((len(lengths), width), "int32")
    characters = np.zeros((len(lengths), width, 5), "int32")
    for row, length in enumerate(lengths):
        draw = np.random.default_rng(row)
        words[row, :length] = draw.integers(1, 30, length)
        characters[row, :length] = draw.integers(1, 12, (length, 5))
    shapes = np.minimum(words, 6)
    return {"words": words, "characters": characters, "shapes": shapes, "ngrams": words}


def ask(tagger, inputs):
    return tagger(inference_inputs(tagger, inputs), training=False)


def test_output_shapes(tagger):
    outputs = ask(tagger, batch([3, 1], 4))
    assert outputs["tags"].shape == (2, 4, 5)
    assert outputs["intent"].shape == (2, 3)


def test_rows_do_not_depend_on_the_batch(tagger):
    lengths = [1, 4, 9, 2]
    inputs = batch(lengths, 12)
    together = ask(tagger, inputs)
    best, scores = decode(tagger, together["tags"], inputs["words"] != 0)
    for row, length in enumerate(lengths):
        alone_inputs = {name: ids[row : row + 1, :length] for name, ids in inputs.items()}
        alone = ask(tagger, alone_inputs)
        np.testing.assert_allclose(
            together["tags"][row, :length], alone["tags"][0], rtol=0, atol=1e-5
        )
        np.testing.assert_allclose(together["intent"][row], alone["intent"][0], rtol=0, atol=1e-5)
        tags, probabilities = decode(tagger, alone["tags"], alone_inputs["words"] != 0)
        np.testing.assert_array_equal(best[row, :length], tags[0])
        np.testing.assert_allclose(scores[row, :length], probabilities[0], rtol=0, atol=1e-5)


def test_a_row_without_tokens_gives_finite_outputs(tagger):
    inputs = batch([0, 3], 3)
    outputs = ask(tagger, inputs)
    _, scores = decode(tagger, outputs["tags"], inputs["words"] != 0)
    for values in (*outputs.values(), scores):
        assert np.isfinite(values).all()


def test_padding_has_no_influence_on_the_loss(settings, tagger):
    def loss(width):
        inputs = batch([2, 4], width)
        gold = np.where(inputs["words"] != 0, 1, -1)
        logits = ask(tagger, inputs)["member_tags"]
        return float(losses(settings, tagger)["member_tags"](gold, logits))

    assert loss(4) == pytest.approx(loss(20), rel=1e-5)


def test_token_loss_by_hand():
    logits = np.log([[[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]]])
    expected = -np.log(0.5) - np.log(0.75)  # summed over the tokens without padding
    assert float(TokenLoss()(np.array([[0, 1, -1]]), logits)) == pytest.approx(expected)


def test_a_smoothed_intent_loss_by_hand():
    logits = np.log([[0.7, 0.3]])
    expected = -0.8 * np.log(0.7) - 0.2 * (np.log(0.7) + np.log(0.3)) / 2
    assert float(IntentLoss(0.2)(np.array([0]), logits)) == pytest.approx(expected, rel=1e-6)


def test_members_differ_and_their_outputs_are_averaged():
    settings = SlotFillingSettings(
        task="slot_filling",
        data={"format": "jsonl", "files": {"train": "unused"}},
        model={**SIZES, "members": 3},
    )
    outputs = ask(build_model(settings, VOCABULARIES), batch([3, 5], 5))
    for answer, members in (("tags", "member_tags"), ("intent", "member_intents")):
        each = np.array(outputs[members])
        assert each.shape == (2, 3, *outputs[answer].shape[1:])
        assert not np.allclose(each[:, 0], each[:, 1])
        np.testing.assert_allclose(outputs[answer], each.mean(axis=1), rtol=1e-5, atol=1e-6)


def test_dropout_uses_the_seed_of_the_settings(settings):
    inputs = batch([5, 5], 5)

    def draws():
        keras.utils.set_random_seed(settings.train.seed)
        tagger = build_model(settings, VOCABULARIES)
        return np.array(tagger(inference_inputs(tagger, inputs), training=True)["intent"])

    np.testing.assert_array_equal(draws(), draws())


def test_saved_model_round_trip(tagger, revived):
    inputs = batch([3, 6], 6)
    loaded = revived(tagger)
    for name, expected in ask(tagger, inputs).items():
        np.testing.assert_array_equal(ask(loaded, inputs)[name], expected)


STEP = """
import keras, numpy as np
from tests.layers.test_slot_tagger import SIZES, VOCABULARIES, batch
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.model import build_model, losses

settings = SlotFillingSettings(
    task="slot_filling", data={"format": "jsonl", "files": {"train": "unused"}},
    tokenizer={"max_characters": 5}, model=SIZES)
model = build_model(settings, VOCABULARIES)
model.compile(keras.optimizers.AdamW(0.01, global_clipnorm=5.0), loss=losses(settings, model))
inputs = batch([3, 6], 6)
gold = {"member_tags": np.where(inputs["words"] != 0, 1, -1), "member_intents": np.array([0, 2])}
before = [np.array(v) for v in model.trainable_variables]
loss = model.train_on_batch(inputs, gold)[0]
moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_variables)]
print(keras.backend.backend(), np.isfinite(loss), all(moved))
"""


@pytest.fixture
def on_jax():
    """A function that runs Python in a fresh process whose Keras computes with JAX."""
    jax = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in half the time
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments):
        command = [sys.executable, *arguments]
        environment = {**os.environ, **jax}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.slow
def test_training_step_on_the_jax_backend(on_jax):
    done = on_jax("-c", STEP)
    assert done.stdout.strip() == "jax True True", done.stderr


@pytest.mark.slow
def test_all_tests_pass_on_the_jax_backend(on_jax):
    folder = Path(__file__).parent
    done = on_jax("-m", "pytest", folder, "-q", "-m", "not slow", "-k", "not backend")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
