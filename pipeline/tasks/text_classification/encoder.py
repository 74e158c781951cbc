"""Records to what `model.fit` takes: inputs, targets and weights of a batch."""

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
from pipeline.tasks.text_classification.tokenizer import TextTokenizer, dense
from pipeline.text import tokens


def build_encoder(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    vocabularies: Vocabularies,
    records: Iterable[TextRecord],
) -> Encoder:
    """From records to what `model.fit` takes; `records` are those of training.

    A target is a row of 0 and 1, a column a label. With `train.class_weights: balanced` a text
    weighs texts / (labels x texts of its label), the mean of these where it has several; with
    `train.sampling: balanced` rows are drawn, with replacement, by these weights. A text without a
    label weighs 1, one whose labels training does not know 0.
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
    rarity = tf.constant(_rarity(labels, records) if balanced else [1.0] * len(labels), tf.float32)

    def encode(batch: Rows, seed: tf.Tensor) -> Rows:
        wanted = tf.reduce_max(tf.one_hot(ids.lookup(batch["labels"]), len(labels)), axis=1)
        known = tf.reduce_sum(wanted, axis=1)
        weight = tf.where(
            known > 0,
            tf.math.divide_no_nan(tf.linalg.matvec(wanted, rarity), known),
            tf.cast(tf.reduce_all(tf.equal(batch["labels"], ""), axis=1), tf.float32),
        )
        text = tokens.clean(batch["text"])
        if train.sampling == "balanced":
            rows = _drawn(weight, seed)
            text, wanted = tf.gather(text, rows), tf.gather(wanted, rows)
            weight = tf.sign(tf.gather(weight, rows))
        features = tokenizer.features(text)
        cost = features["tokens" if settings.model.encoders else "ngrams"]
        return {
            "length": tf.cast(cost.row_lengths(), tf.int32),
            **features,
            "label": wanted,
            "weight": weight if train.class_weights == "balanced" else tf.sign(weight),
        }

    return Encoder(encode, _to_fit)


def _to_fit(rows: Rows) -> tuple[Rows, Rows, Rows]:
    inputs = {name: dense(rows[name]) for name in ("tokens", "ngrams")}
    return inputs, {MEMBERS: rows["label"]}, {MEMBERS: rows["weight"]}


def balancing_weights(gold: Any) -> Any:
    """What texts weigh, so that each label weighs the same: float [texts], from 0 and 1 as above.

    Args:
        gold: int [texts, labels], 1 where a text has a label; every label stands somewhere.
    """
    rarity = len(gold) / (gold.shape[1] * gold.sum(axis=0))
    known = gold.sum(axis=1)
    return np.where(known > 0, gold @ rarity / np.maximum(known, 1), 1.0)


def _rarity(labels: list[str], records: Iterable[TextRecord]) -> list[float]:
    """For each label, texts / (labels x texts that have it)."""
    counts: Counter[str] = Counter()
    texts = 0
    for record in records:
        counts.update(record["labels"])
        texts += 1
    return [texts / (len(labels) * counts[label]) for label in labels]


def _drawn(weight: tf.Tensor, seed: tf.Tensor) -> Any:
    """As many rows as there are, each drawn as often as it weighs."""
    chances = tf.math.log(tf.maximum(weight, 1e-12))[None, :]
    return tf.random.stateless_categorical(chances, tf.size(weight), seed, tf.int32)[0]
