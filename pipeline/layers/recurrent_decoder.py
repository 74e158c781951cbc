"""A recurrent decoder with attention to its source."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pipeline.layers.recurrent import CELLS, Recurrent, blockwise
from pipeline.layers.source_attention import SourceAttention

State = tuple[Any, ...]


@keras.saving.register_keras_serializable("keras_text_pipeline")
class RecurrentDecoder(keras.layers.Layer):
    """Elman, LSTM or GRU layers over the target prefix, followed by attention to the source.

    Luong, Pham and Manning 2015, section 3; at target position t, given the previous token:

    1. h_0 = tanh(B summary + b) for each layer, and c_0 for an LSTM: the bridge,
    2. h_t = cell(x_t, h_{t-1}); with input feeding cell([x_t; h~_{t-1}], h_{t-1}), h~_0 = 0; each
       further layer reads the h_t of the layer below,
    3. context_t = the attention context of h_t of the last layer (see `SourceAttention`),
    4. h~_t = tanh(W [context_t; h_t] + b), the output.

    Without input feeding, h does not depend on h~: in training the recurrence first runs over the
    whole target, with its hand-written gradient, and steps 3 and 4 are computed for all positions
    at once. With input feeding, all steps are sequential.

    The methods, of which a search needs the first three:

    - `fix(memory, padding_mask, summary)`: the constants of a source, [batch, ...];
    - `start(fixed)`: the state before the first token, one hypothesis per source, [batch, 1, ...];
    - `step(vectors, state, fixed)`: one step for n hypotheses per source; a loop uses `stepper()`,
      which prepares the weights once;
    - `force(vectors, fixed)`: the outputs for a known target (teacher forcing), equal to the steps.

    Calling the layer runs `fix` and `force`, and builds it.

    Args:
        cell: "elman", "lstm" or "gru".
        hidden_dim: Size of h and h~.
        depth: Number of recurrent layers.
        attention: A name of `source_attention.ATTENTIONS`.
        input_feeding: Whether h~ is part of the next input.
        dropout: Rate between layers, in training only.
        seed: Seed of the dropout.
        heads: Number of heads of "multi_head" attention.

    Shapes: vectors [batch, target, dim], memory [batch, source, m], padding_mask bool [batch,
    source], summary [batch, s] -> outputs [batch, target, hidden_dim], attention [batch, target,
    source]. Padding at the end of a target needs no mask, because no earlier position depends on
    it.

    Raises:
        ValueError: The cell or the attention is unknown, or depth is below 1.
    """

    def __init__(
        self,
        cell: str,
        hidden_dim: int,
        depth: int = 1,
        attention: str = "additive",
        input_feeding: bool = False,
        dropout: float = 0.0,
        seed: int | None = None,
        heads: int = 4,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if depth < 1:
            raise ValueError(f"RecurrentDecoder: depth is {depth}; expected 1 or more")
        self.cell, self.hidden_dim, self.depth = cell, hidden_dim, depth
        self.attention, self.input_feeding, self.heads = attention, input_feeding, heads
        self.dropout, self.seed = dropout, seed
        layers, own = keras.layers, {"dtype": self.dtype_policy}
        self.recurrent = [
            Recurrent(cell, hidden_dim, name=f"recurrent_{level}", **own)
            for level in range(1, depth + 1)
        ]
        self.between = [
            layers.Dropout(
                dropout, seed=None if seed is None else seed + level, name=f"between_{level}", **own
            )
            for level in range(1, depth)
        ]
        self.parts = depth * CELLS[cell].state  # tensors of h and c in the state
        self.bridge = layers.Dense(self.parts * hidden_dim, activation="tanh", name="bridge", **own)
        self.source = SourceAttention(attention, hidden_dim, heads, name="source", **own)
        self.combine = layers.Dense(hidden_dim, name="combine", **own)
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(
        self, vectors_shape: Any, memory_shape: Any, padding_mask_shape: Any, summary_shape: Any
    ) -> None:
        states_shape = (None, None, self.hidden_dim)
        self.bridge.build(summary_shape)
        for level, layer in enumerate(self.recurrent):
            layer.build(states_shape if level else vectors_shape)
        if self.input_feeding:
            gates = CELLS[self.cell].gates
            shape = (self.hidden_dim, gates * self.hidden_dim)
            self.feed = self.add_weight(shape, blockwise("glorot_uniform", gates), name="feed")
        self.source.build(memory_shape, summary_shape)
        self.combine.build(states_shape)

    def call(
        self, vectors: Any, memory: Any, padding_mask: Any, summary: Any, training: bool = False
    ) -> tuple[Any, Any]:
        return self.force(vectors, self.fix(memory, padding_mask, summary), training)

    def fix(self, memory: Any, padding_mask: Any, summary: Any) -> dict[str, Any]:
        """Return the tensors that are constant while a source is decoded, each [batch, ...]."""
        return {**self.source.fix(memory, padding_mask, summary), "start": self.bridge(summary)}

    def start(self, fixed: dict[str, Any]) -> dict[str, Any]:
        """Return the state before the first token; each tensor [batch, 1, hidden_dim]."""
        parts = ops.split(fixed["start"][:, None], self.parts, axis=-1)
        if self.input_feeding:
            parts = [*parts, ops.zeros_like(parts[0])]
        return dict(zip(self._names(), parts, strict=True))

    def step(
        self, vectors: Any, state: dict[str, Any], fixed: dict[str, Any]
    ) -> tuple[Any, dict[str, Any], Any]:
        """Return outputs [batch, n, hidden_dim], the next state and attention [batch, n, source].

        The vectors are [batch, n, dim], the tensors of the state [batch, n, hidden_dim].
        """
        return self.stepper()(vectors, state, fixed)

    def stepper(self) -> Callable[..., tuple[Any, dict[str, Any], Any]]:
        """Return `step` for use in a loop, with the weights prepared once."""
        return functools.partial(self._step, self._cut())

    def _step(
        self, cut: list[Any], vectors: Any, state: dict[str, Any], fixed: dict[str, Any]
    ) -> tuple[Any, dict[str, Any], Any]:
        batch, number, dim = ops.shape(vectors)
        rows = [ops.reshape(state[name], (-1, self.hidden_dim)) for name in self._names()]
        products = self.recurrent[0].products(ops.reshape(vectors, (-1, dim)))
        if self.input_feeding:
            products = products + self._feed_products(rows[-1])
        states = self._advance(products, self._levels(rows), cut)
        shape = (batch, number, self.hidden_dim)
        parts = [ops.reshape(part, shape) for level in states for part in level]
        outputs, attention = self._output(parts[-CELLS[self.cell].state], fixed)
        if self.input_feeding:
            parts.append(outputs)
        return outputs, dict(zip(self._names(), parts, strict=True)), attention

    def force(self, vectors: Any, fixed: dict[str, Any], training: bool = False) -> tuple[Any, Any]:
        """Return outputs [batch, target, hidden_dim] and attention [batch, target, source]."""
        if self.input_feeding:
            return self._force_with_feeding(vectors, fixed, training)
        states, start = vectors, self._levels(ops.split(fixed["start"], self.parts, axis=-1))
        for level, layer in enumerate(self.recurrent):
            if level:
                states = self.between[level - 1](states, training=training)
            states = layer(states, training=training, initial_state=start[level])
        return self._output(states, fixed)

    def _force_with_feeding(
        self, vectors: Any, fixed: dict[str, Any], training: bool
    ) -> tuple[Any, Any]:
        products = ops.transpose(self.recurrent[0].products(vectors), (1, 0, 2))
        size, gates = self.hidden_dim, products.shape[-1]
        # Dropout masks are drawn before the loop, because a JAX loop cannot update the seed. They
        # are joined with the products, because Keras 3.15.1's scan over several tensors needs a
        # static length on TensorFlow.
        ones = ops.ones_like(products[:, :, :size])
        kept = [drop(ones, training=training) for drop in self.between] if training else []
        known = ops.concatenate([products, *kept], axis=-1) if kept else products
        cut = self._cut()

        def step(carry: Any, now: Any) -> tuple[Any, Any]:
            levels, output, _ = carry
            places = [gates + size * level for level in range(len(kept))]
            masks = [now[:, place : place + size] for place in places]
            levels = self._advance(now[:, :gates] + self._feed_products(output), levels, cut, masks)
            outputs, attention = self._output(levels[-1][0][:, None], fixed)
            carry = (levels, outputs[:, 0], attention[:, 0])
            return carry, carry

        start = self._levels(ops.split(fixed["start"], self.parts, axis=-1))
        attention = ops.zeros_like(fixed["padding_mask"], dtype=self.compute_dtype)
        first = (start, ops.zeros_like(start[0][0]), attention)
        _, (_, outputs, attention) = ops.scan(step, first, known)
        return ops.transpose(outputs, (1, 0, 2)), ops.transpose(attention, (1, 0, 2))

    def _cut(self) -> list[Any]:
        """Return the prepared recurrent weights of all layers."""
        return [layer.cut() for layer in self.recurrent]

    def _advance(
        self, products: Any, levels: list[State], cut: list[Any], kept: Any = ()
    ) -> list[State]:
        """Return the states of all layers after one token; `products` are those of layer 1."""
        after = [self.recurrent[0].advance(products, levels[0], cut[0])]
        for level in range(1, self.depth):
            below = after[-1][0] * kept[level - 1] if kept else after[-1][0]
            after.append(self.recurrent[level].step(below, levels[level], cut[level]))
        return after

    def _feed_products(self, output: Any) -> Any:
        return ops.matmul(output, ops.cast(self.feed, output.dtype))

    def _output(self, states: Any, fixed: dict[str, Any]) -> tuple[Any, Any]:
        context, attention = self.source.look(states, fixed)
        return ops.tanh(context + self.combine(states)), attention

    def _levels(self, parts: list[Any]) -> list[State]:
        """Group the tensors of a state by layer."""
        each = CELLS[self.cell].state
        return [tuple(parts[each * level : each * (level + 1)]) for level in range(self.depth)]

    def _names(self) -> list[str]:
        kinds = ("hidden", "memory")[: CELLS[self.cell].state]
        names = [f"{kind}_{level + 1}" for level in range(self.depth) for kind in kinds]
        return [*names, "output"] if self.input_feeding else names

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(
        self, vectors_shape: Any, memory_shape: Any, padding_mask_shape: Any, summary_shape: Any
    ) -> Any:
        targets = tuple(vectors_shape[:2])
        return (*targets, self.hidden_dim), (*targets, memory_shape[1])

    def get_config(self) -> dict[str, Any]:
        own = {
            "cell": self.cell,
            "hidden_dim": self.hidden_dim,
            "depth": self.depth,
            "attention": self.attention,
            "input_feeding": self.input_feeding,
            "dropout": self.dropout,
            "seed": self.seed,
            "heads": self.heads,
        }
        return {**super().get_config(), **own}
