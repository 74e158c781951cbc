"""Fit the linear part before training: the scale of each n-gram, and SVM weights if set."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.encoder import balancing_weights
from pipeline.tasks.text_classification.linear_svm import Documents, fit_svms
from pipeline.tasks.text_classification.model import WIDE, set_ngram_scale
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

BATCH = 256


def fit_ngrams(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Iterable[TextRecord],
) -> None:
    """Set the weights of the linear part that are computed from the training records directly."""
    if not settings.model.ngrams:
        return
    fit_svm = settings.ngrams.fit == "svm"
    ngrams: list[Any] = []
    labels: list[Any] = []

    def groups() -> Iterator[tuple[Any, Any]]:
        for ids, gold in _groups(tokenizer, vocabularies["labels"], records):
            if fit_svm:
                ngrams.extend(row[row > 0] for row in ids)
                labels.append(gold)
            yield ids, gold

    scale = set_ngram_scale(settings, model, groups())
    if fit_svm:
        gold = np.concatenate(labels)
        balanced = "balanced" in (settings.train.class_weights, settings.train.sampling)
        costs = balancing_weights(gold) if balanced else np.ones(len(gold))
        documents = Documents(ngrams, gold, costs.astype(np.float32))
        svms = fit_svms(documents, scale, settings.ngrams.cost, settings.train.seed)
        bag = model.get_layer(WIDE)
        bag.weights_of_ngrams.assign(svms.weights)
        bag.bias.assign(bag.gain * svms.bias)  # the bag multiplies the weights by its gain, too


def _groups(
    tokenizer: TextTokenizer, labels: Iterable[str], records: Iterable[TextRecord]
) -> Iterator[tuple[Any, Any]]:
    """Yield n-gram ids [texts, ngrams], padded with 0, and labels [texts, labels] of 0 and 1."""
    label_ids = {label: i for i, label in enumerate(labels)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def ngrams(text: tf.Tensor) -> tf.Tensor:
        return tokenizer(tokens.clean(text))[1]

    remaining = iter(records)
    while group := list(itertools.islice(remaining, BATCH)):
        gold = np.zeros((len(group), len(label_ids)), np.int64)
        for row, record in enumerate(group):
            gold[row, [label_ids[label] for label in record["labels"]]] = 1
        yield ngrams(tf.constant([record["text"] for record in group])).numpy(), gold
