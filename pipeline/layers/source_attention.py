"""The source context of a decoder: attention by name, or a fixed vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pipeline.layers.attention import (
    AdditiveAttention,
    Attention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    ScaledDotAttention,
)
from pipeline.layers.multi_head_attention import MultiHeadAttention

NONE = "none"
ATTENTIONS = (NONE, "additive", "dot", "general", "concat", "scaled_dot", "multi_head")


@keras.saving.register_keras_serializable("keras_text_pipeline")
class SourceAttention(keras.layers.Layer):
    """The context of each query, projected to the size of the decoder.

    With attention, the result is W context. W is applied to the memory, once per source, because
    W sum_s a_s h_s = sum_s a_s W h_s; in "scaled_dot" and "multi_head", V and O have the role of W.
    "dot" needs a memory of size hidden_dim; a memory of another size is projected first, which is
    equivalent to "general".

    With "none", the context is W summary for all queries (Cho et al. 2014), and the weights are 0.

    Args:
        attention: One of `ATTENTIONS`.
        hidden_dim: Size of queries and contexts, and of the scorer's hidden layer.
        heads: Number of heads of "multi_head".

    Shapes: see `fix` and `look`.

    Raises:
        ValueError: The attention is unknown.
    """

    def __init__(self, attention: str, hidden_dim: int, heads: int = 4, **kwargs: Any):
        super().__init__(**kwargs)
        if attention not in ATTENTIONS:
            raise ValueError(f"attention is {attention!r}; expected one of {', '.join(ATTENTIONS)}")
        self.attention, self.hidden_dim, self.heads = attention, hidden_dim, heads
        self.scorer = _scorer(attention, hidden_dim, heads, self.dtype_policy)
        self.bridge: Any = None
        self.context: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tensors that `fix` returns, without the mask."""
        return ("context",) if self.scorer is None else ("keys", "values")

    def build(self, memory_shape: Any, summary_shape: Any) -> None:
        if self.scorer is None:
            self.context = self._matrix("context", summary_shape)
            return
        if self.attention == "dot" and memory_shape[-1] != self.hidden_dim:
            self.bridge = self._matrix("bridge", memory_shape)
            memory_shape = (*memory_shape[:2], self.hidden_dim)
        self.scorer.build((None, None, self.hidden_dim), memory_shape)
        if not isinstance(self.scorer, ScaledDotAttention):
            self.context = self._matrix("context", memory_shape)

    def _matrix(self, name: str, shape: Any) -> Any:
        layer = keras.layers.Dense(
            self.hidden_dim, use_bias=False, name=name, dtype=self.dtype_policy
        )
        layer.build(shape)
        return layer

    def fix(self, memory: Any, padding_mask: Any, summary: Any) -> dict[str, Any]:
        """Return the tensors that are constant while a source is decoded, each [batch, ...].

        Shapes: memory [batch, source, m], padding_mask bool [batch, source], summary [batch, s].
        """
        if self.scorer is None:
            return {"padding_mask": padding_mask, "context": self.context(summary)}
        projected = self.scorer.project(self.bridge(memory) if self.bridge else memory)
        if self.context:
            projected["values"] = self.context(projected["values"])
        return {"padding_mask": padding_mask, **projected}

    def look(self, queries: Any, fixed: dict[str, Any]) -> tuple[Any, Any]:
        """Return contexts [batch, n, hidden_dim] and weights [batch, n, source].

        Queries are [batch, n, hidden_dim]. A context shared by all queries is [batch, 1,
        hidden_dim].
        """
        if self.scorer is None:
            none = ops.zeros_like(queries[:, :, :1])
            mask = ops.cast(fixed["padding_mask"], none.dtype)
            return fixed["context"][:, None], none * mask[:, None]
        return self.scorer.attend(queries, fixed, fixed["padding_mask"])

    def get_config(self) -> dict[str, Any]:
        own = {"attention": self.attention, "hidden_dim": self.hidden_dim, "heads": self.heads}
        return {**super().get_config(), **own}


def _scorer(attention: str, hidden_dim: int, heads: int, dtype: Any) -> Attention | None:
    own = {"name": attention, "dtype": dtype}
    scorers: dict[str, Callable[[], Attention | None]] = {
        NONE: lambda: None,
        "additive": lambda: AdditiveAttention(hidden_dim, **own),
        "dot": lambda: DotAttention(**own),
        "general": lambda: GeneralAttention(**own),
        "concat": lambda: ConcatAttention(hidden_dim, **own),
        "scaled_dot": lambda: ScaledDotAttention(hidden_dim, **own),
        "multi_head": lambda: MultiHeadAttention(hidden_dim, heads, **own),
    }
    return scorers[attention]()
