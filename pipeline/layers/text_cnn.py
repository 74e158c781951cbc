"""Filters over a few tokens in a row, and the best place of each in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from pipeline.layers.pooling import max_states


@keras.saving.register_keras_serializable("keras_text_pipeline")
class TextCNN(keras.layers.Layer):
    """What the likeliest phrase of each kind is like, wherever in the text it stands.

    Kim 2014, section 2 ("Convolutional neural networks for sentence classification"); for each
    width w:

    1. h_t = f(W [x_{t-(w-1)//2}; ...; x_{t+w//2}] + b), [filters], a window around every real
       token, zeros outside the text,
    2. the vector is max_t h_t over the real tokens; zeros where none is real.

    The vectors of all widths stand side by side. The paper's windows lie wholly within the text;
    these reach over its ends, so that a text of one token has them, too.

    Args:
        filters: A width.
        widths: Tokens that a filter sees.
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
            raise ValueError(f"TextCNN: widths are {tuple(widths)}; expected some, of 1 or more")
        self.filters, self.widths, self.activation = filters, tuple(widths), activation
        self.convolutions = [
            keras.layers.Conv1D(
                filters, width, padding="same", activation=activation, name=f"width_{place}"
            )
            for place, width in enumerate(self.widths)
        ]
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        for convolution in self.convolutions:
            convolution.build(vectors_shape)

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        vectors = ops.where(padding_mask[:, :, None], vectors, 0.0)
        found = [convolution(vectors) for convolution in self.convolutions]
        return ops.concatenate([max_states(h, padding_mask) for h in found], axis=-1)

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
