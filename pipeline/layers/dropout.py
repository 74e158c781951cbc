"""Dropout of whole tokens: random ids become `<unk>` in training."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

UNKNOWN_ID = 1
NEVER_RARE = 1e9
TINY = 1e-9


@keras.saving.register_keras_serializable("keras_text_pipeline")
class TokenDropout(keras.layers.Layer):
    """Replaces each real id with `unknown_id` with probability `rate`, in training only.

    The model sees unknown words during training and learns to use their context (Kiperwasser and
    Goldberg 2016, section 6, with the same rate for all words; Iyyer et al. 2015 remove the word).

    Args:
        rate: Probability in [0, 1).
        unknown_id: The id of unknown words; id 0 is padding and is never replaced.
        seed: Random seed.

    Shapes: int32 [batch, tokens, ...] -> the same; one draw per token, shared by further axes.
    """

    def __init__(self, rate: float, unknown_id: int = 1, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.unknown_id, self.seed = rate, unknown_id, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, ids: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return ids
        draw = keras.random.uniform(ops.shape(ids)[:2], seed=self.generator) < self.rate
        draw = ops.reshape(draw, (*ops.shape(draw), *[1] * (len(ids.shape) - 2)))
        return ops.where(ops.logical_and(draw, ids != 0), self.unknown_id, ids)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "unknown_id": self.unknown_id, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class RareTokenDropout(keras.layers.Layer):
    """Token dropout that replaces rare words more often than frequent ones, in training only.

    A word w that occurs c(w) times in training becomes `<unk>` with probability
    1 - (1 - rate) (1 - alpha / (alpha + c(w))) (Kiperwasser and Goldberg 2016, section 6). Unknown
    words resemble rare words, so the model learns what unknown words tend to be: cities rather than
    states, all of which are known.

    `counts` [vocabulary_size] is not trainable: words are counted on the training texts before
    training and set with `counts.assign`. Initially no word is rare.

    Args:
        vocabulary_size: Number of ids.
        rate: Probability for all words, in [0, 1).
        alpha: At least 0; a word that occurs `alpha` times is replaced half of the time.
        seed: Random seed.

    Shapes: int32 [batch, tokens] -> the same; `<unk>` is 1, padding 0 is never replaced.
    """

    def __init__(
        self,
        vocabulary_size: int,
        rate: float = 0.0,
        alpha: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.rate, self.alpha = vocabulary_size, rate, alpha
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self.counts = self.add_weight(
            (self.vocabulary_size,),
            keras.initializers.Constant(NEVER_RARE),
            trainable=False,
            name="counts",
        )

    def call(self, ids: Any, training: bool = False) -> Any:
        if not training or self.rate == self.alpha == 0:
            return ids
        kept = 1.0 - self.alpha / (self.alpha + ops.take(self.counts, ids) + TINY)
        draw = keras.random.uniform(ops.shape(ids), seed=self.generator)
        dropped = draw >= (1.0 - self.rate) * kept
        return ops.where(ops.logical_and(dropped, ids != 0), UNKNOWN_ID, ids)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"vocabulary_size": self.vocabulary_size, "rate": self.rate, "alpha": self.alpha}
        return {**super().get_config(), **own, "seed": self.seed}
