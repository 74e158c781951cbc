"""The joint tagger of slots and intent: an ensemble of members with one CRF.

    words, characters, shapes, n-grams -> member 1 -> tag logits, intent logits -+-> mean -> CRF
                                          member 2 -> tag logits, intent logits -+-> mean
                                          ...

Each member (`submodel.py`) is a complete tagger with its own weights and its own loss; the answer
is the mean of the members' logits. All members share one CRF, so their mean is again the score of a
CRF. The model uses only `keras.ops` and Keras layers, so it also trains on the JAX backend.

A model that feeds its tags back takes gold tags as an input in training, and none at inference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.layers.crf import CRF, CRFLoss, bio_constraints
from pipeline.layers.dropout import RareTokenDropout
from pipeline.layers.members_loss import MembersLoss
from pipeline.layers.temperature import Temperature
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.records import tag_names
from pipeline.tasks.slot_filling.settings import FEED_TAGS_BACK, GOLD_TAGS, SlotFillingSettings
from pipeline.tasks.slot_filling.submodel import build_member

TAG_SCALE, INTENT_SCALE = "tag_scale", "intent_scale"


def build_model(settings: SlotFillingSettings, vocabularies: Vocabularies) -> keras.Model:
    """Build a Keras model from token ids to logits.

    Inputs: int32 `words` and `shapes` [batch, tokens], `characters` [batch, tokens, characters],
    `ngrams` [batch, ngrams].

    Outputs: `tags` [batch, tokens, tags] and `intent` [batch, intents], the means over the members,
    are used for inference; `member_tags` [batch, members, tokens, tags] and `member_intents`
    [batch, members, intents] are used by the losses.
    """
    inputs = {
        "words": keras.Input((None,), dtype="int32", name="words"),
        "characters": keras.Input((None, None), dtype="int32", name="characters"),
        "shapes": keras.Input((None,), dtype="int32", name="shapes"),
        "ngrams": keras.Input((None,), dtype="int32", name="ngrams"),
    }
    if settings.model.encoder in FEED_TAGS_BACK:
        inputs[GOLD_TAGS] = keras.Input((None,), dtype="int32", name=GOLD_TAGS)
    names = tag_names(vocabularies["slots"])
    members = [
        build_member(settings, vocabularies, inputs, number + 1)
        for number in range(settings.model.members)
    ]
    member_tags, member_intents = (ops.stack(parts, axis=1) for parts in zip(*members, strict=True))
    tags, intent = ops.mean(member_tags, axis=1), ops.mean(member_intents, axis=1)
    if settings.model.crf:
        tags = CRF(len(names), *bio_constraints(names), name="crf")(tags)
    else:
        tags = Temperature(name=TAG_SCALE)(tags)
    outputs = {
        "tags": tags,
        "intent": Temperature(name=INTENT_SCALE)(intent),
        "member_tags": member_tags,
        "member_intents": member_intents,
    }
    return keras.Model(inputs, outputs, name="slot_tagger")


def inference_inputs(model: keras.Model, features: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a model at inference, where no gold tag is known."""
    inputs = {name: ops.convert_to_tensor(feature) for name, feature in features.items()}
    if GOLD_TAGS in model.input:
        inputs[GOLD_TAGS] = -ops.ones_like(inputs["words"])
    return inputs


def set_word_counts(model: keras.Model, counts: NDArray[np.float32]) -> None:
    """Store how often each word of the vocabulary occurs in training, float [words]."""
    for layer in model.layers:
        if isinstance(layer, RareTokenDropout):
            layer.counts.assign(counts)


def losses(settings: SlotFillingSettings, model: keras.Model) -> dict[str, keras.losses.Loss]:
    """Return the negative log-likelihoods of an utterance's tags and of its intent.

    Gold tag -1 is padding.
    """
    crf = _crf(model)
    return {
        "member_tags": MembersLoss(CRFLoss(crf) if crf else TokenLoss()),
        "member_intents": MembersLoss(IntentLoss(settings.train.intent_smoothing)),
    }


def decode(model: keras.Model, tag_logits: Any, padding_mask: Any) -> tuple[Any, Any]:
    """Return the tags of a batch and their probabilities.

    Args:
        model: The model of `build_model`.
        tag_logits: Its output `tags`, [batch, tokens, tags].
        padding_mask: bool [batch, tokens].

    Returns:
        The best tag sequence, int32 [batch, tokens], and float [batch, tokens, tags]: the
        probability of each tag given the whole text.
    """
    crf = _crf(model)
    if crf is None:
        return ops.argmax(tag_logits, axis=-1), ops.softmax(tag_logits)
    both: tuple[Any, Any] = crf.decode_with_marginals(tag_logits, padding_mask)
    return both


def tag_probabilities(model: keras.Model, tag_logits: Any, padding_mask: Any) -> Any:
    """Return the probability of each tag, as `decode` does."""
    crf = _crf(model)
    if crf is None:
        return ops.softmax(tag_logits)
    return crf.marginals(tag_logits, padding_mask)


def tag_scale_layer(model: keras.Model) -> keras.layers.Layer:
    """Return the layer whose `temperature` calibrates the tags' probabilities."""
    return _crf(model) or model.get_layer(TAG_SCALE)


def _crf(model: keras.Model) -> CRF | None:
    return next((layer for layer in model.layers if isinstance(layer, CRF)), None)


class TokenLoss(keras.losses.Loss):
    """Cross entropy of each token, summed over the utterance; gold tag -1 is padding."""

    def __init__(self) -> None:
        super().__init__(name="token_loss", reduction="mean_with_sample_weight")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        gold = ops.cast(y_true, "int32")
        loss = ops.sparse_categorical_crossentropy(ops.maximum(gold, 0), y_pred, from_logits=True)
        return ops.sum(loss * ops.cast(gold >= 0, loss.dtype), axis=-1)


class IntentLoss(keras.losses.Loss):
    """Cross entropy of the gold intent, int [batch], under logits [batch, intents]."""

    def __init__(self, smoothing: float = 0.0) -> None:
        super().__init__(name="intent_loss", reduction="mean_with_sample_weight")
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        gold = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        uniform = -ops.mean(ops.log_softmax(y_pred, axis=-1), axis=-1)
        return (1.0 - self.smoothing) * gold + self.smoothing * uniform
