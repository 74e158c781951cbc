"""The classifier: an encoder reads the tokens, a linear layer the n-grams; their logits add up.

    tokens -> embedding -> encoder -> pooling -> Dense -+
                                                        + -> logits, one a label
    n-grams ------------------------> WeightedBag ------+

The linear part knows at once which words speak for which label; the encoder adds what order and
context say (Cheng et al. 2016, "Wide and deep learning"). `keras.ops` and Keras layers only, so the
same model trains on the JAX backend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from pipeline.layers.bag import WeightedBag
from pipeline.layers.dropout import TokenDropout
from pipeline.layers.encoders import RECURRENT, EncoderSizes, encode
from pipeline.layers.label_thresholds import LabelThresholds
from pipeline.layers.pooling import AttentionPooling, Pooling
from pipeline.layers.temperature import Temperature
from pipeline.layers.text_cnn import TextCNN
from pipeline.metrics.ngram_weights import count_documents, idf, log_count_ratios
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.config import TextClassificationSettings

LABEL_SCALE, LABEL_THRESHOLDS = "label_scale", "label_thresholds"


def build_model(settings: TextClassificationSettings, vocabularies: Vocabularies) -> keras.Model:
    """A Keras model from token ids and n-gram ids to logits.

    Shapes: {"tokens": int32 [batch, tokens], "ngrams": int32 [batch, ngrams]}
    -> {"label": float [batch, labels]}.
    """
    classes = len(vocabularies["labels"])
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("tokens", "ngrams")}
    parts = []
    if settings.model.encoder != "none":
        # A SentencePiece model's table is as large as asked for: fewer pieces leave rows unused.
        pieces = vocabularies["pieces"]
        size = settings.tokenizer.vocabulary_size if isinstance(pieces, bytes) else len(pieces)
        parts.append(_deep(settings, size, classes, inputs["tokens"]))
    if settings.model.ngrams:
        parts.append(_wide(settings, classes, inputs["ngrams"]))
    logits = keras.layers.Add(name="both")(parts) if len(parts) == 2 else parts[0]
    logits = Temperature(name=LABEL_SCALE)(logits)
    if settings.data.multi_label:
        logits = LabelThresholds(name=LABEL_THRESHOLDS)(logits)
    return keras.Model(inputs, {"label": logits}, name="text_classifier")


def _deep(settings: TextClassificationSettings, size: int, classes: int, tokens: Any) -> Any:
    sizes, seed = settings.model, settings.train.seed
    mask = ops.not_equal(tokens, 0)
    seen = TokenDropout(sizes.token_dropout, seed=seed, name="token_dropout")(tokens)
    vectors = keras.layers.Embedding(size, sizes.embedding_dim, name="embedding")(seen)
    vectors = keras.layers.Dropout(sizes.dropout, seed=seed + 1, name="input_dropout")(vectors)
    pooled = _read(settings, vectors, mask)
    pooled = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name="summary_dropout")(pooled)
    return keras.layers.Dense(classes, name="deep")(pooled)


def _read(settings: TextClassificationSettings, vectors: Any, mask: Any) -> Any:
    """One vector a text."""
    sizes = settings.model
    if sizes.encoder == "text_cnn":
        return TextCNN(sizes.hidden_dim, name="encoder")(vectors, mask)
    if sizes.encoder == "mean":
        return Pooling("mean", name="summary")(vectors, mask)
    both = sizes.bidirectional and sizes.encoder in RECURRENT
    of_encoder = EncoderSizes(
        hidden_dim=sizes.hidden_dim,
        depth=sizes.depth,
        bidirectional=both,
        heads=sizes.heads,
        dropout=sizes.dropout,
        seed=settings.train.seed + 3,
    )
    states = encode(sizes.encoder, of_encoder, vectors, mask)
    if sizes.pooling == "attention":
        return AttentionPooling(sizes.hidden_dim, name="summary")(states, mask)
    return Pooling(sizes.pooling, both, name="summary")(states, mask)


def _wide(settings: TextClassificationSettings, classes: int, ngrams: Any) -> Any:
    return WeightedBag(
        settings.ngrams.buckets,
        classes,
        scale_per_class=settings.ngrams.weighting == "naive_bayes",
        gain=settings.ngrams.gain,
        name="wide",
    )(ngrams)


def count_ngrams(
    settings: TextClassificationSettings,
    model: keras.Model,
    groups: Iterable[tuple[Any, Any]],
) -> None:
    """Sets what each n-gram counts for, read off the training texts; nothing without a linear part.

    With log-count ratios all weights begin alike, so that the model begins as naive Bayes.

    Args:
        settings: Of the model.
        model: Made by `build_model`.
        groups: n-gram ids [texts, ngrams], padded by 0, and labels [texts, labels] of 0 and 1.
    """
    if not settings.model.ngrams:
        return
    bag = model.get_layer("wide")
    counts = count_documents(groups, bag.buckets, bag.classes)
    scale = idf(counts)
    if settings.ngrams.weighting == "naive_bayes":
        scale = scale[:, None] * log_count_ratios(counts)
        bag.weights_of_ngrams.assign(np.full(bag.weights_of_ngrams.shape, 1 / bag.gain))
    bag.scale.assign(scale)


def losses(
    settings: TextClassificationSettings, model: keras.Model
) -> dict[str, keras.losses.Loss]:
    """Cross entropy: of the one label, or of each label for itself."""
    several = settings.data.multi_label
    of_label = keras.losses.BinaryCrossentropy if several else keras.losses.CategoricalCrossentropy
    loss = of_label(
        from_logits=True,
        label_smoothing=settings.train.label_smoothing,
        reduction="mean_with_sample_weight",
        name="label_loss",
    )
    return {"label": loss}


def probabilities(model: keras.Model, logits: Any) -> Any:
    """Of each label, [batch, labels]: they sum to 1, or each stands for itself."""
    several = any(layer.name == LABEL_THRESHOLDS for layer in model.layers)
    return ops.sigmoid(logits) if several else ops.softmax(logits)
