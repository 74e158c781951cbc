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


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Pooling(keras.layers.Layer):
    """One vector of all states of a text, nothing learnt; zeros where no token is real.

    - "last": the state that has read the whole text. That is the one at the last real token; of a
      layer that reads both ways, the forward half of that one and the backward half of the one at
      the first real token.
    - "mean", "max": of the states at real tokens, feature by feature.

    Args:
        kind: One of these.
        bidirectional: For "last": a state is a forward half, then a backward half as long.

    Shapes: states [batch, tokens, dim], padding_mask bool [batch, tokens] -> [batch, dim].
    """

    def __init__(self, kind: str, bidirectional: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if kind not in POOLINGS:
            raise ValueError(f"Pooling: kind is {kind!r}; expected one of {', '.join(POOLINGS)}")
        self.kind, self.bidirectional = kind, bidirectional
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

    def build(self, states_shape: Any, padding_mask_shape: Any = None) -> None:
        if self.bidirectional and states_shape[-1] % 2:
            raise ValueError(
                f"Pooling: bidirectional states of size {states_shape[-1]}; expected two halves"
            )

    def call(self, states: Any, padding_mask: Any) -> Any:
        if self.kind == "last" and self.bidirectional:
            forward, backward = ops.split(states, 2, axis=-1)
            ends = last_state(forward, padding_mask), first_state(backward, padding_mask)
            return ops.concatenate(ends, axis=-1)
        return POOLINGS[self.kind](states, padding_mask)

    def compute_mask(self, states: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, states_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (states_shape[0], states_shape[2])

    def get_config(self) -> dict[str, Any]:
        own = {"kind": self.kind, "bidirectional": self.bidirectional}
        return {**super().get_config(), **own}


def first_state(states: Any, padding_mask: Any) -> Any:
    """The state at the first real token; zeros where none is real."""
    return _picked(states, _first(padding_mask))


def last_state(states: Any, padding_mask: Any) -> Any:
    """The state at the last real token; zeros where none is real."""
    return _picked(states, ops.flip(_first(ops.flip(padding_mask, axis=1)), axis=1))


def _first(padding_mask: Any) -> Any:
    """True at the first real token of each row alone."""
    nth = ops.cumsum(ops.cast(padding_mask, "int32"), axis=1)
    return ops.logical_and(padding_mask, nth == 1)


def _picked(states: Any, chosen: Any) -> Any:
    return ops.sum(ops.where(chosen[:, :, None], states, 0.0), axis=1)


def mean_states(states: Any, padding_mask: Any) -> Any:
    """The mean of the states at real tokens; zeros where none is real."""
    total = ops.sum(ops.where(padding_mask[:, :, None], states, 0.0), axis=1)
    count = ops.sum(ops.cast(padding_mask, total.dtype), axis=1, keepdims=True)
    return total / ops.maximum(count, 1.0)


def max_states(states: Any, padding_mask: Any) -> Any:
    """The greatest value of each feature at real tokens; zeros where none is real."""
    # Below every real value, so that padding never wins; then 0 where nothing is real.
    highest = ops.max(ops.where(padding_mask[:, :, None], states, -1e9), axis=1)
    return ops.where(ops.any(padding_mask, axis=1)[:, None], highest, 0.0)


POOLINGS = {"last": last_state, "mean": mean_states, "max": max_states}
