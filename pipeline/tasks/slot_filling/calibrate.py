"""Calibrate a trained tagger: temperatures of its scores, and a threshold for rejection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.metrics.calibration import calibration_error, fit_temperature, threshold_for_precision
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.model import (
    INTENT_SCALE,
    inference_inputs,
    tag_probabilities,
    tag_scale_layer,
)
from pipeline.tasks.slot_filling.records import UtteranceRecord
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer, project_spans
from pipeline.text.vocabulary import PAD_ID

BATCH = 64
MAX_EXAMPLES = 2_000  # more do not change the few numbers that are fitted
EPSILON = 1e-12  # keeps logarithms finite

Group = dict[str, tf.Tensor]  # logits and gold labels of some examples


class Predictions(NamedTuple):
    """Predictions of tags or intents, each array [predictions].

    Attributes:
        scores: The probability of the best label.
        correct: Whether the best label is the gold label.
        gold: The probability of the gold label.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    gold: NDArray[np.float64]


Predict = Callable[[Group], Predictions]


def calibrate(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[UtteranceRecord],
) -> dict[str, float]:
    """Set the temperatures of tags and intent, and the score below which an intent is rejected.

    Args:
        settings: `reject.precision` is the required precision of the intents that are not rejected.
        tokenizer: The tokenizer of the model.
        model: The trained model; its two temperatures and its threshold change.
        vocabularies: The vocabularies of the model.
        records: Records held out from training.

    Returns:
        The new values, and the expected calibration errors before and after, in percent.
    """
    tags, intent = tag_scale_layer(model), model.get_layer(INTENT_SCALE)
    for scale in (tags, intent):
        scale.temperature.assign(1.0)
    examples = list(records)[:MAX_EXAMPLES]
    groups = [
        _logits(tokenizer, model, vocabularies, examples[start : start + BATCH])
        for start in range(0, len(examples), BATCH)
    ]
    result = {}
    predictors = (("tags", tags, _tags(model)), ("intent", intent, _intents(intent)))
    for name, scale, predict in predictors:
        before = _error(predict, groups)
        scale.temperature.assign(_best_temperature(predict, scale, groups))
        result[f"{name}_temperature"] = float(scale.temperature)
        result[f"{name}_error_before"], result[f"{name}_error"] = before, _error(predict, groups)
    scores, correct, _ = _concatenated(_intents(intent), groups)
    precision = settings.reject.precision
    intent.threshold.assign(
        threshold_for_precision(scores, correct, precision) if precision else 0.0
    )
    return {**result, "reject_threshold": float(intent.threshold)}


def _logits(
    tokenizer: SlotTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[UtteranceRecord],
) -> Group:
    """Return logits at temperature 1, and gold labels; an unknown label is -1."""
    tokenized, features = tokenizer(tf.constant([record["text"] for record in records]))
    slot_ids = {slot: i for i, slot in enumerate(vocabularies["slots"])}
    intent_ids = {intent: i for i, intent in enumerate(vocabularies["intents"])}

    def padded(rows: Sequence[Sequence[int]], filler: int) -> tf.Tensor:
        width = max(1, *(len(row) for row in rows))
        return tf.constant([[*row, *[filler] * (width - len(row))] for row in rows], tf.int32)

    slots = [record["slots"] for record in records]
    gold = project_spans(
        tokenized,
        padded([columns["start"] for columns in slots], 0),
        padded([columns["end"] for columns in slots], 0),
        padded([[slot_ids.get(slot, -1) for slot in columns["slot"]] for columns in slots], -1),
    )
    outputs = model(inference_inputs(model, features), training=False)
    return {
        "mask": features["words"] != PAD_ID,
        "tags": outputs["tags"],
        "intent": outputs["intent"],
        "gold_tags": gold.to_tensor(0, shape=tf.shape(features["words"], tf.int64)),
        "gold_intent": np.array([intent_ids.get(record["intent"], -1) for record in records]),
    }


def _tags(model: keras.Model) -> Predict:
    """Return a function that gives a prediction for each real token."""
    # As a graph, since the recursions of a CRF take fifty times as long in eager mode.
    probabilities_of = tf.function(
        lambda logits, mask: tag_probabilities(model, logits, mask), reduce_retracing=True
    )

    def predict(group: Group) -> Predictions:
        probabilities = np.asarray(probabilities_of(group["tags"], group["mask"]))
        real = np.asarray(group["mask"])
        return _predictions(probabilities[real], np.asarray(group["gold_tags"])[real])

    return predict


def _intents(scale: keras.layers.Layer) -> Predict:
    """Return a function that gives a prediction for each example."""

    def predict(group: Group) -> Predictions:
        logits = np.asarray(group["intent"]) / float(scale.temperature)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        softmax = exponentials / exponentials.sum(axis=1, keepdims=True)
        return _predictions(softmax, group["gold_intent"])

    return predict


def _predictions(probabilities: NDArray[np.float64], gold: NDArray[np.integer]) -> Predictions:
    best = probabilities.argmax(axis=1)
    of_gold = probabilities[np.arange(len(gold)), np.maximum(gold, 0)]
    return Predictions(
        probabilities.max(axis=1), best == gold, np.where(gold >= 0, of_gold, EPSILON)
    )


def _concatenated(predict: Predict, groups: Sequence[Group]) -> Predictions:
    predictions = [predict(group) for group in groups]
    return Predictions(*(np.concatenate(column) for column in zip(*predictions, strict=True)))


def _error(predict: Predict, groups: Sequence[Group]) -> float:
    predictions = _concatenated(predict, groups)
    return calibration_error(predictions.scores, predictions.correct)


def _best_temperature(
    predict: Predict, scale: keras.layers.Layer, groups: Sequence[Group]
) -> float:
    def loss(temperature: float) -> float:
        scale.temperature.assign(temperature)
        return -float(np.log(_concatenated(predict, groups).gold + EPSILON).mean())

    return fit_temperature(loss, steps=16)
