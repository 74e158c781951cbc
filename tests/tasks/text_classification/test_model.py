"""The classifier: shapes, padding, its parts, several labels, calibration, answers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.stages.training.assembly import write_vocabularies
from pipeline.tasks.text_classification import serving
from pipeline.tasks.text_classification.calibrate import calibrate
from pipeline.tasks.text_classification.growth import layout
from pipeline.tasks.text_classification.model import (
    LABEL_SCALE,
    LABEL_THRESHOLDS,
    MEMBERS,
    WIDE,
    build_model,
    losses,
    probabilities,
)
from pipeline.tasks.text_classification.ngram_fit import fit_ngrams
from pipeline.tasks.text_classification.tokenizer import build_tokenizer, learn

VOCABULARIES_OF = {"pieces": [f"w{i}" for i in range(20)], "labels": ["a", "b", "c"]}
SIZES = {"embedding_dim": 8, "hidden_dim": 8}
RECORDS = [
    {"text": "good film", "labels": ["pos"], "source": "f:1"},
    {"text": "fine film", "labels": ["pos"], "source": "f:2"},
    {"text": "bad film", "labels": ["neg"], "source": "f:3"},
    {"text": "awful", "labels": ["neg"], "source": "f:4"},
]


def settings_of(make_settings, **model):
    tokenizer = {"kind": "words", "min_count": 1}
    ngrams = {"buckets": 64}
    return make_settings(tokenizer=tokenizer, ngrams=ngrams, model={**SIZES, **model})


def batch(width):
    tokens = np.zeros((2, width), "int32")
    tokens[0, :4], tokens[1, :2] = [2, 3, 4, 5], [6, 7]
    return {"tokens": tokens, "ngrams": np.where(tokens > 0, tokens + 10, 0).astype("int32")}


@pytest.mark.parametrize(
    "model",
    [
        {"encoder": "none"},
        {"encoder": "mean", "ngrams": False},
        {"encoder": "text_cnn"},
        {"encoder": "convolution", "pooling": "max"},
        {"encoder": "self_attention", "heads": 2, "pooling": "mean"},
        {"encoder": "lstm", "pooling": "attention"},
        {"encoder": "gru", "bidirectional": False, "pooling": "last"},
        {"encoder": "elman", "depth": 2, "pooling": "last"},
        {"encoder": ["text_cnn", "gru", "mean"], "ngrams": False},
    ],
    ids=lambda model: str(model["encoder"]),
)
def test_padding_changes_nothing(make_settings, model):
    classifier = build_model(settings_of(make_settings, **model), VOCABULARIES_OF)
    for weight in classifier.weights:
        if weight.dtype == "float32" and weight.trainable:
            weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    narrow, wide = (classifier(batch(width), training=False)["label"] for width in (4, 9))
    assert narrow.shape == (2, 3)
    np.testing.assert_allclose(narrow, wide, atol=1e-5)
    assert np.abs(narrow[0] - narrow[1]).max() > 1e-3


def test_logits_of_both_parts_are_added(make_settings):
    both = build_model(settings_of(make_settings, encoder="mean"), VOCABULARIES_OF)
    bag = both.get_layer("wide")
    bag.weights_of_ngrams.assign(np.random.default_rng(1).normal(size=(64, 3)))
    inputs = batch(4)
    without = {**inputs, "ngrams": np.zeros((2, 1), "int32")}
    difference = both(inputs, training=False)["label"] - both(without, training=False)["label"]
    np.testing.assert_allclose(difference, bag(inputs["ngrams"]), atol=1e-5)


def test_a_model_without_encoder_and_ngrams_is_rejected(make_settings):
    with pytest.raises(ValueError, match="expected an encoder or ngrams: true"):
        settings_of(make_settings, encoder="none", ngrams=False)


def test_invalid_lists_of_encoders_are_rejected(make_settings):
    with pytest.raises(ValueError, match="encoder is a list with `none`"):
        settings_of(make_settings, encoder=["none", "lstm"])
    with pytest.raises(ValueError, match=r"expected ngrams\.fit: svm or"):
        settings_of(make_settings, encoder=["lstm", "lstm"])


def test_the_answer_is_the_mean_of_the_members(make_settings):
    settings = make_settings(
        tokenizer={"kind": "words"},
        ngrams={"buckets": 64, "fit": "svm"},
        model={**SIZES, "encoder": ["mean", "text_cnn"]},
    )
    model = build_model(settings, VOCABULARIES_OF)
    model.get_layer(WIDE).weights_of_ngrams.assign(np.random.default_rng(1).normal(size=(64, 3)))
    outputs = model(batch(4), training=False)
    members = keras.ops.convert_to_numpy(outputs[MEMBERS])
    assert members.shape == (2, 3, 3)
    np.testing.assert_allclose(outputs["label"], members.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(members[:, 2], model.get_layer(WIDE)(batch(4)["ngrams"]), atol=1e-6)
    assert np.abs(members[:, 0] - members[:, 1]).max() > 1e-3
    trainable = [weight.path for weight in model.trainable_weights]
    assert "wide/bias" in trainable
    assert "wide/weights" not in trainable


@pytest.mark.parametrize("weighting", ["idf", "naive_bayes"])
def test_svms_are_fitted_before_training(make_settings, tmp_path, weighting):
    ngrams = {"buckets": 512, "fit": "svm", "weighting": weighting, "gain": 3.0, "cost": 10.0}
    settings = make_settings(model={"encoder": "none"}, ngrams=ngrams)
    vocabularies = learn(settings, RECORDS)
    tokenizer = build_tokenizer(settings, tmp_path)
    model = build_model(settings, vocabularies)
    fit_ngrams(settings, tokenizer, model, vocabularies, RECORDS)
    ids = tokenizer(tf.constant([record["text"] for record in RECORDS]))[1]
    logits = np.asarray(model({"tokens": ids, "ngrams": ids}, training=False)["label"])
    # All training texts are near their margins, y (w x + b) = 1, here times the gain.
    signs = np.array([[-1, 1], [-1, 1], [1, -1], [1, -1]])
    assert (logits * signs > 0.8 * 3).all()


def test_ngram_scales_are_set_before_training(make_settings, tmp_path):
    settings = make_settings(model={"encoder": "none"}, ngrams={"buckets": 512, "words": 1})
    vocabularies = learn(settings, RECORDS)
    tokenizer = build_tokenizer(settings, tmp_path)
    model = build_model(settings, vocabularies)
    fit_ngrams(settings, tokenizer, model, vocabularies, RECORDS)
    (ids,) = tokenizer(tf.constant(["film bad never"]))[1].numpy()
    scale = np.array(keras.ops.convert_to_numpy(model.get_layer("wide").scale))[ids]
    # "film" occurs with both labels, "bad" with one, "never" with none.
    assert scale[2].tolist() == [0, 0]
    assert (np.abs(scale[1]) > np.abs(scale[0])).all()


def test_losses_by_hand(make_settings):
    logits, gold = np.array([[2.0, 0.0, 0.0]], "float32"), np.array([[1.0, 0.0, 0.0]], "float32")
    one = settings_of(make_settings)
    loss = losses(one, build_model(one, VOCABULARIES_OF))[MEMBERS]
    right, flat = -np.log(np.exp(2) / (np.exp(2) + 2)), np.log(3)
    assert float(loss(gold, logits[:, None])) == pytest.approx(right)
    # Each member has its own loss; the mean of the members does not matter.
    both = np.stack([logits, np.zeros_like(logits)], axis=1)
    assert float(loss(gold, both)) == pytest.approx(right + flat)
    several = make_settings(data={"multi_label": True}, model={**SIZES, "encoder": "mean"})
    loss = losses(several, build_model(several, VOCABULARIES_OF))[MEMBERS]
    expected = (np.log1p(np.exp(-2.0)) + 2 * np.log(2)) / 3
    assert float(loss(gold, logits[:, None])) == pytest.approx(expected, rel=1e-5)


def trained(make_settings, tmp_path, **data):
    """Return settings, tokenizer, naive Bayes model before its first step, and vocabularies."""
    settings = make_settings(data=data, model={"encoder": "none"}, ngrams={"buckets": 512})
    vocabularies = learn(settings, RECORDS)
    write_vocabularies(tmp_path, vocabularies)
    tokenizer = build_tokenizer(settings, tmp_path)
    model = build_model(settings, vocabularies)
    fit_ngrams(settings, tokenizer, model, vocabularies, RECORDS)
    return settings, tokenizer, model, vocabularies


def answers_of(service, texts):
    outputs = service.signatures["serving_default"](tf.constant(texts))
    arrays = {name: value.numpy() for name, value in outputs.items()}
    return arrays, serving.read_answers(texts, arrays)


def test_answers_of_one_label(make_settings, tmp_path):
    settings, tokenizer, model, vocabularies = trained(make_settings, tmp_path)
    calibration = calibrate(settings, tokenizer, model, vocabularies, RECORDS)
    assert calibration["error"] <= calibration["error_before"] + 1e-6
    assert calibration["reject_threshold"] == 0
    texts = ["good", "awful film", ""]
    outputs, answers = answers_of(serving.build_service(tokenizer, model, vocabularies), texts)
    assert outputs["labels"].tolist() == [[b"neg", b"pos"]] * 3
    np.testing.assert_allclose(outputs["scores"].sum(axis=1), 1, rtol=1e-5)
    assert [answer["label"] for answer in answers[:2]] == ["pos", "neg"]
    for answer in answers:
        assert list(answer) == ["text", "label", "score", "scores", "rejected"]
        assert next(iter(answer["scores"])) == answer["label"] or len(set(answer["scores"])) == 1
        assert (
            answer["scores"][answer["label"]] == answer["score"] == max(answer["scores"].values())
        )
        assert not answer["rejected"]


def test_unsure_answers_are_rejected(make_settings, tmp_path):
    _, tokenizer, model, vocabularies = trained(make_settings, tmp_path)
    model.get_layer(LABEL_SCALE).threshold.assign(0.6)
    texts = ["good fine", "", "unheard of"]
    _, answers = answers_of(serving.build_service(tokenizer, model, vocabularies), texts)
    assert [answer["rejected"] for answer in answers] == [False, True, True]


def test_answers_of_several_labels(make_settings, tmp_path):
    settings, tokenizer, model, vocabularies = trained(make_settings, tmp_path, multi_label=True)
    paths = {weight.path for weight in model.weights}
    assert paths >= set(layout(settings, vocabularies).calibrated)
    calibrate(settings, tokenizer, model, vocabularies, RECORDS)
    thresholds = keras.ops.convert_to_numpy(model.get_layer(LABEL_THRESHOLDS).thresholds)
    assert thresholds.shape == (2,)
    _, answers = answers_of(
        serving.build_service(tokenizer, model, vocabularies), ["good film", "bad"]
    )
    assert [answer["labels"] for answer in answers] == [["pos"], ["neg"]]
    model.get_layer(LABEL_THRESHOLDS).thresholds.assign([1.1, 1.1])
    _, answers = answers_of(serving.build_service(tokenizer, model, vocabularies), ["good film"])
    assert answers[0]["labels"] == []


def test_probabilities_are_softmax_or_sigmoid(make_settings):
    logits = np.zeros((1, 3), "float32")
    one = build_model(settings_of(make_settings), VOCABULARIES_OF)
    np.testing.assert_allclose(probabilities(one, logits), [[1 / 3] * 3])
    several = make_settings(data={"multi_label": True}, model={**SIZES, "encoder": "mean"})
    np.testing.assert_allclose(
        probabilities(build_model(several, VOCABULARIES_OF), logits), [[0.5] * 3]
    )
