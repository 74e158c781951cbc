"""Encoders by name: from vectors to states that know their context, as the settings say.

feed_forward     each token by itself: no context
window           its neighbours, `radius` to either side
elman, lstm, gru all before it; bidirectional: all after it, too
convolution      a neighbourhood that grows with depth
self_attention   every token looks at every other
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
    """What an encoder is made of.

    Attributes:
        hidden_dim: Of a state; of each direction's, where there are two.
        depth: Layers, each reading the states of the one below.
        bidirectional: Read from either side and join the states; recurrent ones only.
        radius: Of a window; a convolution is 2 x radius + 1 tokens wide.
        heads: Of self-attention.
        dropout: Between layers, in training.
        seed: Of the dropout.
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
    """States of a batch of texts, in a Keras model that is being built; `name` begins its layers'.

    Shapes: vectors [batch, tokens, dim], padding_mask bool [batch, tokens]
    -> [batch, tokens, hidden_dim], twice that where bidirectional; zeros at padding.

    Raises:
        ValueError: There is no such encoder.
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
        raise ValueError(f"encoder {encoder!r}: there is no such encoder")
    if not sizes.bidirectional:
        return Recurrent(encoder, sizes.hidden_dim, name=name)
    forward, backward = (
        Recurrent(encoder, sizes.hidden_dim, backward, name=f"{name}_{direction}")
        for backward, direction in ((False, "forward"), (True, "backward"))
    )
    join = keras.layers.Concatenate(name=name)
    return lambda vectors, mask: join([forward(vectors, mask), backward(vectors, mask)])
