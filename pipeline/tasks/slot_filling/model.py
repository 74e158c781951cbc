"""The joint tagger: one bidirectional LSTM reads the text, two heads give tags and intent.

    words, characters -> embeddings -> BiLSTM -+-> Dense -> CRF -> tag logits, a row a token
                                               +-> attention pooling -> Dense -> intent logits

A forward LSTM sees only what stands before a word ("from Beijing"), a backward one only what
stands after ("Beijing is where I start"): with both, a city's role is decided by its cue wherever
it stands. `keras.ops` and Keras layers only, so the same model trains on the JAX backend.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.layers.characters import CharacterConvolution
from pipeline.layers.crf import CRF, CRFLoss, bio_constraints
from pipeline.layers.dropout import TokenDropout
from pipeline.layers.pooling import AttentionPooling
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.config import SlotFillingSettings
from pipeline.tasks.slot_filling.utterance import tag_names


def build_model(settings: SlotFillingSettings, vocabularies: Vocabularies) -> keras.Model:
    """A Keras model from token ids to logits.

    Shapes: {"words": int32 [batch, tokens], "characters": int32 [batch, tokens, max_characters]}
    -> {"tags": float [batch, tokens, tags], "intent": float [batch, intents]}.
    """
    sizes, seed = settings.model, settings.train.seed
    words = keras.Input((None,), dtype="int32", name="words")
    characters = keras.Input(
        (None, settings.tokenizer.max_characters), dtype="int32", name="characters"
    )
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

    vectors = keras.layers.Concatenate(name="vectors")([word_vectors, spellings])
    vectors = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name="input_dropout")(vectors)
    # use_cudnn=False: a graph traced on a GPU machine must run where there is none (keras#18504).
    lstm = keras.layers.LSTM(sizes.hidden_dim, return_sequences=True, use_cudnn=False, name="lstm")
    states = keras.layers.Bidirectional(lstm, name="encoder")(vectors, mask=mask)
    # An op, unlike a layer, drops Keras's implicit mask, which would get into the losses.
    states = states * ops.cast(mask, states.dtype)[:, :, None]
    states = keras.layers.Dropout(sizes.dropout, seed=seed + 3, name="state_dropout")(states)

    names = tag_names(vocabularies["slots"])
    tags = keras.layers.Dense(len(names), name="tags")(states)
    if sizes.crf:
        tags = CRF(len(names), *bio_constraints(names), name="crf")(tags)
    summary = AttentionPooling(sizes.hidden_dim, name="summary")(states, mask)
    intent = keras.layers.Dense(len(vocabularies["intents"]), name="intent")(summary)
    return keras.Model(
        {"words": words, "characters": characters},
        {"tags": tags, "intent": intent},
        name="slot_tagger",
    )


def losses(model: keras.Model) -> dict[str, keras.losses.Loss]:
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
    crf = next((layer for layer in model.layers if layer.name == "crf"), None)
    if crf is None:
        return ops.argmax(tag_logits, axis=-1), ops.softmax(tag_logits)
    return crf.decode(tag_logits, padding_mask), crf.marginals(tag_logits, padding_mask)


class TokenLoss(keras.losses.Loss):
    """Cross entropy of every token for itself, summed over the utterance; -1 is padding."""

    def __init__(self) -> None:
        super().__init__(name="token_loss", reduction="mean_with_sample_weight")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        gold = ops.cast(y_true, "int32")
        loss = ops.sparse_categorical_crossentropy(ops.maximum(gold, 0), y_pred, from_logits=True)
        return ops.sum(loss * ops.cast(gold >= 0, loss.dtype), axis=-1)
