"""Encoders by name, which map vectors to contextual states.

The context of a token is:

feed_forward     the token only
window           its neighbours, `radius` to each side
elman, lstm, gru all tokens before it; bidirectional: also all tokens after it
convolution      a neighbourhood that grows with depth
self_attention   all tokens
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from pipeline.layers.convolution import ConvolutionEncoder
from pipeline.layers.feed_forward import FeedForward
from pipeline.layers.recurrent import CELLS, Recurrent
from pipeline.layers.self_attention import SelfAttentionEncoder
from pipeline.layers.window import Window

RECURRENT = tuple(CELLS)


class EncoderSizes(NamedTuple):
    """The sizes of an encoder.

    Attributes:
        hidden_dim: Size of a state, per direction.
        depth: Number of layers.
        bidirectional: Whether to read in both directions and concatenate the states; recurrent
            encoders only.
        radius: Radius of a window; a convolution is 2 x radius + 1 tokens wide.
        heads: Number of self-attention heads.
        dropout: Dropout rate between layers, in training.
        seed: Seed of the dropout.
    """

    hidden_dim: int
    depth: int = 1
    bidirectional: bool = False
    radius: int = 2
    heads: int = 4
    dropout: float = 0.0
    seed: int | None = None


def encode(
    encoder: str, sizes: EncoderSizes, vectors: Any, padding_mask: Any, name: str = "encoder"
) -> Any:
    """Add an encoder to a functional Keras model and return its states.

    `name` is the prefix of the names of its layers.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens]
    -> [batch, tokens, hidden_dim], or 2 x hidden_dim if bidirectional; zeros at padding.

    Raises:
        ValueError: The encoder is unknown.
    """
    size, depth = sizes.hidden_dim, sizes.depth
    if encoder == "self_attention":
        attention = SelfAttentionEncoder(
            size, depth, sizes.heads, sizes.dropout, sizes.seed, name=name
        )
        return attention(vectors, padding_mask)
    if encoder == "convolution":
        convolution = ConvolutionEncoder(size, depth, 2 * sizes.radius + 1, name=name)
        return convolution(vectors, padding_mask)
    for level in range(depth):
        if level:
            drop = keras.layers.Dropout(
                sizes.dropout, seed=sizes.seed, name=f"{name}_between_{level}"
            )
            vectors = drop(vectors)
        vectors = _layer(encoder, sizes, f"{name}_{level + 1}")(vectors, padding_mask)
    return vectors


def _layer(encoder: str, sizes: EncoderSizes, name: str) -> Any:
    if encoder == "feed_forward":
        return FeedForward(sizes.hidden_dim, name=name)
    if encoder == "window":
        return Window(sizes.hidden_dim, sizes.radius, name=name)
    if encoder not in RECURRENT:
        known = ", ".join((*RECURRENT, "feed_forward", "window", "convolution", "self_attention"))
        raise ValueError(f"encoder is {encoder!r}; expected one of {known}")
    if not sizes.bidirectional:
        return Recurrent(encoder, sizes.hidden_dim, name=name)
    forward, backward = (
        Recurrent(encoder, sizes.hidden_dim, backward, name=f"{name}_{direction}")
        for backward, direction in ((False, "forward"), (True, "backward"))
    )
    join = keras.layers.Concatenate(name=name)
    return lambda vectors, mask: join([forward(vectors, mask), backward(vectors, mask)])
