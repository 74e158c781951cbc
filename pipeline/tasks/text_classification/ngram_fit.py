"""Before training: what each n-gram counts for, read off the training texts; machines of these."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.encoder import balancing_weights
from pipeline.tasks.text_classification.linear_svm import Documents, fit_machines
from pipeline.tasks.text_classification.model import WIDE, count_ngrams
from pipeline.tasks.text_classification.records import TextRecord
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

GROUP = 256  # texts at a time


def fit_ngrams(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Iterable[TextRecord],
) -> None:
    """Sets the weights of the linear part that the training records give without a gradient."""
    if not settings.model.ngrams:
        return
    machines = settings.ngrams.fit == "svm"
    ngrams: list[Any] = []
    labels: list[Any] = []

    def groups() -> Iterator[tuple[Any, Any]]:
        for ids, gold in _groups(tokenizer, vocabularies["labels"], records):
            if machines:
                ngrams.extend(row[row > 0] for row in ids)
                labels.append(gold)
            yield ids, gold

    scale = count_ngrams(settings, model, groups())
    if machines:
        gold = np.concatenate(labels)
        balanced = "balanced" in (settings.train.class_weights, settings.train.sampling)
        costs = balancing_weights(gold) if balanced else np.ones(len(gold))
        documents = Documents(ngrams, gold, costs.astype(np.float32))
        found = fit_machines(documents, scale, settings.ngrams.cost, settings.train.seed)
        bag = model.get_layer(WIDE)
        bag.weights_of_ngrams.assign(found.weights)
        bag.bias.assign(bag.gain * found.bias)  # the gain stands before the weights, too


def _groups(
    tokenizer: TextTokenizer, labels: Iterable[str], records: Iterable[TextRecord]
) -> Iterator[tuple[Any, Any]]:
    """Ids of n-grams [texts, ngrams], padded by 0, and labels [texts, labels] of 0 and 1."""
    places = {label: place for place, label in enumerate(labels)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def ngrams(text: tf.Tensor) -> tf.Tensor:
        return tokenizer(tokens.clean(text))[1]

    rest = iter(records)
    while group := list(itertools.islice(rest, GROUP)):
        gold = np.zeros((len(group), len(places)), np.int64)
        for row, record in enumerate(group):
            gold[row, [places[label] for label in record["labels"]]] = 1
        yield ngrams(tf.constant([record["text"] for record in group])).numpy(), gold
