"""The joint tagger: one bidirectional LSTM reads the text, two heads give tags and intent.

    words, characters -> embeddings -> BiLSTM -+-> Dense -> tag logits, a row a token
                                               +-> attention pooling -> Dense -> intent logits

A forward LSTM sees only what stands before a word ("from Beijing"), a backward one only what
stands after ("Beijing is where I start"): with both, a city's role is decided by its cue wherever
it stands. `keras.ops` and Keras layers only, so the same model trains on the JAX backend.
"""

from __future__ import annotations

import keras

from pipeline.layers.characters import CharacterConvolution
from pipeline.layers.dropout import TokenDropout
from pipeline.layers.pooling import AttentionPooling
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.config import SlotFillingSettings


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
    mask = keras.ops.not_equal(words, 0)

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
    states = keras.layers.Dropout(sizes.dropout, seed=seed + 3, name="state_dropout")(states)

    tags = keras.layers.Dense(1 + 2 * len(vocabularies["slots"]), name="tags")(states)
    summary = AttentionPooling(sizes.hidden_dim, name="summary")(states, mask)
    intent = keras.layers.Dense(len(vocabularies["intents"]), name="intent")(summary)
    return keras.Model(
        {"words": words, "characters": characters},
        {"tags": tags, "intent": intent},
        name="slot_tagger",
    )


def losses(settings: SlotFillingSettings) -> dict[str, keras.losses.Loss]:
    """Cross entropy per head; the mean is over what carries weight, not over padding."""
    del settings
    return {
        head: keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight", name=f"{head}_loss"
        )
        for head in ("tags", "intent")
    }
