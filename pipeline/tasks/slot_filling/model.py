"""The joint tagger: members, each of which gives tags and intent, answer together.

    words, characters, shapes, n-grams -> member 1 -> tag logits, intent logits -+-> mean -> CRF
                                          member 2 -> tag logits, intent logits -+-> mean
                                          ...

Each member (`member.py`) is a whole tagger with weights of its own and is held against the gold by
itself; what they answer is the mean of their scores. One CRF serves them all, so that this mean is
again a CRF. `keras.ops` and Keras layers only, so the same model trains on the JAX backend.

A model that feeds its tags back has them as an input: the gold ones while it learns, none later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

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
    """A Keras model from token ids to logits.

    Shapes: {"words", "shapes": int32 [batch, tokens], "characters": int32 [batch, tokens,
    characters], "ngrams": int32 [batch, ngrams]} -> {"tags": float [batch, tokens, tags],
    "intent": float [batch, intents]}, the means over the members, which answer, and
    {"member_tags": float [batch, members, tokens, tags], "member_intents": float [batch, members,
    intents]}, which learn.
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


def inputs_alone(model: keras.Model, features: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a model that is asked, not taught: no gold tag is known."""
    inputs = {name: ops.convert_to_tensor(feature) for name, feature in features.items()}
    if GOLD_TAGS in model.input:
        inputs[GOLD_TAGS] = -ops.ones_like(inputs["words"])
    return inputs


def count_words(model: keras.Model, counts: Any) -> None:
    """Tells the model how often each word of the vocabulary, [words], stands in training."""
    for layer in model.layers:
        if isinstance(layer, RareTokenDropout):
            layer.counts.assign(counts)


def losses(settings: SlotFillingSettings, model: keras.Model) -> dict[str, keras.losses.Loss]:
    """Negative log-likelihood of an utterance's tags, and of its intent; gold tag -1 is padding."""
    crf = _crf(model)
    return {
        "member_tags": MembersLoss(CRFLoss(crf) if crf else TokenLoss()),
        "member_intents": MembersLoss(IntentLoss(settings.train.intent_smoothing)),
    }


def decode(model: keras.Model, tag_logits: Any, padding_mask: Any) -> tuple[Any, Any]:
    """The tags of a batch and how probable each is.

    Args:
        model: Made by `build_model`.
        tag_logits: Its output [batch, tokens, tags].
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
    """As `decode` gives them."""
    crf = _crf(model)
    if crf is None:
        return ops.softmax(tag_logits)
    return crf.marginals(tag_logits, padding_mask)


def scale_of_tags(model: keras.Model) -> keras.layers.Layer:
    """The layer whose `temperature` makes the tags' probabilities mean what they say."""
    return _crf(model) or model.get_layer(TAG_SCALE)


def _crf(model: keras.Model) -> CRF | None:
    return next((layer for layer in model.layers if isinstance(layer, CRF)), None)


class TokenLoss(keras.losses.Loss):
    """Cross entropy of every token for itself, summed over the utterance; -1 is padding."""

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
        of_all = -ops.mean(ops.log_softmax(y_pred, axis=-1), axis=-1)
        return (1.0 - self.smoothing) * gold + self.smoothing * of_all
