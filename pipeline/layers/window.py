"""An encoder with a context window of fixed width."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Window(keras.layers.Layer):
    """One dense layer over the concatenated vectors of a token and its neighbours.

    Collobert et al. 2011, section 3.3.1 ("Natural language processing (almost) from scratch"):

    h_t = f(W [x_{t-k}; ...; x_t; ...; x_{t+k}] + b), with k = radius and f = tanh or ReLU; outside
    the text x is the zero vector; h is zeros at padding.

    Tokens more than k positions away have no influence.

    Args:
        hidden_dim: Size of h.
        radius: k, at least 1.
        activation: f, by its Keras name.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] ->
    [batch, tokens, hidden_dim].
    """

    def __init__(self, hidden_dim: int, radius: int = 2, activation: str = "tanh", **kwargs: Any):
        super().__init__(**kwargs)
        if radius < 1:
            raise ValueError(f"Window: radius is {radius}; expected at least 1")
        self.hidden_dim, self.radius, self.activation = hidden_dim, radius, activation
        self.dense = keras.layers.Dense(hidden_dim, activation=activation, name="dense")
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        self.dense.build((*vectors_shape[:2], (2 * self.radius + 1) * vectors_shape[2]))

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        real = padding_mask[:, :, None]
        text, tokens = ops.where(real, vectors, 0.0), ops.shape(vectors)[1]
        padded = ops.pad(text, [[0, 0], [self.radius, self.radius], [0, 0]])
        neighbours = [padded[:, first : first + tokens] for first in range(2 * self.radius + 1)]
        return ops.where(real, self.dense(ops.concatenate(neighbours, axis=-1)), 0.0)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (*vectors_shape[:2], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "radius": self.radius,
            "activation": self.activation,
        }
        return {**super().get_config(), **own}
