"""A sequence of states as one vector, padding left out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class AttentionPooling(keras.layers.Layer):
    """A weighted mean of the states, the weights learnt; what matters for the whole text counts.

    Yang et al. 2016, equations 5 to 7 ("Hierarchical attention networks"):

    1. u_i = tanh(W h_i + b), each [attention_dim],
    2. a_i = exp(u_i . v) / sum_j exp(u_j . v), over real tokens; all zero where none is real,
    3. the pooled vector is sum_i a_i h_i.

    Args:
        attention_dim: Of the hidden projection.

    Shapes: states [batch, tokens, dim], padding_mask bool [batch, tokens] -> [batch, dim].
    """

    def __init__(self, attention_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim
        self.hidden = keras.layers.Dense(attention_dim, activation="tanh", name="hidden")
        self.scorer = keras.layers.Dense(1, use_bias=False, name="scorer")
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

    def build(self, states_shape: Any, padding_mask_shape: Any = None) -> None:
        self.hidden.build(states_shape)
        self.scorer.build((*states_shape[:-1], self.attention_dim))

    def call(self, states: Any, padding_mask: Any) -> Any:
        return ops.sum(self.shares(states, padding_mask)[:, :, None] * states, axis=1)

    def shares(self, states: Any, padding_mask: Any) -> Any:
        """The a_i above: how much of the pooled vector each token is, float [batch, tokens]."""
        real = ops.cast(padding_mask, self.compute_dtype)
        scores = self.scorer(self.hidden(states))[:, :, 0] + (real - 1) * 1e9
        # By hand: Keras's softmax warns of texts of one token, and gives padding alone weights.
        shares = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True)) * real
        return shares / ops.maximum(ops.sum(shares, axis=-1, keepdims=True), 1.0)

    def compute_mask(self, states: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, states_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (states_shape[0], states_shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attention_dim": self.attention_dim}
