"""Hashed features of neighbouring words and affixes, as in a classic CRF."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

BUCKETS = 2**17 - 1  # prime, for a good polynomial hash; BUCKETS x FACTOR is below 2^31
FACTOR = 10_007
NEIGHBOURS = (
    *((offset,) for offset in (-2, -1, 0, 1, 2)),
    *((-2, -1), (-1, 0), (0, 1), (1, 2), (-1, 1)),
    (-1, 0, 1),
)
AFFIXES = (1, 2, 3, 4)


@keras.saving.register_keras_serializable("keras_text_pipeline")
class HashedNeighbours(keras.layers.Layer):
    """Token vectors that sum embeddings of hashed word, neighbour and affix features.

    1. features: the words at the relative positions of `NEIGHBOURS`, alone and combined, and the
       first and last 1 to 4 characters of the token; each is hashed with its kind into one of
       `BUCKETS` (Weinberger et al. 2009): h = (h FACTOR + id) mod BUCKETS for each id,
    2. in training, dropout with `rate` on the features; the others are scaled by 1 / (1 - rate)
       (Srivastava et al. 2014),
    3. the token's vector is the sum of the features' rows of a table, which is initialized with
       zeros, so that unseen features contribute nothing.

    These are the features of a classic linear-chain CRF (Lafferty et al. 2001; Sha and Pereira
    2003, section 4). In parallel to a recurrent layer they are the wide part of a wide and deep
    model (Cheng et al. 2016).

    Args:
        dim: Size of the vector.
        rate: Dropout rate in [0, 1).
        seed: Seed of the dropout.

    Shapes: words int32 [batch, tokens], characters int32 [batch, tokens, characters], padded with
    0 at the end -> float [batch, tokens, dim]; zeros at padding.
    """

    def __init__(self, dim: int, rate: float = 0.0, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.dim, self.rate, self.seed = dim, rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, words_shape: Any, characters_shape: Any = None) -> None:
        self.table = self.add_weight((BUCKETS, self.dim), "zeros", name="table")

    def call(self, words: Any, characters: Any, training: bool = False) -> Any:
        ids = hashed_features(words, characters)
        share = ops.cast(ops.not_equal(words, 0), self.compute_dtype)[:, :, None]
        share = share * ops.ones_like(ids, dtype=self.compute_dtype)
        if training and self.rate:
            draw = keras.random.uniform(ops.shape(ids), seed=self.generator)
            share = ops.where(draw < self.rate, 0.0, share / (1.0 - self.rate))
        return ops.sum(ops.take(self.table, ids, axis=0) * share[..., None], axis=2)

    def compute_output_shape(self, words_shape: Any, characters_shape: Any = None) -> Any:
        return (*words_shape[:2], self.dim)

    def get_config(self) -> dict[str, Any]:
        own = {"dim": self.dim, "rate": self.rate, "seed": self.seed}
        return {**super().get_config(), **own}


def hashed_features(words: Any, characters: Any) -> Any:
    """Return the ids of all features: int32 [batch, tokens, features], each below `BUCKETS`."""
    features = [[_shifted(words, offset) for offset in offsets] for offsets in NEIGHBOURS]
    longest = max(AFFIXES)
    padded = ops.pad(characters, ((0, 0), (0, 0), (0, longest)))
    length = ops.sum(ops.cast(ops.not_equal(characters, 0), "int32"), axis=-1, keepdims=True)
    for size in AFFIXES:
        prefix = [padded[:, :, index] for index in range(size)]
        ends = [ops.maximum(length - 1 - index, 0) for index in range(size)]
        suffix = [ops.take_along_axis(padded, end, axis=2)[:, :, 0] for end in ends]
        features += [prefix, suffix]
    return ops.stack([_hashed(kind, ids) for kind, ids in enumerate(features)], axis=-1)


def _shifted(words: Any, offset: int) -> Any:
    """Return the word `offset` tokens after each token; 0 outside of the text."""
    if offset == 0:
        return words
    if offset < 0:
        return ops.pad(words, ((0, 0), (-offset, 0)))[:, :offset]
    return ops.pad(words, ((0, 0), (0, offset)))[:, offset:]


def _hashed(kind: int, ids: list[Any]) -> Any:
    value = ops.full_like(ids[0], kind + 1)
    for part in ids:
        value = ops.mod(value * FACTOR + part, BUCKETS)
    return value
