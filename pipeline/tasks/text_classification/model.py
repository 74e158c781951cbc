"""The classifier: the mean of the logits of encoders over tokens and a linear layer over n-grams.

    tokens -> embedding -> encoder -> pooling -> Dense -+          (one member for each encoder)
                                                        +-> logits, one per label
    n-grams ------------------------> WeightedBag ------+

The linear part learns quickly which words indicate which label; the encoder adds word order and
context. With `ngrams.fit: gradient` their logits are added and trained with one loss (Cheng et al.
2016, "Wide and deep learning"). With `svm` each is a member of an ensemble with its own loss: the
linear part already fits the training texts and would leave a joint encoder nothing to learn.
Several encoders differ in their initial weights, and their mean is more accurate (Hansen and
Salamon 1990, "Neural network ensembles"). The model uses only `keras.ops` and Keras layers, so it
also trains on JAX.
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
from pipeline.layers.members_loss import MembersLoss
from pipeline.layers.pooling import AttentionPooling, Pooling
from pipeline.layers.temperature import Temperature
from pipeline.layers.text_cnn import TextCNN
from pipeline.metrics.ngram_weights import count_documents, idf, log_count_ratios
from pipeline.task import Vocabularies
from pipeline.tasks.text_classification.settings import TextClassificationSettings
from pipeline.text.piece_files import piece_names

LABEL_SCALE, LABEL_THRESHOLDS = "label_scale", "label_thresholds"
MEMBERS = "member_labels"  # the output that is trained
WIDE = "wide"  # the linear layer over n-grams


def build_model(settings: TextClassificationSettings, vocabularies: Vocabularies) -> keras.Model:
    """Build the Keras model from token ids and n-gram ids to logits.

    Inputs: `tokens` int32 [batch, tokens], `ngrams` int32 [batch, ngrams]. Outputs: `label` float
    [batch, labels], the mean over the members, for inference; `member_labels` float
    [batch, members, labels], for training.
    """
    classes = len(vocabularies["labels"])
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("tokens", "ngrams")}
    members = []
    for number, encoder in enumerate(settings.model.encoders, 1):
        # The embedding has the requested size, also if SentencePiece finds fewer pieces.
        pieces = vocabularies["pieces"]
        size = len(pieces)
        if isinstance(pieces, bytes):
            size = max(settings.tokenizer.vocabulary_size, len(piece_names(pieces)))
        members.append(_encoder_member(settings, encoder, number, size, classes, inputs["tokens"]))
    if settings.model.ngrams:
        members.append(_ngram_member(settings, classes, inputs["ngrams"]))
        if settings.ngrams.fit == "gradient" and len(members) == 2:
            members = [keras.layers.Add(name="both")(members)]
    stacked = ops.stack(members, axis=1)
    logits = Temperature(name=LABEL_SCALE)(ops.mean(stacked, axis=1))
    if settings.data.multi_label:
        logits = LabelThresholds(name=LABEL_THRESHOLDS)(logits)
    return keras.Model(inputs, {"label": logits, MEMBERS: stacked}, name="text_classifier")


def _encoder_member(
    settings: TextClassificationSettings,
    encoder: str,
    number: int,
    size: int,
    classes: int,
    tokens: Any,
) -> Any:
    """Return logits [batch, classes] of the encoder with this number, counted from 1."""
    sizes, seed = settings.model, settings.train.seed + 100 * (number - 1)
    mask = ops.not_equal(tokens, 0)
    dropped = TokenDropout(sizes.token_dropout, seed=seed, name=f"token_dropout_{number}")(tokens)
    vectors = keras.layers.Embedding(size, sizes.embedding_dim, name=f"embedding_{number}")(dropped)
    drop = keras.layers.Dropout(sizes.dropout, seed=seed + 1, name=f"input_dropout_{number}")
    pooled = _encode(settings, encoder, number, drop(vectors), mask)
    drop = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name=f"summary_dropout_{number}")
    return keras.layers.Dense(classes, name=f"deep_{number}")(drop(pooled))


def _encode(
    settings: TextClassificationSettings, encoder: str, number: int, vectors: Any, mask: Any
) -> Any:
    """Return one vector for each text, [batch, dim]."""
    sizes, name, summary = settings.model, f"encoder_{number}", f"summary_{number}"
    if encoder == "text_cnn":
        return TextCNN(sizes.hidden_dim, name=name)(vectors, mask)
    if encoder == "mean":
        return Pooling("mean", name=summary)(vectors, mask)
    bidirectional = sizes.bidirectional and encoder in RECURRENT
    encoder_sizes = EncoderSizes(
        hidden_dim=sizes.hidden_dim,
        depth=sizes.depth,
        bidirectional=bidirectional,
        heads=sizes.heads,
        dropout=sizes.dropout,
        seed=settings.train.seed + 100 * (number - 1) + 3,
    )
    states = encode(encoder, encoder_sizes, vectors, mask, name)
    if sizes.pooling == "attention":
        return AttentionPooling(sizes.hidden_dim, name=summary)(states, mask)
    return Pooling(sizes.pooling, bidirectional, name=summary)(states, mask)


def _ngram_member(settings: TextClassificationSettings, classes: int, ngrams: Any) -> Any:
    """Return logits [batch, classes] of the linear part."""
    bag = WeightedBag(
        settings.ngrams.buckets,
        classes,
        scale_per_class=settings.ngrams.weighting == "naive_bayes",
        gain=settings.ngrams.gain,
        name=WIDE,
    )
    scores = bag(ngrams)
    # With `fit: svm`, training only changes the bias.
    bag.weights_of_ngrams.trainable = settings.ngrams.fit == "gradient"
    return scores


def set_ngram_scale(
    settings: TextClassificationSettings,
    model: keras.Model,
    groups: Iterable[tuple[Any, Any]],
) -> Any:
    """Compute the scale of each n-gram from the training texts, set it in the model and return it.

    With `ngrams.weighting: naive_bayes` all weights are set to one value, so that the model starts
    as naive Bayes.

    Args:
        settings: The settings of a model with a linear part.
        model: The result of `build_model`.
        groups: n-gram ids [texts, ngrams], padded with 0, and labels [texts, labels] of 0 and 1.

    Returns:
        float32 [buckets], or [buckets, labels] with `naive_bayes`.
    """
    bag = model.get_layer(WIDE)
    counts = count_documents(groups, bag.buckets, bag.classes)
    scale = idf(counts)
    if settings.ngrams.weighting == "naive_bayes":
        scale = scale[:, None] * log_count_ratios(counts)
        bag.weights_of_ngrams.assign(np.full(bag.weights_of_ngrams.shape, 1 / bag.gain))
    bag.scale.assign(scale)
    return scale


def losses(
    settings: TextClassificationSettings, model: keras.Model
) -> dict[str, keras.losses.Loss]:
    """Return the cross entropy of each member: categorical, or binary for multi-label data."""
    multi_label = settings.data.multi_label
    loss = keras.losses.BinaryCrossentropy if multi_label else keras.losses.CategoricalCrossentropy
    smoothing = settings.train.label_smoothing
    return {MEMBERS: MembersLoss(loss(from_logits=True, label_smoothing=smoothing))}


def probabilities(model: keras.Model, logits: Any) -> Any:
    """Return label probabilities [batch, labels]: softmax, or sigmoid for multi-label data."""
    multi_label = any(layer.name == LABEL_THRESHOLDS for layer in model.layers)
    return ops.sigmoid(logits) if multi_label else ops.softmax(logits)
