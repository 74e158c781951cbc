"""Character-level word vectors, which also represent unknown words."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class CharacterConvolution(keras.layers.Layer):
    """Character embeddings, a convolution over them, and the maximum over the word.

    Ma and Hovy 2016, section 2.1 ("End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF"):

    1. embed: c_1 ... c_n, each [embedding_dim]; padding is the zero vector,
    2. convolve: h_i = W [c_{i-1}; c_i; c_{i+1}] + b, each [filters] (window `width` = 3),
    3. pool: the word's vector is max_i h_i over its real characters; zeros for a padding token.

    Args:
        vocabulary_size: Number of characters, including `<pad>` 0.
        embedding_dim: Size of a character embedding.
        filters: Number of filters, the size of the word's vector.
        width: Window of a filter, in characters.

    Shapes: int32 [batch, tokens, characters] -> float [batch, tokens, filters].
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int,
        filters: int,
        width: int = 3,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.embedding_dim = vocabulary_size, embedding_dim
        self.filters, self.width = filters, width
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_dim, name="embedding")
        self.convolution = keras.layers.Conv1D(filters, width, padding="same", name="convolution")

    def build(self, input_shape: Any) -> None:
        self.embedding.build(input_shape)
        self.convolution.build((None, input_shape[-1], self.embedding_dim))

    def call(self, characters: Any) -> Any:
        batch, tokens, length = ops.shape(characters)
        flat = ops.reshape(characters, (-1, length))
        real = ops.cast(flat != 0, self.compute_dtype)[:, :, None]
        windows = self.convolution(self.embedding(flat) * real)
        # Padding is far below all real values, so it is never the maximum; padding tokens are 0.
        highest = ops.max(windows + (real - 1) * 1e9, axis=1)
        words = ops.where(ops.max(real, axis=1) > 0, highest, 0.0)
        return ops.reshape(words, (batch, tokens, self.filters))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:2], self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "filters": self.filters,
            "width": self.width,
        }
        return {**super().get_config(), **own}
