"""An encoder without context, for comparison with the others."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class FeedForward(keras.layers.Layer):
    """One dense layer, applied to each token separately.

    Rumelhart, Hinton and Williams 1986 ("Learning representations by back-propagating errors"):

    h_t = f(W x_t + b), with f = tanh or ReLU; zeros at padding.

    A word has the same state in every context: a city gets the same tag as departure and as
    destination.

    Args:
        hidden_dim: Size of h.
        activation: f, by its Keras name.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] ->
    [batch, tokens, hidden_dim].
    """

    def __init__(self, hidden_dim: int, activation: str = "tanh", **kwargs: Any):
        super().__init__(**kwargs)
        self.hidden_dim, self.activation = hidden_dim, activation
        self.dense = keras.layers.Dense(hidden_dim, activation=activation, name="dense")
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        self.dense.build(vectors_shape)

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        return ops.where(padding_mask[:, :, None], self.dense(vectors), 0.0)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (*vectors_shape[:2], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        own = {"hidden_dim": self.hidden_dim, "activation": self.activation}
        return {**super().get_config(), **own}
