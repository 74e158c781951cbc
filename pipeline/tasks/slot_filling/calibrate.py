"""After training: scores that mean what they say, and when not to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.metrics.calibration import calibration_error, fit_temperature, threshold_for_precision
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.model import (
    INTENT_SCALE,
    inputs_alone,
    scale_of_tags,
    tag_probabilities,
)
from pipeline.tasks.slot_filling.records import UtteranceRecord
from pipeline.tasks.slot_filling.settings import SlotFillingSettings
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer, project
from pipeline.text.vocabulary import PAD_ID

BATCH = 64
MOST = 2_000  # examples; more tell no more of a single number
TINY = 1e-12

Group = dict[str, Any]
Judged = tuple[Any, Any, Any]  # of each answer: its score, whether it is right, p(gold)
Judge = Callable[[Group], Judged]


def calibrate(
    settings: SlotFillingSettings,
    tokenizer: SlotTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[UtteranceRecord],
) -> dict[str, float]:
    """Sets the temperatures of tags and intent, and the score below which an intent is rejected.

    Args:
        settings: `reject.precision` says how often an intent that is given must be right.
        tokenizer: Of the model.
        model: With the weights that are published; its two temperatures and the threshold change.
        vocabularies: Of the model.
        records: Held out from training.

    Returns:
        What was set, and the expected calibration error of either before and after, in percent.
    """
    tags, intent = scale_of_tags(model), model.get_layer(INTENT_SCALE)
    for scale in (tags, intent):
        scale.temperature.assign(1.0)
    asked = list(records)[:MOST]
    groups = [
        _ask(tokenizer, model, vocabularies, asked[start : start + BATCH])
        for start in range(0, len(asked), BATCH)
    ]
    found = {}
    for name, scale, judge in (("tags", tags, _tags(model)), ("intent", intent, _intents(intent))):
        before = _error(judge, groups)
        scale.temperature.assign(_best(judge, scale, groups))
        found[f"{name}_temperature"] = float(scale.temperature)
        found[f"{name}_error_before"], found[f"{name}_error"] = before, _error(judge, groups)
    scores, right, _ = _joined(_intents(intent), groups)
    wanted = settings.reject.precision
    intent.threshold.assign(threshold_for_precision(scores, right, wanted) if wanted else 0.0)
    return {**found, "reject_threshold": float(intent.threshold)}


def _ask(
    tokenizer: SlotTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Sequence[UtteranceRecord],
) -> Group:
    """Logits at temperature 1, and gold; a label that is not known is -1."""
    found, features = tokenizer(tf.constant([record["text"] for record in records]))
    slot_ids = {slot: i for i, slot in enumerate(vocabularies["slots"])}
    intent_ids = {intent: i for i, intent in enumerate(vocabularies["intents"])}

    def padded(rows: Sequence[Sequence[int]], filler: int) -> tf.Tensor:
        width = max(1, *(len(row) for row in rows))
        return tf.constant([[*row, *[filler] * (width - len(row))] for row in rows], tf.int32)

    slots = [record["slots"] for record in records]
    gold = project(
        found,
        padded([columns["start"] for columns in slots], 0),
        padded([columns["end"] for columns in slots], 0),
        padded([[slot_ids.get(slot, -1) for slot in columns["slot"]] for columns in slots], -1),
    )
    outputs = model(inputs_alone(model, features), training=False)
    return {
        "mask": features["words"] != PAD_ID,
        "tags": outputs["tags"],
        "intent": outputs["intent"],
        "gold_tags": gold.to_tensor(0, shape=tf.shape(features["words"], tf.int64)),
        "gold_intent": np.array([intent_ids.get(record["intent"], -1) for record in records]),
    }


def _tags(model: keras.Model) -> Judge:
    """A judgement a real token."""
    # As a graph: step by step, a CRF's recursions take fifty times as long.
    probabilities_of = tf.function(
        lambda logits, mask: tag_probabilities(model, logits, mask), reduce_retracing=True
    )

    def judge(group: Group) -> Judged:
        probabilities = np.asarray(probabilities_of(group["tags"], group["mask"]))
        real = np.asarray(group["mask"])
        return _judge(probabilities[real], np.asarray(group["gold_tags"])[real])

    return judge


def _intents(scale: keras.layers.Layer) -> Judge:
    """A judgement an example."""

    def judge(group: Group) -> Judged:
        logits = np.asarray(group["intent"]) / float(scale.temperature)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return _judge(shares / shares.sum(axis=1, keepdims=True), group["gold_intent"])

    return judge


def _judge(probabilities: Any, gold: Any) -> Judged:
    best = probabilities.argmax(axis=1)
    chance = probabilities[np.arange(len(gold)), np.maximum(gold, 0)]
    return probabilities.max(axis=1), best == gold, np.where(gold >= 0, chance, TINY)


def _joined(judge: Judge, groups: Sequence[Group]) -> Judged:
    judged = [judge(group) for group in groups]
    scores, right, chances = (np.concatenate(column) for column in zip(*judged, strict=True))
    return scores, right, chances


def _error(judge: Judge, groups: Sequence[Group]) -> float:
    return calibration_error(*_joined(judge, groups)[:2])


def _best(judge: Judge, scale: keras.layers.Layer, groups: Sequence[Group]) -> float:
    def loss(temperature: float) -> float:
        scale.temperature.assign(temperature)
        return -float(np.log(_joined(judge, groups)[2] + TINY).mean())

    return fit_temperature(loss, steps=16)
