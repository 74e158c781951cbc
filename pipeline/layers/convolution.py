"""An encoder of dilated convolutions, whose context grows with depth."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class ConvolutionEncoder(keras.layers.Layer):
    """Residual blocks of one dilated convolution each.

    Strubell et al. 2017, section 3 ("Fast and accurate entity recognition with iterated dilated
    convolutions"), with the residual connections of He et al. 2016:

    1. h^0_t = W x_t + b, zeros at padding,
    2. h^i_t = h^{i-1}_t + f(V^i [h^{i-1}_{t-rg}; ...; h^{i-1}_t; ...; h^{i-1}_{t+rg}] + b^i), with
       r = (width - 1) / 2, neighbours g = dilation^(i-1) tokens apart, and f = ReLU or GELU; zeros
       outside the text and at padding.

    The paper applies the same few blocks repeatedly; here each block has its own weights. The
    context is r (1 + dilation + ... + dilation^(depth-1)) tokens to each side: 7 by default.

    Args:
        hidden_dim: Size of h.
        depth: Number of blocks.
        width: Window of a filter in tokens, an odd number.
        dilation: Factor by which the dilation grows from block to block; 1 for none.
        activation: f, by its Keras name.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens] ->
    [batch, tokens, hidden_dim].
    """

    def __init__(
        self,
        hidden_dim: int,
        depth: int = 3,
        width: int = 3,
        dilation: int = 2,
        activation: str = "relu",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if width % 2 == 0:
            raise ValueError(f"ConvolutionEncoder: width is {width}; expected an odd number")
        self.hidden_dim, self.depth, self.width = hidden_dim, depth, width
        self.dilation, self.activation = dilation, activation
        self.projection = keras.layers.Dense(hidden_dim, name="projection")
        self.convolutions = [
            keras.layers.Conv1D(
                hidden_dim,
                width,
                padding="same",
                dilation_rate=dilation**block,
                activation=activation,
                name=f"convolution_{block + 1}",
            )
            for block in range(depth)
        ]
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, vectors_shape: Any, padding_mask_shape: Any = None) -> None:
        self.projection.build(vectors_shape)
        for convolution in self.convolutions:
            convolution.build((*vectors_shape[:2], self.hidden_dim))

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        real = padding_mask[:, :, None]
        states = ops.where(real, self.projection(vectors), 0.0)
        for convolution in self.convolutions:
            # Reset padding after each block; otherwise biases there leak into the last real tokens.
            states = ops.where(real, states + convolution(states), 0.0)
        return states

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, vectors_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (*vectors_shape[:2], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        own = {
            "hidden_dim": self.hidden_dim,
            "depth": self.depth,
            "width": self.width,
            "dilation": self.dilation,
            "activation": self.activation,
        }
        return {**super().get_config(), **own}
