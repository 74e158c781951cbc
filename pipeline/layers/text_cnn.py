"""Convolutions with max-over-time pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from pipeline.layers.pooling import max_states


@keras.saving.register_keras_serializable("keras_text_pipeline")
class TextCNN(keras.layers.Layer):
    """Text vectors of the maximum response of each filter over all positions.

    Kim 2014, section 2 ("Convolutional neural networks for sentence classification"); for each
    width w:

    1. h_t = f(W [x_{t-(w-1)//2}; ...; x_{t+w//2}] + b), [filters], a window around each real
       token, zeros outside the text,
    2. the vector is max_t h_t over the real tokens; zeros if there are none.

    The vectors of all widths are concatenated. In the paper windows lie within the text; here they
    extend beyond its ends, so that a text of one token has windows, too.

    Args:
        filters: Number of filters per width.
        widths: Window sizes in tokens.
        activation: f, by its Keras name.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens]
    -> [batch, filters * len(widths)].
    """

    def __init__(
        self,
        filters: int,
        widths: Sequence[int] = (3, 4, 5),
        activation: str = "relu",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not widths or min(widths) < 1:
            raise ValueError(
                f"TextCNN: expected one or more widths of at least 1; received {tuple(widths)}"
            )
        self.filters, self.widths, self.activation = filters, tuple(widths), activation
        self.convolutions = [
            keras.layers.Conv1D(
                filters, width, padding="same", activation=activation, name=f"width_{index}"
            )
            for index, width in enumerate(self.widths)
        ]
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        for convolution in self.convolutions:
            convolution.build(vectors_shape)

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        vectors = ops.where(padding_mask[:, :, None], vectors, 0.0)
        states = [convolution(vectors) for convolution in self.convolutions]
        return ops.concatenate([max_states(h, padding_mask) for h in states], axis=-1)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (vectors_shape[0], self.filters * len(self.widths))

    def get_config(self) -> dict[str, Any]:
        own = {
            "filters": self.filters,
            "widths": list(self.widths),
            "activation": self.activation,
        }
        return {**super().get_config(), **own}
