"""The classifier: encoders read the tokens, a linear layer the n-grams; their logits are averaged.

    tokens -> embedding -> encoder -> pooling -> Dense -+          (a member for each encoder)
                                                        +-> logits, one a label
    n-grams ------------------------> WeightedBag ------+

The linear part knows at once which words speak for which label; the encoder adds what order and
context say. With `ngrams.fit: gradient` their scores are added and learn from one loss (Cheng et
al. 2016, "Wide and deep learning"). With `svm` each is a member of an ensemble, with a loss of its
own, since a linear part that fits the training texts leaves an encoder joined to it nothing to
learn; several encoders differ by how they begin, and err less together (Hansen and Salamon 1990,
"Neural network ensembles"). `keras.ops` and Keras layers only, so the same model trains on JAX.
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
MEMBERS = "member_labels"  # the output that learns
WIDE = "wide"  # the layer of the n-grams


def build_model(settings: TextClassificationSettings, vocabularies: Vocabularies) -> keras.Model:
    """A Keras model from token ids and n-gram ids to logits.

    Shapes: {"tokens": int32 [batch, tokens], "ngrams": int32 [batch, ngrams]} -> {"label": float
    [batch, labels]}, the mean over the members, which answers, and {"member_labels": float [batch,
    members, labels]}, which learns.
    """
    classes = len(vocabularies["labels"])
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("tokens", "ngrams")}
    members = []
    for number, encoder in enumerate(settings.model.encoders, 1):
        # A SentencePiece model's table is as large as asked for: fewer pieces leave rows unused.
        pieces = vocabularies["pieces"]
        size = len(pieces)
        if isinstance(pieces, bytes):
            size = max(settings.tokenizer.vocabulary_size, len(piece_names(pieces)))
        members.append(_deep(settings, encoder, number, size, classes, inputs["tokens"]))
    if settings.model.ngrams:
        members.append(_wide(settings, classes, inputs["ngrams"]))
        if settings.ngrams.fit == "gradient" and len(members) == 2:
            members = [keras.layers.Add(name="both")(members)]
    stacked = ops.stack(members, axis=1)
    logits = Temperature(name=LABEL_SCALE)(ops.mean(stacked, axis=1))
    if settings.data.multi_label:
        logits = LabelThresholds(name=LABEL_THRESHOLDS)(logits)
    return keras.Model(inputs, {"label": logits, MEMBERS: stacked}, name="text_classifier")


def _deep(
    settings: TextClassificationSettings,
    encoder: str,
    number: int,
    size: int,
    classes: int,
    tokens: Any,
) -> Any:
    """Logits [batch, classes] of member `number`."""
    sizes, seed = settings.model, settings.train.seed + 100 * (number - 1)
    mask = ops.not_equal(tokens, 0)
    seen = TokenDropout(sizes.token_dropout, seed=seed, name=f"token_dropout_{number}")(tokens)
    vectors = keras.layers.Embedding(size, sizes.embedding_dim, name=f"embedding_{number}")(seen)
    drop = keras.layers.Dropout(sizes.dropout, seed=seed + 1, name=f"input_dropout_{number}")
    pooled = _read(settings, encoder, number, drop(vectors), mask)
    drop = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name=f"summary_dropout_{number}")
    return keras.layers.Dense(classes, name=f"deep_{number}")(drop(pooled))


def _read(
    settings: TextClassificationSettings, encoder: str, number: int, vectors: Any, mask: Any
) -> Any:
    """One vector a text."""
    sizes, name, summary = settings.model, f"encoder_{number}", f"summary_{number}"
    if encoder == "text_cnn":
        return TextCNN(sizes.hidden_dim, name=name)(vectors, mask)
    if encoder == "mean":
        return Pooling("mean", name=summary)(vectors, mask)
    both = sizes.bidirectional and encoder in RECURRENT
    of_encoder = EncoderSizes(
        hidden_dim=sizes.hidden_dim,
        depth=sizes.depth,
        bidirectional=both,
        heads=sizes.heads,
        dropout=sizes.dropout,
        seed=settings.train.seed + 100 * (number - 1) + 3,
    )
    states = encode(encoder, of_encoder, vectors, mask, name)
    if sizes.pooling == "attention":
        return AttentionPooling(sizes.hidden_dim, name=summary)(states, mask)
    return Pooling(sizes.pooling, both, name=summary)(states, mask)


def _wide(settings: TextClassificationSettings, classes: int, ngrams: Any) -> Any:
    bag = WeightedBag(
        settings.ngrams.buckets,
        classes,
        scale_per_class=settings.ngrams.weighting == "naive_bayes",
        gain=settings.ngrams.gain,
        name=WIDE,
    )
    scores = bag(ngrams)
    # Of machines the gradient moves the bias alone.
    bag.weights_of_ngrams.trainable = settings.ngrams.fit == "gradient"
    return scores


def count_ngrams(
    settings: TextClassificationSettings,
    model: keras.Model,
    groups: Iterable[tuple[Any, Any]],
) -> Any:
    """Sets what each n-gram counts for, read off the training texts, and gives it.

    With log-count ratios all weights begin alike, so that the model begins as naive Bayes.

    Args:
        settings: Of the model, which has a linear part.
        model: Made by `build_model`.
        groups: n-gram ids [texts, ngrams], padded by 0, and labels [texts, labels] of 0 and 1.

    Returns:
        float32 [buckets], or a column a label.
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
    """Cross entropy of each member: of the one label, or of each label for itself."""
    several = settings.data.multi_label
    of_label = keras.losses.BinaryCrossentropy if several else keras.losses.CategoricalCrossentropy
    smoothing = settings.train.label_smoothing
    return {MEMBERS: MembersLoss(of_label(from_logits=True, label_smoothing=smoothing))}


def probabilities(model: keras.Model, logits: Any) -> Any:
    """Of each label, [batch, labels]: they sum to 1, or each stands for itself."""
    several = any(layer.name == LABEL_THRESHOLDS for layer in model.layers)
    return ops.sigmoid(logits) if several else ops.softmax(logits)
