"""Before training: what each n-gram counts for, read off the training texts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.task import Record, Vocabularies
from pipeline.tasks.text_classification.config import TextClassificationSettings
from pipeline.tasks.text_classification.model import count_ngrams
from pipeline.tasks.text_classification.tokenizer import TextTokenizer
from pipeline.text import tokens

GROUP = 256  # texts at a time


def count(
    settings: TextClassificationSettings,
    tokenizer: TextTokenizer,
    model: keras.Model,
    vocabularies: Vocabularies,
    records: Iterable[Record],
) -> None:
    """Sets the weights of the model that are counted on the training records, not learnt."""
    places = {label: place for place, label in enumerate(vocabularies["labels"])}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def ngrams(text: tf.Tensor) -> tf.Tensor:
        return tokenizer(tokens.clean(text))[1]

    def groups() -> Iterator[tuple[Any, Any]]:
        rest = iter(records)
        while group := list(itertools.islice(rest, GROUP)):
            labels = np.zeros((len(group), len(places)), np.int64)
            for row, record in enumerate(group):
                labels[row, [places[label] for label in record["labels"]]] = 1
            yield ngrams(tf.constant([record["text"] for record in group])).numpy(), labels

    count_ngrams(settings, model, groups())
