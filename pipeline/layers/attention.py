"""Attention of a decoder to its source: one small layer a scorer, the same face for all.

At a target position with the query q, the places s of the source with memory h_s share 1:

    a_s = exp(score(q, h_s)) / sum_r exp(score(q, h_r)),   context = sum_s a_s h_s

They differ in `score`. What of it is the source's alone is computed once a sentence:

- `project(memory)` gives tensors of the source alone, keys and values;
- `attend(queries, projected, padding_mask)` gives the contexts and the a_s;
- calling the layer does both: `layer(queries, memory, padding_mask)`.

Shapes: memory [batch, source, m], queries [batch, n, q], padding_mask bool [batch, source] ->
context [batch, n, c], weights [batch, n, source]. n is the target positions in training and the
hypotheses in search: all see one memory, which is never repeated for them. Weights of padding are 0
exactly; a source of padding alone gives zeros.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Attention(keras.layers.Layer):
    """What all attentions share; one of them gives `build` and `scores`, and `project` if it must.

    Outside of `call` Keras casts no weights, and a search calls `attend` alone: hence `_times`.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True  # an implicit mask ends here; the explicit one is what counts

    def project(self, memory: Any) -> dict[str, Any]:
        """Keys to score and values to mix, each [batch, source, ...]; here the memory itself."""
        memory = ops.cast(memory, self.compute_dtype)
        return {"keys": memory, "values": memory}

    def scores(self, queries: Any, keys: Any) -> Any:
        """How well each query and key match: [batch, n, source]."""
        raise NotImplementedError

    def attend(self, queries: Any, projected: dict[str, Any], padding_mask: Any) -> tuple[Any, Any]:
        """Contexts [batch, n, c] and weights [batch, n, source]."""
        queries = ops.cast(queries, self.compute_dtype)
        weights = shares(self.scores(queries, projected["keys"]), padding_mask[:, None, :])
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
        """c, the size of a context."""
        return memory_dim

    def _times(self, vectors: Any, weights: Any) -> Any:
        dtype = self.compute_dtype
        return ops.matmul(ops.cast(vectors, dtype), ops.cast(weights, dtype))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class AdditiveAttention(Attention):
    """score(q, h) = v . tanh(W q + U h).

    Bahdanau, Cho and Bengio 2015, appendix A.1.2. U h is computed once a sentence. The sums stand
    as one tensor [batch, n, source, attention_dim], in training for all target positions at once:
    the dearest scorer, where the others need [batch, n, source].

    Args:
        attention_dim: Of W q, U h and v.
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

    Luong, Pham and Manning 2015, equation 8 (concat). W [q; h] is the left columns of W times q and
    the right ones times h, so it is computed, and costs, as `AdditiveAttention`; W is one matrix
    here, drawn as one.

    Args:
        attention_dim: Of W [q; h] and v.
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
    """score(q, h) = q . h, with nothing to learn; q and h are of one size.

    Luong, Pham and Manning 2015, equation 8 (dot).

    Raises:
        ValueError: They are not.
    """

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        if queries_shape[-1] != memory_shape[-1]:
            raise ValueError(
                f"DotAttention: queries of size {queries_shape[-1]}, memory of {memory_shape[-1]};"
                " expected the same size, or GeneralAttention"
            )

    def scores(self, queries: Any, keys: Any) -> Any:
        return ops.matmul(queries, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class GeneralAttention(Attention):
    """score(q, h) = q . (W h).

    Luong, Pham and Manning 2015, equation 8 (general). W h is computed once a sentence.
    """

    def build(self, queries_shape: Any, memory_shape: Any, padding_mask_shape: Any = None) -> None:
        self.kernel = self.add_weight((memory_shape[-1], queries_shape[-1]), name="kernel")

    def project(self, memory: Any) -> dict[str, Any]:
        return {**super().project(memory), "keys": self._times(memory, self.kernel)}

    def scores(self, queries: Any, keys: Any) -> Any:
        return ops.matmul(queries, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_text_pipeline")
class ScaledDotAttention(Attention):
    """score(q, h) = (Q q) . (K h) / sqrt(attention_dim); what is mixed is V h.

    Vaswani et al. 2017, equation 1, with projections as in section 3.2.2, of one head.

    Args:
        attention_dim: Of Q q, K h and V h, and so of a context.
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


def shares(scores: Any, real: Any) -> Any:
    """Softmax over the last axis among what is real (bool, broadcast); 0 elsewhere, exactly."""
    half = keras.backend.standardize_dtype(scores.dtype) == "float16"
    scores = ops.where(real, scores, -3e4 if half else -1e30)
    # By hand: Keras's softmax warns of texts of one token, and gives padding alone weights.
    peaks = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    parts = ops.where(real, ops.exp(scores - peaks), 0.0)
    return parts / ops.maximum(ops.sum(parts, axis=-1, keepdims=True), 1.0)
