"""Convert records to inputs, targets and sample weights of a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.datasets.batches import Encoder, Rows
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.model import MEMBERS
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import TextTokenizer, pad
from pipeline.text import tokens


def build_encoder(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    vocabularies: Vocabularies,
    records: Iterable[TextRecord],
) -> Encoder:
    """Return the encoder from records to inputs, targets and weights of `model.fit`.

    A target row has a 1 for each label of the text, else 0. With `train.class_weights: balanced`,
    the weight of a text is texts / (labels x texts with its label), averaged over its labels. With
    `train.sampling: balanced`, rows are sampled with replacement in proportion to these weights.
    A text without labels has weight 1; a text with only unknown labels has weight 0.

    Args:
        settings: The settings of the model.
        tokenizer: The tokenizer of the model.
        vocabularies: The vocabularies of the model.
        records: The training records, from which the weights are computed.
    """
    labels = list(vocabularies["labels"])
    ids = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(labels, tf.string), tf.range(len(labels), dtype=tf.int32)
        ),
        default_value=-1,
    )
    train = settings.train
    balanced = "balanced" in (train.class_weights, train.sampling)
    label_weights = tf.constant(
        _label_weights(labels, records) if balanced else [1.0] * len(labels), tf.float32
    )

    def encode(batch: Rows, seed: tf.Tensor) -> Rows:
        target = tf.reduce_max(tf.one_hot(ids.lookup(batch["labels"]), len(labels)), axis=1)
        known = tf.reduce_sum(target, axis=1)
        weight = tf.where(
            known > 0,
            tf.math.divide_no_nan(tf.linalg.matvec(target, label_weights), known),
            tf.cast(tf.reduce_all(tf.equal(batch["labels"], ""), axis=1), tf.float32),
        )
        text = tokens.clean(batch["text"])
        if train.sampling == "balanced":
            rows = _sample_rows(weight, seed)
            text, target = tf.gather(text, rows), tf.gather(target, rows)
            weight = tf.sign(tf.gather(weight, rows))
        features = tokenizer.features(text)
        sequence = features["tokens" if settings.model.encoders else "ngrams"]
        return {
            "length": tf.cast(sequence.row_lengths(), tf.int32),
            **features,
            "label": target,
            "weight": weight if train.class_weights == "balanced" else tf.sign(weight),
        }

    return Encoder(encode, _pad_batch)


def _pad_batch(rows: Rows) -> tuple[Rows, Rows, Rows]:
    inputs = {name: pad(rows[name]) for name in ("tokens", "ngrams")}
    return inputs, {MEMBERS: rows["label"]}, {MEMBERS: rows["weight"]}


def balancing_weights(gold: Any) -> Any:
    """Return weights of texts, float [texts], that give each label the same total weight.

    They are the weights of `train.class_weights: balanced` (see `build_encoder`).

    Args:
        gold: int [texts, labels], 1 where a text has a label; every label occurs.
    """
    label_weights = len(gold) / (gold.shape[1] * gold.sum(axis=0))
    known = gold.sum(axis=1)
    return np.where(known > 0, gold @ label_weights / np.maximum(known, 1), 1.0)


def _label_weights(labels: list[str], records: Iterable[TextRecord]) -> list[float]:
    """Return texts / (labels x texts with the label) for each label."""
    counts: Counter[str] = Counter()
    texts = 0
    for record in records:
        counts.update(record["labels"])
        texts += 1
    return [texts / (len(labels) * counts[label]) for label in labels]


def _sample_rows(weight: tf.Tensor, seed: tf.Tensor) -> Any:
    """Sample as many row indices as there are rows, in proportion to their weights."""
    logits = tf.math.log(tf.maximum(weight, 1e-12))[None, :]
    return tf.random.stateless_categorical(logits, tf.size(weight), seed, tf.int32)[0]
