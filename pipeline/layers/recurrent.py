"""Recurrent layers that read a text in one direction, and both directions side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from pipeline.layers import cells

FAR = 1e9  # sigmoid(FAR) is 1 and sigmoid(-FAR) is 0, exactly


class Cell(NamedTuple):
    """A recurrence: see `pipeline/layers/cells.py` for its formula.

    Attributes:
        gates: Column blocks of its weights.
        train: States with a gradient by hand.
        predict: The same states, leaner.
        cut: The recurrent weights as `step` takes them.
        step: One token and the state before it to the state after it.
        state: How many tensors a state is: the hidden one, and an LSTM's memory.
        padding: What each block gets in place of a padding token's inputs, so that the state of
            a text that is yet to begin, as one read backward meets its padding first, stays 0.
        bias: What each block's bias begins with.
    """

    gates: int
    train: Callable[..., Any]
    predict: Callable[..., Any]
    cut: Callable[[Any], Any]
    step: Callable[[Any, Any, cells.State], cells.State]
    state: int
    padding: tuple[float, ...]
    bias: tuple[float, ...]


CELLS = {
    "elman": Cell(1, cells.elman, cells.elman, cells.whole, cells.elman_step, 1, (0.0,), (0.0,)),
    "lstm": Cell(
        4,
        cells.lstm,
        cells.lstm_lean,
        cells.whole,
        cells.lstm_step,
        2,
        (-FAR, -FAR, -FAR, 0.0),
        (0.0, 1.0, 0.0, 0.0),  # the forget gate begins open (Jozefowicz et al. 2015, section 2.2)
    ),
    "gru": Cell(
        3,
        cells.gru,
        cells.gru_lean,
        cells.gru_parts,
        cells.gru_step,
        1,
        (FAR, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    ),
}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Recurrent(keras.layers.Layer):
    """An Elman, LSTM or GRU layer; a state a token, zeros at padding.

    Unlike the layers of Keras it has its gradient by hand, which makes a training step about twice
    as fast on a CPU, and no `cuDNN` form, so that its graph runs wherever it is loaded.

    Args:
        cell: "elman", "lstm" or "gru".
        hidden_dim: Of a state.
        backward: Read from the last token to the first.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] or None where all are
    real, initial_state: a tensor [batch, hidden_dim], of an LSTM two, hidden state and memory, or
    none for zeros -> [batch, tokens, hidden_dim], in the order of the text for either direction.

    A decoder goes token by token: `products` of what is known, then `advance`; or `step`, both. The
    recurrent weights are `cut` for them before its loop, as a copy a token costs time.

    Raises:
        ValueError: There is no such cell, or an initial state where the layer reads backward: it
            would meet the padding first.
    """

    def __init__(self, cell: str, hidden_dim: int, backward: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"Recurrent: cell is {cell!r}; expected one of {', '.join(CELLS)}")
        self.cell, self.hidden_dim, self.backward = cell, hidden_dim, backward
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        gates = CELLS[self.cell].gates
        # A draw a block, as each is a matrix of its own: orthogonal recurrence (Saxe et al. 2014).
        blocks: list[tuple[str, int, str]] = [
            ("kernel", vectors_shape[-1], "glorot_uniform"),
            ("recurrent_kernel", self.hidden_dim, "orthogonal"),
        ]
        for name, rows, initializer in blocks:
            weight = self.add_weight(
                (rows, gates * self.hidden_dim), blockwise(initializer, gates), name=name
            )
            setattr(self, name, weight)
        self.bias = self.add_weight((gates * self.hidden_dim,), self._first_bias, name="bias")

    def call(
        self,
        vectors: Any,
        padding_mask: Any = None,
        training: bool = False,
        initial_state: Sequence[Any] = (),
    ) -> Any:
        cell = CELLS[self.cell]
        inputs = self.products(vectors)
        if padding_mask is not None:
            padding = ops.repeat(ops.array(cell.padding, inputs.dtype), self.hidden_dim)
            inputs = ops.where(padding_mask[:, :, None], inputs, padding)
        inputs = self._turned(ops.transpose(inputs, (1, 0, 2)))
        run = cell.train if training else cell.predict
        # A gradient by hand takes tensors alone; on TensorFlow a reshaped variable is one.
        weights = ops.reshape(self.recurrent_kernel, self.recurrent_kernel.shape)
        states = self._turned(run(inputs, weights, self._start(initial_state, inputs.dtype)))
        states = ops.transpose(states, (1, 0, 2))
        if padding_mask is None:
            return states
        return states * ops.cast(padding_mask, states.dtype)[:, :, None]

    def products(self, vectors: Any) -> Any:
        """W x + b, [..., gates x hidden_dim]: all of a token that waits for no state."""
        dtype = self.compute_dtype  # outside of `call` Keras casts no weights
        products = ops.matmul(ops.cast(vectors, dtype), ops.cast(self.kernel, dtype))
        return products + ops.cast(self.bias, dtype)

    def cut(self) -> Any:
        """The recurrent weights as `advance` and `step` take them."""
        return CELLS[self.cell].cut(ops.cast(self.recurrent_kernel, self.compute_dtype))

    def advance(self, products: Any, state: Sequence[Any], cut: Any) -> tuple[Any, ...]:
        """The state after one token; `products` [rows, gates x hidden_dim]."""
        return CELLS[self.cell].step(products, cut, self._start(state, products.dtype))

    def step(self, vectors: Any, state: Sequence[Any], cut: Any) -> tuple[Any, ...]:
        """The state after one token, of [rows, dim] and a state of [rows, hidden_dim] each.

        Its first tensor is what `call` gives at that token.
        """
        return self.advance(self.products(vectors), state, cut)

    def _start(self, state: Sequence[Any], dtype: Any) -> tuple[Any, ...]:
        expected = CELLS[self.cell].state
        if state and (self.backward or len(state) != expected):
            raise ValueError(
                f"Recurrent: an initial state of {len(state)} tensors, backward {self.backward}; "
                f"expected {expected} of {self.cell}, forward"
            )
        return tuple(ops.cast(part, dtype) for part in state)

    def _turned(self, steps: Any) -> Any:
        return ops.flip(steps, axis=0) if self.backward else steps

    def _first_bias(self, shape: Any, dtype: Any = None) -> Any:
        return ops.repeat(ops.array(CELLS[self.cell].bias, dtype), self.hidden_dim)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (*vectors_shape[:2], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        own = {"cell": self.cell, "hidden_dim": self.hidden_dim, "backward": self.backward}
        return {**super().get_config(), **own}


def blockwise(initializer: str, blocks: int) -> Callable[..., Any]:
    """An initializer that draws each of several column blocks as a matrix of its own."""

    def draw(shape: Any, dtype: Any = None) -> Any:
        size = (shape[0], shape[1] // blocks)
        draws = [keras.initializers.get(initializer)(size, dtype) for _ in range(blocks)]
        return ops.concatenate(draws, axis=-1)

    return draw
