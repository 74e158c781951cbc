"""Multi-head attention of a decoder to its source."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.layers.attention import ScaledDotAttention, masked_softmax


@keras.saving.register_keras_serializable("keras_text_pipeline")
class MultiHeadAttention(ScaledDotAttention):
    """Heads of `ScaledDotAttention` with head_dim = attention_dim / heads, projected by O.

    Vaswani et al. 2017, section 3.2.2: context = O [head_1; ...; head_H]. The returned weights are
    the mean over the heads.

    The interface is that of `pipeline/layers/attention.py`, but keys are [batch, heads, head_dim,
    source] and values [batch, heads, source, head_dim], so that search steps need no transposition.

    Args:
        attention_dim: Size of a context, a multiple of heads.
        heads: Number of heads.

    Raises:
        ValueError: attention_dim is not a multiple of heads.
    """

    def __init__(self, attention_dim: int, heads: int, **kwargs: Any):
        super().__init__(attention_dim, **kwargs)
        if attention_dim % heads:
            raise ValueError(
                f"MultiHeadAttention: attention_dim is {attention_dim}; expected a multiple of"
                f" heads = {heads}"
            )
        self.heads = heads

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        super().build(queries_shape, memory_shape)
        size = self.attention_dim
        self.output_kernel = self.add_weight((size, size), name="output_kernel")

    def project(self, memory: Any) -> dict[str, Any]:
        projected = super().project(memory)
        keys, values = (self._split(projected[name]) for name in ("keys", "values"))
        return {
            "keys": ops.transpose(keys, (0, 2, 3, 1)),
            "values": ops.transpose(values, (0, 2, 1, 3)),
        }

    def attend(self, queries: Any, projected: dict[str, Any], padding_mask: Any) -> tuple[Any, Any]:
        head_dim = self.attention_dim // self.heads
        split = self._split(self._times(queries, self.query_kernel) / head_dim**0.5)
        scores = ops.matmul(ops.transpose(split, (0, 2, 1, 3)), projected["keys"])
        weights = masked_softmax(scores, padding_mask[:, None, None, :])
        mixed = ops.transpose(ops.matmul(weights, projected["values"]), (0, 2, 1, 3))
        batch, number = ops.shape(queries)[:2]
        joined = ops.reshape(mixed, (batch, number, self.attention_dim))
        return self._times(joined, self.output_kernel), ops.mean(weights, axis=1)

    def _split(self, vectors: Any) -> Any:
        """Reshape [batch, n, attention_dim] to [batch, n, heads, head_dim]."""
        batch, number = ops.shape(vectors)[:2]
        return ops.reshape(vectors, (batch, number, self.heads, self.attention_dim // self.heads))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads}
