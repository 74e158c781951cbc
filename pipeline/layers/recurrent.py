"""Recurrent layers that read a text in one direction, and both directions side by side."""

from __future__ import annotations

from collections.abc import Callable
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
        padding: What each block gets in place of a padding token's inputs, so that the state of
            a text that is yet to begin, as one read backward meets its padding first, stays 0.
        bias: What each block's bias begins with.
    """

    gates: int
    train: Callable[[Any, Any], Any]
    predict: Callable[[Any, Any], Any]
    padding: tuple[float, ...]
    bias: tuple[float, ...]


CELLS = {
    "elman": Cell(1, cells.elman, cells.elman, (0.0,), (0.0,)),
    # The forget gate begins open (Jozefowicz et al. 2015, section 2.2).
    "lstm": Cell(4, cells.lstm, cells.lstm_lean, (-FAR, -FAR, -FAR, 0.0), (0.0, 1.0, 0.0, 0.0)),
    "gru": Cell(3, cells.gru, cells.gru_lean, (FAR, 0.0, 0.0), (0.0, 0.0, 0.0)),
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

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens]
    -> [batch, tokens, hidden_dim], in the order of the text for either direction.
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
                (rows, gates * self.hidden_dim), _blockwise(initializer, gates), name=name
            )
            setattr(self, name, weight)
        self.bias = self.add_weight((gates * self.hidden_dim,), self._first_bias, name="bias")

    def call(self, vectors: Any, padding_mask: Any, training: bool = False) -> Any:
        cell = CELLS[self.cell]
        inputs = ops.matmul(vectors, self.kernel) + self.bias
        padding = ops.repeat(ops.array(cell.padding, inputs.dtype), self.hidden_dim)
        inputs = ops.where(padding_mask[:, :, None], inputs, padding)
        inputs = self._turned(ops.transpose(inputs, (1, 0, 2)))
        run = cell.train if training else cell.predict
        # A gradient by hand takes tensors alone; on TensorFlow a reshaped variable is one.
        weights = ops.reshape(self.recurrent_kernel, self.recurrent_kernel.shape)
        states = self._turned(run(inputs, weights))
        states = ops.transpose(states, (1, 0, 2))
        return states * ops.cast(padding_mask, states.dtype)[:, :, None]

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


def _blockwise(initializer: str, blocks: int) -> Callable[..., Any]:
    def draw(shape: Any, dtype: Any = None) -> Any:
        size = (shape[0], shape[1] // blocks)
        draws = [keras.initializers.get(initializer)(size, dtype) for _ in range(blocks)]
        return ops.concatenate(draws, axis=-1)

    return draw
