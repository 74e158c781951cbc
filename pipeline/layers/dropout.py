"""Dropout of whole tokens: some ids become `<unk>` in training."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class TokenDropout(keras.layers.Layer):
    """Replaces each real id by `unknown_id` with probability `rate`, in training alone.

    The model meets words that it does not know while it learns, and so learns to read a word from
    its context (Kiperwasser and Goldberg 2016, section 6, with a rate that is the same for every
    word; Iyyer et al. 2015 drop the word altogether).

    Args:
        rate: In [0, 1).
        unknown_id: The id that stands for an unknown word; id 0 is padding and is left alone.
        seed: Of the draws.

    Shapes: int32 [batch, tokens, ...] -> the same; one draw a token, for all that follows it.
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
