"""Temperatures and the threshold: what they are fitted to, and that it can be done again."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.tasks.slot_filling.calibrate import calibrate
from pipeline.tasks.slot_filling.model import (
    INTENT_SCALE,
    build_model,
    inference_inputs,
    tag_scale_layer,
)
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import build_tokenizer
from pipeline.text.vocabulary import write_terms

VOCABULARIES = {
    "words": ["<pad>", "<unk>", "to", "from", "oslo", "rome"],
    "characters": ["<pad>", "<unk>", *"tofrmsle"],
    "slots": ["arrival", "departure"],
    "intents": ["book", "fare"],
}


@pytest.fixture(params=[True, False], ids=["crf", "softmax"])
def settings(request):
    return SlotFillingSettings(
        task="slot_filling",
        data={"format": "jsonl", "files": {"train": "unused"}},
        model={"word_dim": 4, "character_dim": 2, "hidden_dim": 4, "crf": request.param},
        reject={"precision": 80.0},
    )


@pytest.fixture
def parts(settings, tmp_path):
    for name in ("words", "characters"):
        write_terms(tmp_path / f"{name}.txt", VOCABULARIES[name])
    keras.utils.set_random_seed(1)
    return build_tokenizer(settings, tmp_path), build_model(settings, VOCABULARIES)


@pytest.fixture
def records(make_record):
    """Each text twice with one intent and once with the other, so that no answer is sure."""
    found = []
    for slot, word in (("arrival", "to"), ("departure", "from")):
        for city in ("oslo", "rome"):
            start = len(word) + 1
            for intent in ("book", "book", "fare"):
                text = f"{word} {city}"
                found.append(make_record(text, intent, [(slot, start, len(text))]))
    return found


def intent_scores(tokenizer, model, records):
    _, features = tokenizer(tf.constant([record["text"] for record in records]))
    logits = model(inference_inputs(model, features), training=False)["intent"]
    return np.array(keras.ops.softmax(logits))


def test_scores_that_are_too_sure_are_cooled(settings, parts, records):
    tokenizer, model = parts
    head = model.get_layer("intent_1")
    # Sure of `book`, by a logit of 9, though it is right in two of three cases.
    head.set_weights([0 * head.get_weights()[0], np.array([9.0, 0.0])])
    found = calibrate(settings, tokenizer, model, VOCABULARIES, records)
    # softmax(9 / T, 0) = 2/3 where 9 / T = log 2.
    assert found["intent_temperature"] == pytest.approx(9 / np.log(2), rel=0.02)
    np.testing.assert_allclose(intent_scores(*parts, records)[:, 0], 2 / 3, atol=0.01)
    assert found["intent_error_before"] == pytest.approx(100 / 3, abs=0.1)
    assert found["intent_error"] < 1
    assert found["reject_threshold"] > 1  # 80 % are out of reach: nothing is given as sure


def test_fitting_again_changes_nothing(settings, parts, records):
    tokenizer, model = parts
    first = calibrate(settings, tokenizer, model, VOCABULARIES, records)
    assert float(tag_scale_layer(model).temperature) == pytest.approx(first["tags_temperature"])
    assert float(model.get_layer(INTENT_SCALE).temperature) != 1.0
    assert calibrate(settings, tokenizer, model, VOCABULARIES, records) == pytest.approx(first)


def test_nothing_is_rejected_unless_a_precision_is_asked_for(settings, parts, records):
    settings = settings.model_copy(update={"reject": type(settings.reject)()})
    assert calibrate(settings, *parts, VOCABULARIES, records)["reject_threshold"] == 0


def test_labels_that_training_does_not_know_count_as_wrong(settings, parts, make_record):
    records = [make_record("to oslo", "dance", [("pet", 3, 7)]), make_record("", "book")]
    found = calibrate(settings, *parts, VOCABULARIES, records)
    assert np.isfinite(list(found.values())).all()
