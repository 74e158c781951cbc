"""Mutual influence of the tags and the intent of an utterance."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Interaction(keras.layers.Layer):
    """Adjusts intent scores by the tags, then tag scores by the intent.

    1. m_k = max_t softmax(tags_t)_k over real tokens: the probability that tag k occurs,
    2. intent' = intent + V m: a film title suggests a screening,
    3. tags'_t = tags_t + U softmax(intent'): a question about ground transport has no destination
       of a flight.

    These are the two directions of E et al. 2019 ("A novel bi-directional interrelated model for
    joint intent detection and slot filling", SF first), linear in the probabilities. U and V are
    initialized with zeros.

    Shapes: tags float [batch, tokens, tags], intent float [batch, intents], padding_mask bool
    [batch, tokens] -> the first two again.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, tags_shape: Any, intent_shape: Any, padding_mask_shape: Any = None) -> None:
        tags, intents = tags_shape[-1], intent_shape[-1]
        self.of_tags = self.add_weight((tags, intents), "zeros", name="intent_of_tags")
        self.of_intent = self.add_weight((intents, tags), "zeros", name="tags_of_intent")

    def call(self, tags: Any, intent: Any, padding_mask: Any) -> tuple[Any, Any]:
        real = ops.cast(padding_mask, self.compute_dtype)[:, :, None]
        occurring = ops.max(ops.softmax(tags, axis=-1) * real, axis=1)
        intent = intent + ops.matmul(occurring, self.of_tags)
        expected = ops.matmul(ops.softmax(intent, axis=-1), self.of_intent)
        return tags + expected[:, None, :], intent

    def compute_mask(self, tags: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(
        self, tags_shape: Any, intent_shape: Any, padding_mask_shape: Any = None
    ) -> tuple[Any, Any]:
        return tags_shape, intent_shape
