"""Attention of a decoder to its source: one layer per score function, with a common interface.

For a query q and source positions s with memory vectors h_s:

    a_s = exp(score(q, h_s)) / sum_r exp(score(q, h_r)),   context = sum_s a_s h_s

The layers differ in `score`. The parts of it that depend on the source only are computed once per
source:

- `project(memory)` returns the tensors of the source, keys and values;
- `attend(queries, projected, padding_mask)` returns the contexts and the weights a_s;
- calling the layer does both: `layer(queries, memory, padding_mask)`.

Shapes: memory [batch, source, m], queries [batch, n, q], padding_mask bool [batch, source] ->
context [batch, n, c], weights [batch, n, source]. n is the number of target positions in training
and of hypotheses in search; the memory is not repeated for them. The weights of padding are exactly
0; a source that consists of padding gives zeros.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Attention(keras.layers.Layer):
    """Base class; subclasses implement `build` and `scores`, and override `project` if needed.

    A search calls `attend` directly, and Keras casts weights only within `call`; `_times` casts
    them explicitly.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def project(self, memory: Any) -> dict[str, Any]:
        """Return keys and values, each [batch, source, ...]; by default the memory itself."""
        memory = ops.cast(memory, self.compute_dtype)
        return {"keys": memory, "values": memory}

    def scores(self, queries: Any, keys: Any) -> Any:
        """Return the score of each query and key: [batch, n, source]."""
        raise NotImplementedError

    def attend(self, queries: Any, projected: dict[str, Any], padding_mask: Any) -> tuple[Any, Any]:
        """Return contexts [batch, n, c] and weights [batch, n, source]."""
        queries = ops.cast(queries, self.compute_dtype)
        weights = masked_softmax(self.scores(queries, projected["keys"]), padding_mask[:, None, :])
        return ops.matmul(weights, projected["values"]), weights

    def call(self, queries: Any, memory: Any, padding_mask: Any) -> tuple[Any, Any]:
        return self.attend(queries, self.project(memory), padding_mask)

    def compute_output_shape(
        self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None
    ) -> Any:
        size = self.context_dim(memory_shape[-1])
        return (*queries_shape[:2], size), (*queries_shape[:2], memory_shape[1])

    def compute_mask(self, queries: Any, previous_mask: Any = None) -> None:
        return None

    def context_dim(self, memory_dim: int) -> int:
        """Return c, the size of a context."""
        return memory_dim

    def _times(self, vectors: Any, weights: Any) -> Any:
        dtype = self.compute_dtype
        return ops.matmul(ops.cast(vectors, dtype), ops.cast(weights, dtype))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class AdditiveAttention(Attention):
    """score(q, h) = v . tanh(W q + U h).

    Bahdanau, Cho and Bengio 2015, appendix A.1.2. U h is computed once per source. The sums are one
    tensor [batch, n, source, attention_dim], in training for all target positions at once; the
    other score functions need [batch, n, source] only.

    Args:
        attention_dim: Size of W q, U h and v.
    """

    def __init__(self, attention_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        size = self.attention_dim
        self.query_kernel = self.add_weight((queries_shape[-1], size), name="query_kernel")
        self.memory_kernel = self.add_weight((memory_shape[-1], size), name="memory_kernel")
        self.scorer = self.add_weight((size, 1), name="scorer")

    def project(self, memory: Any) -> dict[str, Any]:
        return {**super().project(memory), "keys": self._times(memory, self.memory_kernel)}

    def scores(self, queries: Any, keys: Any) -> Any:
        return self._summed(self._times(queries, self.query_kernel), keys)

    def _summed(self, queries: Any, keys: Any) -> Any:
        hidden = ops.tanh(queries[:, :, None, :] + keys[:, None, :, :])
        return self._times(hidden, self.scorer)[..., 0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attention_dim": self.attention_dim}


@keras.saving.register_keras_serializable("keras_text_pipeline")
class ConcatAttention(AdditiveAttention):
    """score(q, h) = v . tanh(W [q; h]).

    Luong, Pham and Manning 2015, equation 8 (concat). W [q; h] is the left columns of W times q
    plus the right columns times h, so computation and cost are those of `AdditiveAttention`; only
    the initialization differs, because W is one matrix.

    Args:
        attention_dim: Size of W [q; h] and v.
    """

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        rows, self.query_dim = queries_shape[-1] + memory_shape[-1], queries_shape[-1]
        self.kernel = self.add_weight((rows, self.attention_dim), name="kernel")
        self.scorer = self.add_weight((self.attention_dim, 1), name="scorer")

    def project(self, memory: Any) -> dict[str, Any]:
        keys = self._times(memory, self.kernel[self.query_dim :])
        return {**Attention.project(self, memory), "keys": keys}

    def scores(self, queries: Any, keys: Any) -> Any:
        return self._summed(self._times(queries, self.kernel[: self.query_dim]), keys)


@keras.saving.register_keras_serializable("keras_text_pipeline")
class DotAttention(Attention):
    """score(q, h) = q . h, without weights; q and h must have the same size.

    Luong, Pham and Manning 2015, equation 8 (dot).

    Raises:
        ValueError: The sizes differ.
    """

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        if queries_shape[-1] != memory_shape[-1]:
            raise ValueError(
                "DotAttention: queries and memory must have the same size; received"
                f" {queries_shape[-1]} and {memory_shape[-1]}. Use GeneralAttention instead."
            )

    def scores(self, queries: Any, keys: Any) -> Any:
        return ops.matmul(queries, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class GeneralAttention(Attention):
    """score(q, h) = q . (W h).

    Luong, Pham and Manning 2015, equation 8 (general). W h is computed once per source.
    """

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        self.kernel = self.add_weight((memory_shape[-1], queries_shape[-1]), name="kernel")

    def project(self, memory: Any) -> dict[str, Any]:
        return {**super().project(memory), "keys": self._times(memory, self.kernel)}

    def scores(self, queries: Any, keys: Any) -> Any:
        return ops.matmul(queries, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class ScaledDotAttention(Attention):
    """score(q, h) = (Q q) . (K h) / sqrt(attention_dim); the values are V h.

    Vaswani et al. 2017, equation 1, with the projections of section 3.2.2 for one head.

    Args:
        attention_dim: Size of Q q, K h and V h, and so of a context.
    """

    def __init__(self, attention_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        size = self.attention_dim
        self.query_kernel = self.add_weight((queries_shape[-1], size), name="query_kernel")
        self.key_kernel = self.add_weight((memory_shape[-1], size), name="key_kernel")
        self.value_kernel = self.add_weight((memory_shape[-1], size), name="value_kernel")

    def project(self, memory: Any) -> dict[str, Any]:
        kernels = {"keys": self.key_kernel, "values": self.value_kernel}
        return {name: self._times(memory, kernel) for name, kernel in kernels.items()}

    def scores(self, queries: Any, keys: Any) -> Any:
        queries = self._times(queries, self.query_kernel) / self.attention_dim**0.5
        return ops.matmul(queries, ops.swapaxes(keys, 1, 2))

    def context_dim(self, memory_dim: int) -> int:
        return self.attention_dim

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attention_dim": self.attention_dim}


def masked_softmax(scores: Any, real: Any) -> Any:
    """Compute softmax over the positions of the last axis where `real` (bool) is True; else 0."""
    half = keras.backend.standardize_dtype(scores.dtype) == "float16"
    scores = ops.where(real, scores, -3e4 if half else -1e30)
    # Keras's softmax warns about axes of size 1, and is not 0 if all positions are padding.
    peaks = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    parts = ops.where(real, ops.exp(scores - peaks), 0.0)
    return parts / ops.maximum(ops.sum(parts, axis=-1, keepdims=True), 1.0)
