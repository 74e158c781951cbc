"""Calibrate a trained classifier: its temperature, its rejection and label thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.metrics.calibration import calibration_error, fit_temperature, threshold_for_precision
from pipeline.metrics.thresholds import tune_thresholds
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.model import LABEL_SCALE, LABEL_THRESHOLDS, probabilities
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

BATCH = 64
EPSILON = 1e-12  # keeps logarithms finite


class Predictions(NamedTuple):
    """The predictions of a model, each array [texts].

    Attributes:
        scores: The probability of the best label.
        correct: Whether the best label is a gold label.
    """

    scores: NDArray[np.floating]
    correct: NDArray[np.bool_]


def calibrate(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[TextRecord],
) -> dict[str, float]:
    """Set the temperature, the score below which an answer is rejected, and label thresholds.

    Args:
        settings: `reject.precision` is the required precision of answers that are not rejected.
        tokenizer: The tokenizer of the model.
        model: The trained model; its temperature and thresholds change.
        vocabularies: The vocabularies of the model.
        records: Records held out from training.

    Returns:
        The new values, and the expected calibration errors before and after, in percent.
    """
    scale = model.get_layer(LABEL_SCALE)
    scale.temperature.assign(1.0)
    logits = _logits(tokenizer, model, [record["text"] for record in records])
    labels = list(vocabularies["labels"])
    gold = np.array([[label in record["labels"] for label in labels] for record in records])
    multi_label = settings.data.multi_label

    def probabilities_at(temperature: float) -> Any:
        return np.asarray(probabilities(model, logits / temperature))

    def loss(temperature: float) -> float:
        predicted = probabilities_at(temperature)
        of_gold = np.where(gold, predicted, 1 - predicted) if multi_label else predicted[gold]
        return -float(np.log(of_gold + EPSILON).mean())

    before = _error(probabilities_at(1.0), gold)
    temperature = fit_temperature(loss)
    scale.temperature.assign(temperature)
    calibrated = probabilities_at(temperature)
    scores, correct = _predictions(calibrated, gold)
    precision = settings.reject.precision
    scale.threshold.assign(
        threshold_for_precision(scores, correct, precision) if precision else 0.0
    )
    if multi_label:
        model.get_layer(LABEL_THRESHOLDS).thresholds.assign(tune_thresholds(calibrated, gold))
    return {
        "temperature": temperature,
        "error_before": before,
        "error": _error(calibrated, gold),
        "reject_threshold": float(scale.threshold),
    }


def _logits(tokenizer: TextTokenizer, model: keras.Model, texts: Sequence[str]) -> Any:
    """Return logits at temperature 1, float [texts, labels]."""

    @tf.function(reduce_retracing=True)
    def predict(text: tf.Tensor) -> tf.Tensor:
        ids, ngrams = tokenizer(tokens.clean(text))
        return model({"tokens": ids, "ngrams": ngrams}, training=False)["label"]

    starts = range(0, len(texts), BATCH)
    groups = (tf.constant(texts[start : start + BATCH], tf.string) for start in starts)
    return np.concatenate([predict(group).numpy() for group in groups])


def _predictions(predicted: Any, gold: Any) -> Predictions:
    best = predicted.argmax(axis=1)
    return Predictions(predicted.max(axis=1), gold[np.arange(len(best)), best])


def _error(predicted: Any, gold: Any) -> float:
    predictions = _predictions(predicted, gold)
    return calibration_error(predictions.scores, predictions.correct)
