"""A transformer encoder with rotary positions."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

LARGEST_SCORES = 2**24  # maximum size of a tensor of attention scores: 64 MiB in float32
LOWEST = -1e4  # the score of padding, which gives weight 0


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SelfAttentionEncoder(keras.layers.Layer):
    """Pre-norm blocks of self-attention and a feed-forward network.

    Vaswani et al. 2017 ("Attention is all you need"), with pre-norm as in Xiong et al. 2020:

    1. h^0 = W x + b,
    2. each block adds attention, then a feed-forward network (see `SelfAttentionBlock`),
    3. the states are LayerNorm(h^depth), zeros at padding.

    Args:
        hidden_dim: Size of the states; a multiple of 2 * heads.
        depth: Number of blocks.
        heads: Attention heads in each block.
        dropout: Rate after each half of a block, in training only.
        seed: Seed of the dropout.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] ->
    [batch, tokens, hidden_dim].
    """

    def __init__(
        self,
        hidden_dim: int,
        depth: int = 2,
        heads: int = 4,
        dropout: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim, self.depth, self.heads = hidden_dim, depth, heads
        self.dropout, self.seed = dropout, seed
        self.projection = keras.layers.Dense(hidden_dim, name="projection")
        self.blocks = [
            SelfAttentionBlock(
                hidden_dim,
                heads,
                dropout,
                seed=None if seed is None else seed + 2 * block,  # a block uses two seeds
                name=f"block_{block + 1}",
            )
            for block in range(depth)
        ]
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-6, name="last_norm")
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        self.projection.build(vectors_shape)
        states_shape = self.compute_output_shape(vectors_shape)
        for block in self.blocks:
            block.build(states_shape)
        self.last_norm.build(states_shape)

    def call(self, vectors: Any, padding_mask: Any, training: bool = False) -> Any:
        real = padding_mask[:, :, None]
        states = self.projection(ops.where(real, vectors, 0.0))
        for block in self.blocks:
            states = block(states, padding_mask, training=training)
        return ops.where(real, self.last_norm(states), 0.0)

    def attention_weights(self, vectors: Any, padding_mask: Any) -> Any:
        """Return the attention weights of the last block, for reports.

        Float [batch, heads, tokens, tokens], with rows of sum 1; zeros from and to padding. The
        whole tensor is in memory, so this is not suitable for long texts.
        """
        states = self.projection(ops.where(padding_mask[:, :, None], vectors, 0.0))
        for block in self.blocks[:-1]:
            states = block(states, padding_mask)
        weights = self.blocks[-1].attention_weights(states, padding_mask)
        return ops.where(padding_mask[:, None, :, None], weights, 0.0)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (*vectors_shape[:2], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "depth": self.depth,
            "heads": self.heads,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SelfAttentionBlock(keras.layers.Layer):
    """One pre-norm transformer block with rotary positions.

    Vaswani et al. 2017, sections 3.2 and 3.3; Su et al. 2021, equation 34 ("RoFormer"), for R:

    1. with u = LayerNorm(h), each head computes q_t = Q u_t, k_t = K u_t, v_t = V u_t,
    2. a_ts = softmax over real s of (R_t q_t) . (R_s k_s) / sqrt(head_dim),
    3. h'_t = h_t + O [sum_s a_ts v_s of all heads],
    4. h''_t = h'_t + W_2 ReLU(W_1 LayerNorm(h'_t) + b_1) + b_2, with hidden size 4 hidden_dim.

    R_t rotates pairs of features by angles that grow with the position t, so a score depends on the
    distance s - t only. There is no table of positions and no maximum length, but the model has not
    been trained on distances longer than those of the training texts.

    The scores of a text have the size tokens x tokens x heads. Queries are therefore processed in
    chunks of at most `LARGEST_SCORES` scores, which are recomputed for the gradient instead of
    stored.

    Args:
        hidden_dim: Size of h, a multiple of 2 * heads.
        heads: Attention heads, each of head_dim = hidden_dim / heads.
        dropout: Rate on the terms added in steps 3 and 4, in training only.
        seed: Seed of the dropout; the second dropout uses seed + 1.

    Shapes: states [batch, tokens, hidden_dim], padding_mask bool [batch, tokens] -> as states;
    undefined at padding.
    """

    def __init__(
        self,
        hidden_dim: int,
        heads: int,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if hidden_dim % (2 * heads):
            raise ValueError(
                f"SelfAttentionBlock: hidden_dim is {hidden_dim}; expected a multiple of 2 * heads"
                f" = {2 * heads}"
            )
        self.hidden_dim, self.heads, self.dropout, self.seed = hidden_dim, heads, dropout, seed
        second_seed = None if seed is None else seed + 1
        layers = keras.layers
        self.attention_norm = layers.LayerNormalization(epsilon=1e-6, name="attention_norm")
        self.queries_keys_values = layers.Dense(3 * hidden_dim, name="queries_keys_values")
        self.attended = layers.Dense(hidden_dim, name="attended")
        self.attention_dropout = layers.Dropout(dropout, seed=seed, name="attention_dropout")
        self.inner_norm = layers.LayerNormalization(epsilon=1e-6, name="inner_norm")
        self.inner = layers.Dense(4 * hidden_dim, activation="relu", name="inner")
        self.outer = layers.Dense(hidden_dim, name="outer")
        self.outer_dropout = layers.Dropout(dropout, seed=second_seed, name="outer_dropout")

    def build(self, states_shape: Any, padding_mask_shape: Any = None) -> None:
        for layer in (self.attention_norm, self.queries_keys_values, self.attended):
            layer.build(states_shape)
        for layer in (self.inner_norm, self.inner):
            layer.build(states_shape)
        self.outer.build((*states_shape[:2], 4 * self.hidden_dim))

    def call(self, states: Any, padding_mask: Any, training: bool = False) -> Any:
        heads = _attend(*self._heads(states), padding_mask)
        joined = ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), ops.shape(states))
        states = states + self.attention_dropout(self.attended(joined), training=training)
        added = self.outer(self.inner(self.inner_norm(states)))
        return states + self.outer_dropout(added, training=training)

    def attention_weights(self, states: Any, padding_mask: Any) -> Any:
        """Return all a_ts, [batch, heads, tokens, tokens]."""
        queries, keys, _ = self._heads(states)
        return _weights(queries, keys, padding_mask)

    def _heads(self, states: Any) -> tuple[Any, Any, Any]:
        """Return rotated, scaled queries, rotated keys and values.

        Each is [batch, heads, tokens, head_dim].
        """
        batch, tokens, _ = ops.shape(states)
        head_dim = self.hidden_dim // self.heads
        together = self.queries_keys_values(self.attention_norm(states))
        together = ops.reshape(together, (batch, tokens, 3, self.heads, head_dim))
        queries, keys, values = ops.unstack(ops.transpose(together, (2, 0, 3, 1, 4)), 3)
        return rotated(queries) / head_dim**0.5, rotated(keys), values

    def compute_output_shape(self, states_shape: Any, padding_mask_shape: Any = None) -> Any:
        return states_shape

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "heads": self.heads,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


def rotated(vectors: Any, first: Any = 0) -> Any:
    """Rotate features i and i + head_dim / 2 as a point by t / 10000^(2i / head_dim).

    The vectors are [batch, heads, tokens, head_dim]; `first` is the position of the first token.
    """
    half = vectors.shape[-1] // 2
    positions = ops.arange(ops.shape(vectors)[2], dtype="float32") + ops.cast(first, "float32")
    angles = positions[:, None] * 10000.0 ** (-ops.arange(half, dtype="float32") / half)
    cosine = ops.cast(ops.cos(angles), vectors.dtype)
    sine = ops.cast(ops.sin(angles), vectors.dtype)
    x, y = vectors[..., :half], vectors[..., half:]
    return ops.concatenate([x * cosine - y * sine, x * sine + y * cosine], axis=-1)


def _weights(queries: Any, keys: Any, padding_mask: Any) -> Any:
    """Compute softmax of the scores over real tokens; zeros if there are none."""
    real = padding_mask[:, None, None, :]
    scores = ops.where(real, ops.matmul(queries, ops.swapaxes(keys, -1, -2)), LOWEST)
    # Keras's softmax warns about axes of size 1, and is not 0 if all tokens are padding.
    peaks = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    shares = ops.where(real, ops.exp(scores - peaks), 0.0)
    return shares / ops.maximum(ops.sum(shares, axis=-1, keepdims=True), 1.0)


@keras.remat
def _attend_at_once(queries: Any, keys: Any, values: Any, real: Any) -> Any:
    """Compute `_attend` without chunks; `real` is a float, because remat differentiates inputs."""
    return ops.matmul(_weights(queries, keys, real > 0), values)


def _attend(queries: Any, keys: Any, values: Any, padding_mask: Any) -> Any:
    """Return the weighted sum of values for each token, [batch, heads, tokens, head_dim]."""
    batch, heads, tokens, head_dim = ops.shape(queries)
    largest = LARGEST_SCORES // (batch * heads * tokens) + 1  # queries in a chunk
    chunks = (tokens + largest - 1) // largest
    size = (tokens + chunks - 1) // chunks
    padded = ops.pad(queries, [[0, 0], [0, 0], [0, chunks * size - tokens], [0, 0]])
    split = ops.reshape(padded, (batch, heads, chunks, size, head_dim))
    split = ops.transpose(split, (2, 0, 1, 3, 4))

    real = ops.cast(padding_mask, queries.dtype)

    def step(last: Any, chunk: Any) -> tuple[Any, Any]:
        attended = _attend_at_once(chunk, keys, values, real)
        return attended, attended

    _, attended = ops.scan(step, ops.zeros_like(split[0]), split)
    joined = ops.transpose(attended, (1, 2, 0, 3, 4))
    return ops.reshape(joined, (batch, heads, chunks * size, head_dim))[:, :, :tokens]
