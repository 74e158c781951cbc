"""The exported graph from strings to labels and scores, and its outputs as plain dicts."""

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
    """Join tokenizer and model to a service; `serving_default` takes `text` [batch].

    Outputs: `label`, `score` [batch], the most likely label and its probability; `labels`,
    `scores` [batch, labels], all labels in the order of the vocabulary; `rejected` bool [batch],
    whether `score` is below the model's threshold; for multi-label data also `chosen` bool
    [batch, labels], whether each score reaches the threshold of its label.
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
        best = tf.math.top_k(scores, 2).values
        gap = best[:, 0] - best[:, 1]
        if thresholds is None:
            return gap
        return tf.minimum(gap, tf.reduce_min(tf.abs(scores - thresholds), axis=-1))

    module.serving_default = serving_default
    return Service(module, {"serving_default": serving_default}, margin)


def read_answers(texts: Sequence[str], outputs: Mapping[str, Any]) -> list[TextAnswer]:
    """Convert the NumPy outputs of `serving_default` to one plain dict for each text.

    `scores` has all labels, the most likely first. `labels`, only in multi-label data, has the
    labels that reach their thresholds.
    """
    answers = []
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
            pairs = zip(names, outputs["chosen"][row], strict=True)
            answer["labels"] = [name for name, chosen in pairs if chosen]
        answers.append(answer)
    return answers


def suggest(answer: TextAnswer) -> TextRecord:
    """Return the record of the answer's text with its predicted labels."""
    return Example(answer["text"], tuple(answer.get("labels", [answer["label"]]))).to_record()


def confidence(answer: TextAnswer) -> float:
    """Return the probability of the most likely label."""
    return float(answer["score"])


def _thresholds(model: keras.Model) -> Any:
    """Return the threshold of each label [labels], or None if each text has one label."""
    layers = [layer for layer in model.layers if layer.name == LABEL_THRESHOLDS]
    return layers[0].thresholds.value if layers else None
