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
    """How much each token counts for the intent, text by text; the mean over the members.

    None where the model does not pool by attention.
    """
    poolings = [layer for layer in model.layers if isinstance(layer, AttentionPooling)]
    if not poolings:
        return None
    if not texts:
        return []
    found = tokenizer(tokens.clean(tf.constant(list(texts), tf.string)))
    # What the layers are given: states and mask.
    probe = keras.Model(model.input, {pooling.name: pooling.input for pooling in poolings})
    seen = probe(inputs_alone(model, found.features), training=False)
    shares = np.mean(
        [pooling.attention_weights(*seen[pooling.name]) for pooling in poolings], axis=0
    )
    places = found.tokens
    return [
        [(start, end, float(share)) for start, end, share in zip(*row, strict=False)]
        for row in zip(places.starts.to_list(), places.ends.to_list(), shares, strict=True)
    ]
