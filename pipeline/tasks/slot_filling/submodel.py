"""One member of the ensemble: an encoder with a head for tags and a head for the intent.

    words, characters, shapes -> embeddings -> encoder -+-> Dense -> tag logits of each token
    words, characters -> hashed neighbouring words -----+
                                                        +-> attention pooling -> Dense -+
    n-grams of the whole text ----------------------------------> WeightedBag ----------+-> intent

If the config has `attention_blocks`, self-attention follows the encoder, before the heads.

A forward LSTM sees only the words before a city ("from Beijing"), a backward one only the words
after it ("Beijing is where I start"). A bidirectional encoder finds the cue for the city's role on
either side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from pipeline.layers.bag import WeightedBag
from pipeline.layers.characters import CharacterConvolution
from pipeline.layers.dropout import RareTokenDropout, TokenDropout
from pipeline.layers.encoders import EncoderSizes, encode
from pipeline.layers.interaction import Interaction
from pipeline.layers.jordan import Jordan
from pipeline.layers.neighbours import HashedNeighbours
from pipeline.layers.pooling import AttentionPooling
from pipeline.layers.self_attention import SelfAttentionBlock
from pipeline.task import Vocabularies
from pipeline.tasks.slot_filling.records import tag_names
from pipeline.tasks.slot_filling.settings import (
    FEED_TAGS_BACK,
    GOLD_TAGS,
    READ_BACKWARD,
    ModelSettings,
    SlotFillingSettings,
)
from pipeline.text.shapes import SHAPES

NGRAM_WORDS, NGRAM_BUCKETS = 2, 2**14
SEEDS_PER_MEMBER = 100


def build_member(
    settings: SlotFillingSettings,
    vocabularies: Vocabularies,
    inputs: Mapping[str, Any],
    number: int,
) -> tuple[Any, Any]:
    """Return tag logits [batch, tokens, tags] and intent logits [batch, intents].

    Args:
        settings: The settings of the model.
        vocabularies: The vocabularies of the model.
        inputs: The model's inputs by name.
        number: The number of the member, from 1. It ends the names of the member's layers and
            decides their seeds.
    """
    sizes, seed = settings.model, settings.train.seed + SEEDS_PER_MEMBER * (number - 1)
    mask = ops.not_equal(inputs["words"], 0)
    words = RareTokenDropout(
        len(vocabularies["words"]),
        sizes.word_dropout,
        sizes.rare_word_dropout,
        seed=seed,
        name=f"word_dropout_{number}",
    )(inputs["words"])
    characters = TokenDropout(
        sizes.character_dropout, seed=seed + 1, name=f"character_dropout_{number}"
    )(inputs["characters"])
    shapes = TokenDropout(sizes.shape_dropout, seed=seed + 5, name=f"shape_dropout_{number}")(
        inputs["shapes"]
    )
    vectors = _vectors(sizes, vocabularies, words, characters, shapes, number)
    vectors = keras.layers.Dropout(sizes.dropout, seed=seed + 2, name=f"input_dropout_{number}")(
        vectors
    )
    num_tags = len(tag_names(vocabularies["slots"]))
    if sizes.encoder in FEED_TAGS_BACK:
        elman = sizes.encoder == "elman_jordan"
        tagger = Jordan(num_tags, sizes.hidden_dim, elman, name=f"tags_{number}")
        states, tags = vectors, tagger(vectors, mask, inputs[GOLD_TAGS])
    else:
        states = _states(sizes, vectors, mask, seed, number)
        states = keras.layers.Dropout(sizes.dropout, seed=seed + 3, name=f"state_dropout_{number}")(
            states
        )
        features = states
        if sizes.neighbour_dim:
            neighbours = HashedNeighbours(
                sizes.neighbour_dim,
                sizes.neighbour_dropout,
                seed=seed + 7,
                name=f"neighbours_{number}",
            )(words, characters)
            features = keras.layers.Concatenate(name=f"known_{number}")([states, neighbours])
        tags = keras.layers.Dense(num_tags, name=f"tags_{number}")(features)
    ngrams = TokenDropout(sizes.ngram_dropout, 0, seed=seed + 6, name=f"ngram_dropout_{number}")(
        inputs["ngrams"]
    )
    intent = _intent(sizes, len(vocabularies["intents"]), states, mask, ngrams, number)
    if sizes.interaction:
        tags, intent = Interaction(name=f"interaction_{number}")(tags, intent, mask)
    return tags, intent


def _vectors(
    sizes: ModelSettings,
    vocabularies: Vocabularies,
    words: Any,
    characters: Any,
    shapes: Any,
    number: int,
) -> Any:
    """Return a vector for each token: embeddings of word, characters and shape, concatenated."""
    word = keras.layers.Embedding(
        len(vocabularies["words"]), sizes.word_dim, name=f"word_embedding_{number}"
    )
    spelling = CharacterConvolution(
        len(vocabularies["characters"]),
        sizes.character_dim,
        sizes.character_filters,
        name=f"characters_of_word_{number}",
    )
    shape = keras.layers.Embedding(len(SHAPES), sizes.shape_dim, name=f"shape_embedding_{number}")
    join = keras.layers.Concatenate(name=f"vectors_{number}")
    return join([word(words), spelling(characters), shape(shapes)])


def _states(sizes: ModelSettings, vectors: Any, mask: Any, seed: int, number: int) -> Any:
    """Return the contextual state of each token: the encoder, then self-attention."""
    encoder_sizes = _encoder_sizes(sizes, seed + 4)
    states = encode(sizes.encoder, encoder_sizes, vectors, mask, f"encoder_{number}")
    for block in range(sizes.attention_blocks):
        states = SelfAttentionBlock(
            states.shape[-1],
            sizes.heads,
            sizes.dropout,
            seed=seed + 8 + 2 * block,  # a block uses two seeds
            name=f"attention_{block + 1}_{number}",
        )(states, mask)
    return states


def _intent(
    sizes: ModelSettings, intents: int, states: Any, mask: Any, ngrams: Any, number: int
) -> Any:
    """Return intent logits: the sum of a head over the pooled states and a linear n-gram layer."""
    summary = AttentionPooling(sizes.hidden_dim, name=f"summary_{number}")(states, mask)
    of_states = keras.layers.Dense(intents, name=f"intent_{number}")(summary)
    bag = WeightedBag(NGRAM_BUCKETS, intents, gain=sizes.intent_gain, name=f"said_{number}")
    return keras.layers.Add(name=f"intent_scores_{number}")([of_states, bag(ngrams)])


def _encoder_sizes(sizes: ModelSettings, seed: int) -> EncoderSizes:
    both = sizes.encoder in READ_BACKWARD if sizes.bidirectional is None else sizes.bidirectional
    return EncoderSizes(
        hidden_dim=sizes.hidden_dim,
        depth=sizes.depth,
        bidirectional=both,
        radius=sizes.radius,
        heads=sizes.heads,
        dropout=sizes.dropout,
        seed=seed,
    )
