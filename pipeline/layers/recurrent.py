"""Elman, LSTM and GRU layers that read a text in one direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from pipeline.layers import cells

LARGE = 1e9  # sigmoid(LARGE) is exactly 1 and sigmoid(-LARGE) is exactly 0


class Cell(NamedTuple):
    """A recurrence; `pipeline/layers/cells.py` documents the formulas.

    Attributes:
        gates: Number of column blocks of the weights.
        train: Computes all states, with a hand-written gradient.
        predict: Computes the same states without the tensors for the gradient.
        cut: Prepares the recurrent weights for `step`.
        step: Maps one token and a state to the next state.
        state: Number of tensors of a state: 2 for an LSTM (hidden state and cell), otherwise 1.
        padding: Input of each block at padding tokens, which keeps an initial state of 0 when a
            text is read backward and its padding comes first.
        bias: Initial bias of each block.
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
    "elman": Cell(
        1, cells.elman, cells.elman, cells.unchanged, cells.elman_step, 1, (0.0,), (0.0,)
    ),
    "lstm": Cell(
        4,
        cells.lstm,
        cells.lstm_lean,
        cells.unchanged,
        cells.lstm_step,
        2,
        (-LARGE, -LARGE, -LARGE, 0.0),
        (0.0, 1.0, 0.0, 0.0),  # forget bias 1 (Jozefowicz et al. 2015, section 2.2)
    ),
    "gru": Cell(
        3,
        cells.gru,
        cells.gru_lean,
        cells.gru_parts,
        cells.gru_step,
        1,
        (LARGE, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    ),
}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Recurrent(keras.layers.Layer):
    """An Elman, LSTM or GRU layer that returns a state per token, zeros at padding.

    Unlike Keras's layers it has a hand-written gradient, which makes a training step about twice as
    fast on a CPU, and no cuDNN implementation, so its graph runs on any device.

    Args:
        cell: "elman", "lstm" or "gru".
        hidden_dim: Size of a state.
        backward: Whether to read from the last token to the first.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] or None for no padding,
    initial_state: one tensor [batch, hidden_dim], two for an LSTM (hidden state and cell), or none
    for zeros -> [batch, tokens, hidden_dim], in text order for both directions.

    A decoder runs token by token: `products`, then `advance`; or `step` for both. It prepares the
    recurrent weights with `cut` before its loop, because copying them at each token takes time.

    Raises:
        ValueError: The cell is unknown, or a backward layer gets an initial state, which its
            padding would overwrite.
    """

    def __init__(self, cell: str, hidden_dim: int, backward: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"Recurrent: cell is {cell!r}; expected one of {', '.join(CELLS)}")
        self.cell, self.hidden_dim, self.backward = cell, hidden_dim, backward
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        gates = CELLS[self.cell].gates
        # Each block is initialized as a separate matrix: orthogonal recurrence (Saxe et al. 2014).
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
        inputs = self._in_reading_order(ops.transpose(inputs, (1, 0, 2)))
        run = cell.train if training else cell.predict
        # A custom gradient needs tensors; on TensorFlow, reshaping converts a variable to a tensor.
        weights = ops.reshape(self.recurrent_kernel, self.recurrent_kernel.shape)
        states = self._in_reading_order(
            run(inputs, weights, self._start(initial_state, inputs.dtype))
        )
        states = ops.transpose(states, (1, 0, 2))
        if padding_mask is None:
            return states
        return states * ops.cast(padding_mask, states.dtype)[:, :, None]

    def products(self, vectors: Any) -> Any:
        """Return W x + b, [..., gates x hidden_dim], the part that does not depend on the state."""
        dtype = self.compute_dtype  # Keras casts weights only within `call`
        products = ops.matmul(ops.cast(vectors, dtype), ops.cast(self.kernel, dtype))
        return products + ops.cast(self.bias, dtype)

    def cut(self) -> Any:
        """Prepare the recurrent weights for `advance` and `step`."""
        return CELLS[self.cell].cut(ops.cast(self.recurrent_kernel, self.compute_dtype))

    def advance(self, products: Any, state: Sequence[Any], cut: Any) -> tuple[Any, ...]:
        """Return the state after one token; `products` [rows, gates x hidden_dim]."""
        return CELLS[self.cell].step(products, cut, self._start(state, products.dtype))

    def step(self, vectors: Any, state: Sequence[Any], cut: Any) -> tuple[Any, ...]:
        """Return the state after one token [rows, dim]; state tensors are [rows, hidden_dim].

        The first tensor of the state is the output of `call` at that token.
        """
        return self.advance(self.products(vectors), state, cut)

    def _start(self, state: Sequence[Any], dtype: Any) -> tuple[Any, ...]:
        expected = CELLS[self.cell].state
        if state and (self.backward or len(state) != expected):
            raise ValueError(
                f"Recurrent: expected an initial state of {expected} tensors for {self.cell} and "
                f"backward=False; received {len(state)} tensors and backward={self.backward}"
            )
        return tuple(ops.cast(part, dtype) for part in state)

    def _in_reading_order(self, steps: Any) -> Any:
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
    """Return an initializer that initializes each column block as a separate matrix."""

    def draw(shape: Any, dtype: Any = None) -> Any:
        size = (shape[0], shape[1] // blocks)
        draws = [keras.initializers.get(initializer)(size, dtype) for _ in range(blocks)]
        return ops.concatenate(draws, axis=-1)

    return draw
