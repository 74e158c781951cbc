"""A transformer decoder: every target token looks at all before it, and at the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pipeline.layers.attention import shares
from pipeline.layers.self_attention import rotated
from pipeline.layers.source_attention import NONE, SourceAttention


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SelfAttentionDecoder(keras.layers.Layer):
    """Blocks of self-attention, attention to the source and a feed-forward layer (pre-norm).

    Vaswani et al. 2017, pre-norm after Xiong et al. 2020:

    1. h^0 = W x + b,
    2. each block adds the three (see `SelfAttentionDecoderBlock`),
    3. the outputs are LayerNorm(h^depth); the attention is that of the last block.

    The doors are those of `RecurrentDecoder`: `fix`, `start`, `step`, `force`, and calling is `fix`
    and `force`. A state is what each block made of the tokens so far, keys and values, [batch, n,
    tokens so far, hidden_dim]: each step makes it longer by one.

    Args:
        hidden_dim: Size of h and of an output; a multiple of 2 * heads.
        depth: Blocks.
        heads: Of self-attention, and of "multi_head" attention to the source.
        attention: To the source, a name of `source_attention.ATTENTIONS`.
        dropout: Rate after each part of a block, in training alone.
        seed: Of the dropout.

    Shapes: vectors [batch, target, dim], memory [batch, source, m], padding_mask bool [batch,
    source], summary [batch, s] -> outputs [batch, target, hidden_dim], attention [batch, target,
    source]. Padding at the end of a target needs no mask: nothing before it sees it.

    Raises:
        ValueError: There is no such attention, no block, or the heads do not fit.
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
                seed=None if seed is None else seed + 3 * block,  # a block draws from three seeds
                name=f"block_{block + 1}",
                **own,
            )
            for block in range(depth)
        ]
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-6, name="last_norm", **own)
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

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
        """What stays while one source is decoded; each tensor [batch, ...]."""
        fixed = {"padding_mask": padding_mask}
        for number, block in enumerate(self.blocks, start=1):
            of_block = block.source.fix(memory, padding_mask, summary)
            fixed |= {f"{name}_{number}": of_block[name] for name in block.source.names}
        return fixed

    def start(self, fixed: dict[str, Any]) -> dict[str, Any]:
        """The state before the first token; each tensor [batch, 1, 0, hidden_dim]."""
        batch = ops.shape(fixed["padding_mask"])[0]
        nothing = ops.zeros((batch, 1, 0, self.hidden_dim), self.compute_dtype)
        numbers = range(1, self.depth + 1)
        return {f"{name}_{number}": nothing for number in numbers for name in ("keys", "values")}

    def step(
        self, vectors: Any, state: dict[str, Any], fixed: dict[str, Any]
    ) -> tuple[Any, dict[str, Any], Any]:
        """Outputs [batch, n, hidden_dim], the state, attention [batch, n, source] of one token.

        Of vectors [batch, n, dim] and a state whose tensors are [batch, n, tokens, hidden_dim].
        """
        states, after, attention = self.projection(vectors), dict[str, Any](), None
        for number, block in enumerate(self.blocks, start=1):
            names = (f"keys_{number}", f"values_{number}")
            before = [state[name] for name in names]
            states, now, attention = block.step(states, before, self._of_block(fixed, number))
            after |= zip(names, now, strict=True)
        return self.last_norm(states), after, attention

    def stepper(self) -> Callable[..., tuple[Any, dict[str, Any], Any]]:
        """`step`, for all steps of a search: here there is nothing to lay out before them."""
        return self.step

    def force(self, vectors: Any, fixed: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """Outputs [batch, target, hidden_dim] and attention [batch, target, source]."""
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

    With Q, K, V, O and R as in `SelfAttentionBlock`, and heads as there:

    1. of u = LayerNorm(h), a_ts = softmax over s <= t of (R_t Q u_t) . (R_s K u_s) / sqrt(head_dim)
    2. h'_t = h_t + O sum_s a_ts V u_s: the target so far,
    3. h''_t = h'_t + what the source says to LayerNorm(h'_t) (see `SourceAttention`),
    4. h'''_t = h''_t + W_2 ReLU(W_1 LayerNorm(h''_t) + b_1) + b_2, of 4 hidden_dim hidden numbers.

    Args:
        hidden_dim: Size of h, a multiple of 2 * heads.
        heads: Attention heads.
        attention: To the source, by name.
        dropout: Rate on what steps 2 to 4 add, in training alone.
        seed: Of the dropout; the other two draw from seed + 1 and seed + 2.

    Raises:
        ValueError: hidden_dim is no such multiple.
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
            if part != "source" or attention != NONE  # one fixed vector is not asked
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
        """The whole target: states [batch, target, hidden_dim], attention to the source."""
        batch, tokens, _ = ops.shape(states)
        together = self.queries_keys_values(self.norms["attention"](states))
        queries, keys, values = self._split(together, batch, tokens)
        places = ops.arange(tokens)
        seen = places[:, None] >= places[None, :]
        heads = self._attend(rotated(queries), rotated(keys), values, seen)
        joined = ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (batch, tokens, self.hidden_dim))
        return self._finish(states, joined, fixed, training)

    def step(
        self, states: Any, before: list[Any], fixed: dict[str, Any]
    ) -> tuple[Any, tuple[Any, Any], Any]:
        """One token of n hypotheses: states [batch, n, hidden_dim], keys and values up to it.

        `before` are keys, turned to their places, and values: [batch, n, tokens, hidden_dim].
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
        """Queries, keys and values, each [rows, heads, tokens, head_dim]."""
        split = ops.reshape(together, (rows, tokens, 3, self.heads, self.head_dim))
        parts: list[Any] = ops.unstack(ops.transpose(split, (2, 0, 3, 1, 4)), 3)
        return parts

    def _attend(self, queries: Any, keys: Any, values: Any, seen: Any) -> Any:
        """[batch, heads, tokens, head_dim] of queries and as many or one more keys and values."""
        scores = ops.matmul(queries / self.head_dim**0.5, ops.swapaxes(keys, -1, -2))
        return ops.matmul(shares(scores, seen), values)

    def _finish(
        self, states: Any, joined: Any, fixed: dict[str, Any], training: bool
    ) -> tuple[Any, Any]:
        """Steps 2 to 4, of the heads of step 1 side by side."""
        states = states + self.drops[0](self.attended(joined), training=training)
        asking = self.norms["source"](states) if "source" in self.norms else states
        context, attention = self.source.look(asking, fixed)
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
