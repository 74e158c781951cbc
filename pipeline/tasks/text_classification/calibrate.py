"""After training: probabilities that mean what they say, and from which on a label is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.metrics.calibration import calibration_error, fit_temperature, threshold_for_precision
from pipeline.metrics.thresholds import tune_thresholds
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.model import LABEL_SCALE, LABEL_THRESHOLDS, probabilities
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

BATCH = 64
TINY = 1e-12


def calibrate(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[TextRecord],
) -> dict[str, float]:
    """Sets the temperature, the score below which an answer is rejected, and label thresholds.

    Args:
        settings: `reject.precision` says how often an answer that is given must be right.
        tokenizer: Of the model.
        model: With the weights that are published; its temperature and thresholds change.
        vocabularies: Of the model.
        records: Held out from training.

    Returns:
        What was set, and the expected calibration error before and after, in percent.
    """
    scale = model.get_layer(LABEL_SCALE)
    scale.temperature.assign(1.0)
    logits = _logits(tokenizer, model, [record["text"] for record in records])
    labels = list(vocabularies["labels"])
    gold = np.array([[label in record["labels"] for label in labels] for record in records])
    several = settings.data.multi_label

    def shares(temperature: float) -> Any:
        return np.asarray(probabilities(model, logits / temperature))

    def loss(temperature: float) -> float:
        found = shares(temperature)
        chances = found[gold]
        if several:
            chances = np.where(gold, found, 1 - found)
        return -float(np.log(chances + TINY).mean())

    before = _error(shares(1.0), gold)
    temperature = fit_temperature(loss)
    scale.temperature.assign(temperature)
    found = shares(temperature)
    best, right = _best(found, gold)
    wanted = settings.reject.precision
    scale.threshold.assign(threshold_for_precision(best, right, wanted) if wanted else 0.0)
    if several:
        model.get_layer(LABEL_THRESHOLDS).thresholds.assign(tune_thresholds(found, gold))
    return {
        "temperature": temperature,
        "error_before": before,
        "error": _error(found, gold),
        "reject_threshold": float(scale.threshold),
    }


def _logits(tokenizer: TextTokenizer, model: keras.Model, texts: Sequence[str]) -> Any:
    @tf.function(reduce_retracing=True)
    def ask(text: tf.Tensor) -> tf.Tensor:
        ids, ngrams = tokenizer(tokens.clean(text))
        return model({"tokens": ids, "ngrams": ngrams}, training=False)["label"]

    starts = range(0, len(texts), BATCH)
    groups = (tf.constant(texts[start : start + BATCH], tf.string) for start in starts)
    return np.concatenate([ask(group).numpy() for group in groups])


def _best(found: Any, gold: Any) -> tuple[Any, Any]:
    """Of each text the score of its likeliest label, and whether that is right."""
    best = found.argmax(axis=1)
    return found.max(axis=1), gold[np.arange(len(best)), best]


def _error(found: Any, gold: Any) -> float:
    return calibration_error(*_best(found, gold))
