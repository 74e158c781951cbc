"""The joint tagger: an encoder reads the text, two heads give tags and intent.

    words, characters -> embeddings -> encoder -+-> Dense -> CRF -> tag logits, a row a token
                                                +-> attention pooling -> Dense -> intent logits

A forward LSTM sees only what stands before a word ("from Beijing"), a backward one only what
stands after ("Beijing is where I start"): with both, a city's role is decided by its cue wherever
it stands. `keras.ops` and Keras layers only, so the same model trains on the JAX backend.

A model that feeds its tags back has them as an input: the gold ones while it learns, none later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from pipeline.layers.bag import WeightedBag
from pipeline.layers.characters import CharacterConvolution
from pipeline.layers.crf import CRF, CRFLoss, bio_constraints
from pipeline.layers.dropout import TokenDropout
from pipeline.layers.encoders import EncoderSizes, encode
from pipeline.layers.jordan import Jordan
from pipeline.layers.pooling import AttentionPooling
from pipeline.layers.temperature import Temperature
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.config import (
    FEED_TAGS_BACK,
    GOLD_TAGS,
    READ_BACKWARD,
    SlotFillingSettings,
)
from pipeline.tasks.slot_filling.utterance import tag_names
from pipeline.text.shapes import SHAPES

NGRAM_WORDS, NGRAM_BUCKETS = 2, 2**14
TAG_SCALE, INTENT_SCALE = "tag_scale", "intent_scale"


def build_model(settings: SlotFillingSettings, vocabularies: Vocabularies) -> keras.Model:
    """A Keras model from token ids to logits.

    Shapes: {"words", "shapes": int32 [batch, tokens], "characters": int32 [batch, tokens,
    characters]} -> {"tags": float [batch, tokens, tags], "intent": float [batch, intents]}.
    """
    sizes, seed = settings.model, settings.train.seed
    words = keras.Input((None,), dtype="int32", name="words")
    characters = keras.Input((None, None), dtype="int32", name="characters")
    shapes = keras.Input((None,), dtype="int32", name="shapes")
    ngrams = keras.Input((None,), dtype="int32", name="ngrams")
    mask = ops.not_equal(words, 0)

    seen = TokenDropout(sizes.word_dropout, seed=seed, name="word_dropout")(words)
    word_vectors = keras.layers.Embedding(
        len(vocabularies["words"]), sizes.word_dim, name="word_embedding"
    )(seen)
    spelled = TokenDropout(sizes.character_dropout, seed=seed + 1, name="character_dropout")(
        characters
    )
    spellings = CharacterConvolution(
        len(vocabularies["characters"]),
        sizes.character_dim,
        sizes.character_filters,
        name="characters_of_word",
    )(spelled)

    shape_vectors = keras.layers.Embedding(len(SHAPES), sizes.shape_dim, name="shape_embedding")(
        TokenDropout(sizes.shape_dropout, seed=seed + 5, name="shape_dropout")(shapes)
    )
    vectors = keras.layers.Concatenate(name="vectors")([word_vectors, spellings, shape_vectors])
    vectors = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name="input_dropout")(vectors)
    inputs = {
        "words": words,
        "characters": characters,
        "shapes": shapes,
        "ngrams": ngrams,
    }
    names = tag_names(vocabularies["slots"])
    if sizes.encoder in FEED_TAGS_BACK:
        inputs[GOLD_TAGS] = keras.Input((None,), dtype="int32", name=GOLD_TAGS)
        elman = sizes.encoder == "elman_jordan"
        tagger = Jordan(len(names), sizes.hidden_dim, elman, name="tags")
        states, tags = vectors, tagger(vectors, mask, inputs[GOLD_TAGS])
    else:
        states = encode(sizes.encoder, _encoder_sizes(settings), vectors, mask)
        states = keras.layers.Dropout(sizes.dropout, seed=seed + 3, name="state_dropout")(states)
        tags = keras.layers.Dense(len(names), name="tags")(states)
    if not sizes.crf:
        tags = Temperature(name=TAG_SCALE)(tags)
    else:
        tags = CRF(len(names), *bio_constraints(names), name="crf")(tags)
    summary = AttentionPooling(sizes.hidden_dim, name="summary")(states, mask)
    intent = keras.layers.Dense(len(vocabularies["intents"]), name="intent")(summary)
    said = WeightedBag(
        NGRAM_BUCKETS, len(vocabularies["intents"]), gain=sizes.intent_gain, name="said"
    )(TokenDropout(sizes.ngram_dropout, 0, seed=seed + 6, name="ngram_dropout")(ngrams))
    intent = keras.layers.Add(name="intent_scores")([intent, said])
    intent = Temperature(name=INTENT_SCALE)(intent)
    return keras.Model(inputs, {"tags": tags, "intent": intent}, name="slot_tagger")


def inputs_alone(model: keras.Model, features: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a model that is asked, not taught: no gold tag is known."""
    inputs = {name: ops.convert_to_tensor(feature) for name, feature in features.items()}
    if GOLD_TAGS in model.input:
        inputs[GOLD_TAGS] = -ops.ones_like(inputs["words"])
    return inputs


def _encoder_sizes(settings: SlotFillingSettings) -> EncoderSizes:
    sizes = settings.model
    both = sizes.encoder in READ_BACKWARD if sizes.bidirectional is None else sizes.bidirectional
    return EncoderSizes(
        hidden_dim=sizes.hidden_dim,
        depth=sizes.depth,
        bidirectional=both,
        radius=sizes.radius,
        heads=sizes.heads,
        dropout=sizes.dropout,
        seed=settings.train.seed + 4,
    )


def count(*_: Any) -> None:
    """Nothing: all weights are learnt."""


def losses(_: SlotFillingSettings, model: keras.Model) -> dict[str, keras.losses.Loss]:
    """Negative log-likelihood of an utterance's tags, and of its intent; gold tag -1 is padding."""
    layers = {layer.name: layer for layer in model.layers}
    return {
        "tags": CRFLoss(layers["crf"]) if "crf" in layers else TokenLoss(),
        "intent": keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight", name="intent_loss"
        ),
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
    best = ops.argmax(tag_logits, axis=-1) if crf is None else crf.decode(tag_logits, padding_mask)
    return best, tag_probabilities(model, tag_logits, padding_mask)


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
