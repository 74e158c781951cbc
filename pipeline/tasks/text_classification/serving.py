"""From raw strings to finished answers in one graph, and from its outputs to plain dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from pipeline.task import Service, Vocabularies
from pipeline.tasks.text_classification.model import LABEL_SCALE, LABEL_THRESHOLDS, probabilities
from pipeline.tasks.text_classification.records import Example, TextAnswer, TextRecord
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

TEXT = tf.TensorSpec([None], tf.string, name="text")


def build_service(
    tokenizer: TextTokenizer, model: keras.Model, vocabularies: Vocabularies
) -> Service:
    """Joins tokenizer and model; `serving_default` takes `text` [batch].

    Outputs: `label`, `score` [batch], the likeliest label and its probability; `labels`, `scores`
    [batch, labels], all of them in the order of the vocabulary; `rejected` bool [batch], whether
    `score` lies below the model's threshold; where a text may have several labels, `chosen` bool
    [batch, labels], those that reach their thresholds.
    """
    module = tf.Module(name="text_classification")
    module.tokenizer = tokenizer
    module.weights = [variable.value for variable in model.variables]
    names = tf.constant(vocabularies["labels"], tf.string)
    threshold = model.get_layer(LABEL_SCALE).threshold.value
    thresholds = _thresholds(model)

    def predict(text: tf.Tensor) -> tf.Tensor:
        ids, ngrams = tokenizer(tokens.clean(text))
        logits = model({"tokens": ids, "ngrams": ngrams}, training=False)["label"]
        return probabilities(model, logits)

    @tf.function(input_signature=[TEXT])
    def serving_default(text: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = predict(text)
        best = tf.reduce_max(scores, axis=-1)
        outputs = {
            "label": tf.gather(names, tf.argmax(scores, axis=-1)),
            "score": best,
            "labels": tf.tile(names[None, :], [tf.size(text), 1]),
            "scores": scores,
            "rejected": best < threshold,
        }
        return outputs if thresholds is None else {**outputs, "chosen": scores >= thresholds}

    @tf.function(input_signature=[TEXT])
    def margin(text: tf.Tensor) -> tf.Tensor:
        scores = predict(text)
        two = tf.math.top_k(scores, 2).values
        gap = two[:, 0] - two[:, 1]
        if thresholds is None:
            return gap
        return tf.minimum(gap, tf.reduce_min(tf.abs(scores - thresholds), axis=-1))

    module.serving_default = serving_default
    return Service(module, {"serving_default": serving_default}, margin)


def read_answers(texts: Sequence[str], outputs: Mapping[str, Any]) -> list[TextAnswer]:
    """The outputs of `serving_default` (NumPy) as one plain dict a text.

    `scores` holds all labels, the likeliest first; `labels`, only where there may be several, those
    that are given.
    """
    rows = []
    for row, text in enumerate(texts):
        names = [name.decode("utf-8") for name in outputs["labels"][row]]
        scores = [round(float(score), 6) for score in outputs["scores"][row]]
        ranked = sorted(zip(names, scores, strict=True), key=lambda pair: -pair[1])
        answer: TextAnswer = {
            "text": text,
            "label": outputs["label"][row].decode("utf-8"),
            "score": round(float(outputs["score"][row]), 6),
            "scores": dict(ranked),
            "rejected": bool(outputs["rejected"][row]),
        }
        if "chosen" in outputs:
            given = zip(names, outputs["chosen"][row], strict=True)
            answer["labels"] = [name for name, chosen in given if chosen]
        rows.append(answer)
    return rows


def suggest(answer: TextAnswer) -> TextRecord:
    """The example that an answer takes its text for: the labels given, or the likeliest one."""
    return Example(answer["text"], tuple(answer.get("labels", [answer["label"]]))).to_record()


def confidence(answer: TextAnswer) -> float:
    """The probability of the likeliest label."""
    return float(answer["score"])


def _thresholds(model: keras.Model) -> Any:
    found = [layer for layer in model.layers if layer.name == LABEL_THRESHOLDS]
    return found[0].thresholds.value if found else None
