"""Pooling of a sequence of states to one vector, without padding."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class AttentionPooling(keras.layers.Layer):
    """A weighted mean of the states with learnt weights.

    Yang et al. 2016, equations 5 to 7 ("Hierarchical attention networks"):

    1. u_i = tanh(W h_i + b), each [attention_dim],
    2. a_i = exp(u_i . v) / sum_j exp(u_j . v), over real tokens; all zero where none is real,
    3. the pooled vector is sum_i a_i h_i.

    Args:
        attention_dim: Size of the hidden projection.

    Shapes: states [batch, tokens, dim], padding_mask bool [batch, tokens] -> [batch, dim].
    """

    def __init__(self, attention_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim
        self.hidden = keras.layers.Dense(attention_dim, activation="tanh", name="hidden")
        self.scorer = keras.layers.Dense(1, use_bias=False, name="scorer")
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, states_shape: Any, padding_mask_shape: Any = None) -> None:
        self.hidden.build(states_shape)
        self.scorer.build((*states_shape[:-1], self.attention_dim))

    def call(self, states: Any, padding_mask: Any) -> Any:
        return ops.sum(self.attention_weights(states, padding_mask)[:, :, None] * states, axis=1)

    def attention_weights(self, states: Any, padding_mask: Any) -> Any:
        """Return the weights a_i above, float [batch, tokens]."""
        real = ops.cast(padding_mask, self.compute_dtype)
        scores = self.scorer(self.hidden(states))[:, :, 0] + (real - 1) * 1e9
        # Keras's softmax warns about axes of size 1, and is not 0 if all tokens are padding.
        weights = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True)) * real
        return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1.0)

    def compute_mask(self, states: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, states_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (states_shape[0], states_shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attention_dim": self.attention_dim}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Pooling(keras.layers.Layer):
    """Pooling without weights; zeros if there are no real tokens.

    - "last": the state that has read the whole text, which is the state at the last real token. In
      bidirectional layers it is the forward half of the last real token and the backward half of
      the first.
    - "mean", "max": the mean or maximum over real tokens, for each feature.

    Args:
        kind: "last", "mean" or "max".
        bidirectional: For "last": whether a state is a forward half and a backward half.

    Shapes: states [batch, tokens, dim], padding_mask bool [batch, tokens] -> [batch, dim].
    """

    def __init__(self, kind: str, bidirectional: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if kind not in POOLINGS:
            raise ValueError(f"Pooling: kind is {kind!r}; expected one of {', '.join(POOLINGS)}")
        self.kind, self.bidirectional = kind, bidirectional
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, states_shape: Any, padding_mask_shape: Any = None) -> None:
        if self.bidirectional and states_shape[-1] % 2:
            raise ValueError(
                f"Pooling: bidirectional states must have an even size; received {states_shape[-1]}"
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
    """Return the state at the first real token; zeros if there is none."""
    return _select(states, _first(padding_mask))


def last_state(states: Any, padding_mask: Any) -> Any:
    """Return the state at the last real token; zeros if there is none."""
    return _select(states, ops.flip(_first(ops.flip(padding_mask, axis=1)), axis=1))


def _first(padding_mask: Any) -> Any:
    """Return True only at the first real token of each row."""
    nth = ops.cumsum(ops.cast(padding_mask, "int32"), axis=1)
    return ops.logical_and(padding_mask, nth == 1)


def _select(states: Any, selected: Any) -> Any:
    return ops.sum(ops.where(selected[:, :, None], states, 0.0), axis=1)


def mean_states(states: Any, padding_mask: Any) -> Any:
    """Return the mean over real tokens; zeros if there are none."""
    total = ops.sum(ops.where(padding_mask[:, :, None], states, 0.0), axis=1)
    count = ops.sum(ops.cast(padding_mask, total.dtype), axis=1, keepdims=True)
    return total / ops.maximum(count, 1.0)


def max_states(states: Any, padding_mask: Any) -> Any:
    """Return the maximum of each feature over real tokens; zeros if there are none."""
    # Padding is far below all real values, so it is never the maximum.
    highest = ops.max(ops.where(padding_mask[:, :, None], states, -1e9), axis=1)
    return ops.where(ops.any(padding_mask, axis=1)[:, None], highest, 0.0)


POOLINGS = {"last": last_state, "mean": mean_states, "max": max_states}
