"""A transformer decoder with rotary positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pipeline.layers.attention import masked_softmax
from pipeline.layers.self_attention import rotated
from pipeline.layers.source_attention import NONE, SourceAttention


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SelfAttentionDecoder(keras.layers.Layer):
    """Pre-norm blocks of self-attention, source attention and a feed-forward network.

    Vaswani et al. 2017, with pre-norm as in Xiong et al. 2020:

    1. h^0 = W x + b,
    2. each block adds the three parts (see `SelfAttentionDecoderBlock`),
    3. the outputs are LayerNorm(h^depth); the attention is that of the last block.

    The methods are those of `RecurrentDecoder`: `fix`, `start`, `step`, `force`; calling the layer
    runs `fix` and `force`. The state holds the keys and values of each block for the target prefix,
    [batch, n, prefix length, hidden_dim]; each step appends one position.

    Args:
        hidden_dim: Size of h and of the outputs; a multiple of 2 * heads.
        depth: Number of blocks.
        heads: Heads of self-attention, and of "multi_head" attention to the source.
        attention: Attention to the source, a name of `source_attention.ATTENTIONS`.
        dropout: Rate after each part of a block, in training only.
        seed: Seed of the dropout.

    Shapes: vectors [batch, target, dim], memory [batch, source, m], padding_mask bool [batch,
    source], summary [batch, s] -> outputs [batch, target, hidden_dim], attention [batch, target,
    source]. Padding at the end of a target needs no mask, because no earlier position depends on
    it.

    Raises:
        ValueError: The attention is unknown, depth is below 1, or hidden_dim is not a multiple of
            2 * heads.
    """

    def __init__(
        self,
        hidden_dim: int,
        depth: int = 2,
        heads: int = 4,
        attention: str = "multi_head",
        dropout: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if depth < 1:
            raise ValueError(f"SelfAttentionDecoder: depth is {depth}; expected 1 or more")
        self.hidden_dim, self.depth, self.heads = hidden_dim, depth, heads
        self.attention, self.dropout, self.seed = attention, dropout, seed
        own = {"dtype": self.dtype_policy}
        self.projection = keras.layers.Dense(hidden_dim, name="projection", **own)
        self.blocks = [
            SelfAttentionDecoderBlock(
                hidden_dim,
                heads,
                attention,
                dropout,
                seed=None if seed is None else seed + 3 * block,  # a block uses three seeds
                name=f"block_{block + 1}",
                **own,
            )
            for block in range(depth)
        ]
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-6, name="last_norm", **own)
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(
        self, vectors_shape: Any, memory_shape: Any, padding_mask_shape: Any, summary_shape: Any
    ) -> None:
        self.projection.build(vectors_shape)
        for block in self.blocks:
            block.build(memory_shape, summary_shape)
        self.last_norm.build((None, None, self.hidden_dim))

    def call(
        self, vectors: Any, memory: Any, padding_mask: Any, summary: Any, training: bool = False
    ) -> tuple[Any, Any]:
        return self.force(vectors, self.fix(memory, padding_mask, summary), training)

    def fix(self, memory: Any, padding_mask: Any, summary: Any) -> dict[str, Any]:
        """Return the tensors that are constant while a source is decoded, each [batch, ...]."""
        fixed = {"padding_mask": padding_mask}
        for number, block in enumerate(self.blocks, start=1):
            of_block = block.source.fix(memory, padding_mask, summary)
            fixed |= {f"{name}_{number}": of_block[name] for name in block.source.names}
        return fixed

    def start(self, fixed: dict[str, Any]) -> dict[str, Any]:
        """Return the state before the first token; each tensor [batch, 1, 0, hidden_dim]."""
        batch = ops.shape(fixed["padding_mask"])[0]
        empty = ops.zeros((batch, 1, 0, self.hidden_dim), self.compute_dtype)
        numbers = range(1, self.depth + 1)
        return {f"{name}_{number}": empty for number in numbers for name in ("keys", "values")}

    def step(
        self, vectors: Any, state: dict[str, Any], fixed: dict[str, Any]
    ) -> tuple[Any, dict[str, Any], Any]:
        """Return outputs [batch, n, hidden_dim], the next state and attention [batch, n, source].

        The vectors are [batch, n, dim], the tensors of the state [batch, n, tokens, hidden_dim].
        """
        states, after, attention = self.projection(vectors), dict[str, Any](), None
        for number, block in enumerate(self.blocks, start=1):
            names = (f"keys_{number}", f"values_{number}")
            before = [state[name] for name in names]
            states, now, attention = block.step(states, before, self._of_block(fixed, number))
            after |= zip(names, now, strict=True)
        return self.last_norm(states), after, attention

    def stepper(self) -> Callable[..., tuple[Any, dict[str, Any], Any]]:
        """Return `step` for use in a loop; this decoder needs no preparation."""
        return self.step

    def force(self, vectors: Any, fixed: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """Return outputs [batch, target, hidden_dim] and attention [batch, target, source]."""
        states, attention = self.projection(vectors), None
        for number, block in enumerate(self.blocks, start=1):
            states, attention = block.force(states, self._of_block(fixed, number), training)
        return self.last_norm(states), attention

    def _of_block(self, fixed: dict[str, Any], number: int) -> dict[str, Any]:
        own = {name: fixed[f"{name}_{number}"] for name in self.blocks[0].source.names}
        return {"padding_mask": fixed["padding_mask"], **own}

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(
        self, vectors_shape: Any, memory_shape: Any, padding_mask_shape: Any, summary_shape: Any
    ) -> Any:
        targets = tuple(vectors_shape[:2])
        return (*targets, self.hidden_dim), (*targets, memory_shape[1])

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "depth": self.depth,
            "heads": self.heads,
            "attention": self.attention,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SelfAttentionDecoderBlock(keras.layers.Layer):
    """One pre-norm transformer decoder block with rotary positions.

    With Q, K, V, O, R and heads as in `SelfAttentionBlock`, and u = LayerNorm(h):

    1. a_ts = softmax over s <= t of (R_t Q u_t) . (R_s K u_s) / sqrt(head_dim),
    2. h'_t = h_t + O sum_s a_ts V u_s: causal self-attention,
    3. h''_t = h'_t + context of LayerNorm(h'_t): source attention (see `SourceAttention`),
    4. h'''_t = h''_t + W_2 ReLU(W_1 LayerNorm(h''_t) + b_1) + b_2, with hidden size 4 hidden_dim.

    Args:
        hidden_dim: Size of h, a multiple of 2 * heads.
        heads: Attention heads.
        attention: Name of the attention to the source.
        dropout: Rate on the terms added in steps 2 to 4, in training only.
        seed: Seed of the dropout; the other two dropouts use seed + 1 and seed + 2.

    Raises:
        ValueError: hidden_dim is not a multiple of 2 * heads.
    """

    def __init__(
        self,
        hidden_dim: int,
        heads: int,
        attention: str = "multi_head",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if hidden_dim % (2 * heads):
            raise ValueError(
                f"SelfAttentionDecoder: hidden_dim is {hidden_dim}; expected a multiple of"
                f" 2 * heads = {2 * heads}"
            )
        self.hidden_dim, self.heads, self.attention = hidden_dim, heads, attention
        self.dropout, self.seed, self.head_dim = dropout, seed, hidden_dim // heads
        layers = keras.layers
        own = {"dtype": self.dtype_policy}
        self.norms = {
            part: layers.LayerNormalization(epsilon=1e-6, name=f"{part}_norm", **own)
            for part in ("attention", "source", "inner")
            if part != "source" or attention != NONE  # a fixed context has no query
        }
        self.queries_keys_values = layers.Dense(3 * hidden_dim, name="queries_keys_values", **own)
        self.attended = layers.Dense(hidden_dim, name="attended", **own)
        self.source = SourceAttention(attention, hidden_dim, heads, name="source", **own)
        self.inner = layers.Dense(4 * hidden_dim, activation="relu", name="inner", **own)
        self.outer = layers.Dense(hidden_dim, name="outer", **own)
        self.drops = [
            layers.Dropout(
                dropout, seed=None if seed is None else seed + part, name=f"drop_{part}", **own
            )
            for part in range(3)
        ]

    def build(self, memory_shape: Any, summary_shape: Any) -> None:
        states_shape = (None, None, self.hidden_dim)
        for layer in (*self.norms.values(), self.queries_keys_values, self.attended, self.inner):
            layer.build(states_shape)
        self.source.build(memory_shape, summary_shape)
        self.outer.build((None, None, 4 * self.hidden_dim))

    def force(self, states: Any, fixed: dict[str, Any], training: bool) -> tuple[Any, Any]:
        """Return states [batch, target, hidden_dim] and source attention for the whole target."""
        batch, tokens, _ = ops.shape(states)
        together = self.queries_keys_values(self.norms["attention"](states))
        queries, keys, values = self._split(together, batch, tokens)
        positions = ops.arange(tokens)
        causal = positions[:, None] >= positions[None, :]
        heads = self._attend(rotated(queries), rotated(keys), values, causal)
        joined = ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (batch, tokens, self.hidden_dim))
        return self._finish(states, joined, fixed, training)

    def step(
        self, states: Any, before: list[Any], fixed: dict[str, Any]
    ) -> tuple[Any, tuple[Any, Any], Any]:
        """Return states [batch, n, hidden_dim], keys and values, and source attention of one token.

        `before` are the rotated keys and the values so far: [batch, n, tokens, hidden_dim].
        """
        batch, number, _ = ops.shape(states)
        position = ops.shape(before[0])[2]
        together = self.queries_keys_values(self.norms["attention"](states))
        queries, keys, values = self._split(together, batch * number, 1)
        new = (
            ops.reshape(part, (batch, number, 1, self.hidden_dim))
            for part in (rotated(keys, position), values)
        )
        now = [ops.concatenate(parts, axis=2) for parts in zip(before, new, strict=True)]
        shape = (batch * number, position + 1, self.heads, self.head_dim)
        keys, values = (ops.transpose(ops.reshape(part, shape), (0, 2, 1, 3)) for part in now)
        heads = self._attend(rotated(queries, position), keys, values, True)
        joined = ops.reshape(heads, (batch, number, self.hidden_dim))
        states, attention = self._finish(states, joined, fixed, False)
        return states, (now[0], now[1]), attention

    def _split(self, together: Any, rows: Any, tokens: Any) -> list[Any]:
        """Split into queries, keys and values, each [rows, heads, tokens, head_dim]."""
        split = ops.reshape(together, (rows, tokens, 3, self.heads, self.head_dim))
        parts: list[Any] = ops.unstack(ops.transpose(split, (2, 0, 3, 1, 4)), 3)
        return parts

    def _attend(self, queries: Any, keys: Any, values: Any, visible: Any) -> Any:
        """Return the weighted sum of values, [batch, heads, tokens, head_dim], for each query."""
        scores = ops.matmul(queries / self.head_dim**0.5, ops.swapaxes(keys, -1, -2))
        return ops.matmul(masked_softmax(scores, visible), values)

    def _finish(
        self, states: Any, joined: Any, fixed: dict[str, Any], training: bool
    ) -> tuple[Any, Any]:
        """Compute steps 2 to 4 from the concatenated heads of step 1."""
        states = states + self.drops[0](self.attended(joined), training=training)
        queries = self.norms["source"](states) if "source" in self.norms else states
        context, attention = self.source.look(queries, fixed)
        states = states + self.drops[1](context, training=training)
        added = self.outer(self.inner(self.norms["inner"](states)))
        return states + self.drops[2](added, training=training), attention

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "heads": self.heads,
            "attention": self.attention,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}
