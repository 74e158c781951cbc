"""The attention weights of the intent's pooling, token by token."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from pipeline.layers.pooling import AttentionPooling
from pipeline.tasks.slot_filling.model import inference_inputs
from pipeline.tasks.slot_filling.tokenizer import SlotTokenizer
from pipeline.text import tokens

TokenWeights = list[tuple[int, int, float]]
"""(start, end, weight) of each token of a text; code points, end exclusive; weights sum to 1."""


def attention_weights(
    tokenizer: SlotTokenizer, model: keras.Model, texts: Sequence[str]
) -> list[TokenWeights] | None:
    """Return the weight of each token for the intent, text by text: the mean over the members.

    Returns None if the model does not pool by attention.
    """
    poolings = [layer for layer in model.layers if isinstance(layer, AttentionPooling)]
    if not poolings:
        return None
    if not texts:
        return []
    tokenized, features = tokenizer(tokens.clean(tf.constant(list(texts), tf.string)))
    # The inputs of the pooling layers: states and mask.
    probe = keras.Model(model.input, {pooling.name: pooling.input for pooling in poolings})
    inputs = probe(inference_inputs(model, features), training=False)
    shares = np.mean(
        [pooling.attention_weights(*inputs[pooling.name]) for pooling in poolings], axis=0
    )
    return [
        [(start, end, float(share)) for start, end, share in zip(*row, strict=False)]
        for row in zip(tokenized.starts.to_list(), tokenized.ends.to_list(), shares, strict=True)
    ]
