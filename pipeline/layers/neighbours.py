"""What stands around a token, and how it begins and ends: the features of a classic CRF."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

BUCKETS = 2**17 - 1  # a prime, so that a polynomial spreads; times FACTOR it is below 2^31
FACTOR = 10_007
NEIGHBOURS = (
    *((place,) for place in (-2, -1, 0, 1, 2)),
    *((-2, -1), (-1, 0), (0, 1), (1, 2), (-1, 1)),
    (-1, 0, 1),
)
AFFIXES = (1, 2, 3, 4)


@keras.saving.register_keras_serializable("keras_text_pipeline")
class HashedNeighbours(keras.layers.Layer):
    """A vector a token: the sum of what its word, its neighbours and its affixes say.

    1. features: the words at the places of `NEIGHBOURS` from the token on, alone and side by side,
       and its first and last 1 to 4 characters; each with its kind hashed into one of `BUCKETS`
       (Weinberger et al. 2009): h = (h FACTOR + id) mod BUCKETS, id by id,
    2. in training a share `rate` of the features is left out, and what is left weighs
       1 / (1 - rate) (Srivastava et al. 2014),
    3. the token's vector is the sum of the features' rows of a table that begins with zeros, so
       that what training never met says nothing.

    These are the features of the usual linear-chain CRF (Lafferty et al. 2001; Sha and Pereira
    2003, section 4); beside a recurrent layer they are the wide part of a wide and deep model
    (Cheng et al. 2016).

    Args:
        dim: Of the vector.
        rate: In [0, 1).
        seed: Of the draws.

    Shapes: words int32 [batch, tokens], characters int32 [batch, tokens, characters], 0 being
    padding that stands last -> float [batch, tokens, dim]; zeros at padding.
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
    """Ids of all features of all tokens: int32 [batch, tokens, features], each below `BUCKETS`."""
    found = [[_at(words, place) for place in places] for places in NEIGHBOURS]
    longest = max(AFFIXES)
    padded = ops.pad(characters, ((0, 0), (0, 0), (0, longest)))
    length = ops.sum(ops.cast(ops.not_equal(characters, 0), "int32"), axis=-1, keepdims=True)
    for size in AFFIXES:
        first = [padded[:, :, place] for place in range(size)]
        ends = [ops.maximum(length - 1 - place, 0) for place in range(size)]
        last = [ops.take_along_axis(padded, end, axis=2)[:, :, 0] for end in ends]
        found += [first, last]
    return ops.stack([_hashed(kind, ids) for kind, ids in enumerate(found)], axis=-1)


def _at(words: Any, place: int) -> Any:
    """Each token with the word that stands `place` tokens further on; 0 beyond the text."""
    if place == 0:
        return words
    if place < 0:
        return ops.pad(words, ((0, 0), (-place, 0)))[:, :place]
    return ops.pad(words, ((0, 0), (0, place)))[:, place:]


def _hashed(kind: int, ids: list[Any]) -> Any:
    value = ops.full_like(ids[0], kind + 1)
    for part in ids:
        value = ops.mod(value * FACTOR + part, BUCKETS)
    return value
