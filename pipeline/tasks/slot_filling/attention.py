"""Where the model looked: the weights of its attention pooling, token by token."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from pipeline.layers.pooling import AttentionPooling
from pipeline.tasks.slot_filling.model import inputs_alone
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer
from pipeline.text import tokens

Weights = list[tuple[int, int, float]]
"""(start, end, weight) of each token of a text; code points, end exclusive; they sum to 1."""


def attention_weights(
    tokenizer: SlotTokenizer, model: keras.Model, texts: Sequence[str]
) -> list[Weights] | None:
    """How much each token counts for the intent, text by text.

    None where the model does not pool by attention.
    """
    pooling = next((layer for layer in model.layers if isinstance(layer, AttentionPooling)), None)
    if pooling is None:
        return None
    if not texts:
        return []
    found = tokenizer(tokens.clean(tf.constant(list(texts), tf.string)))
    probe = keras.Model(model.input, pooling.input)  # what the layer is given: states and mask
    inputs = inputs_alone(model, found.features)
    shares = np.asarray(pooling.shares(*probe(inputs, training=False)))
    places = found.tokens
    return [
        [(start, end, float(share)) for start, end, share in zip(*row, strict=False)]
        for row in zip(places.starts.to_list(), places.ends.to_list(), shares, strict=True)
    ]
