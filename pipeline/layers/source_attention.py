"""What a decoder takes from its source at each step: attention by name, or one fixed vector."""

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
    """The context of each query, brought to the decoder's own size.

    With attention it is W context. W is applied to the memory, once a sentence, as W sum_s a_s h_s
    = sum_s a_s W h_s; of "scaled_dot" and "multi_head", V and O are such a W already. "dot"
    compares vectors of one size: a memory of another is first brought to hidden_dim by a matrix,
    which makes it "general".

    With "none" it is W summary for every query (Cho et al. 2014), and the weights are zeros.

    Args:
        attention: One of `ATTENTIONS`.
        hidden_dim: Of queries and contexts, and inside the scorer.
        heads: Of "multi_head".

    Shapes: see `fix` and `look`.

    Raises:
        ValueError: There is no such attention.
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
        """Of what `fix` gives besides the mask."""
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
        """What stays while one source is decoded, each [batch, ...].

        Of memory [batch, source, m], padding_mask bool [batch, source], summary [batch, s].
        """
        if self.scorer is None:
            return {"padding_mask": padding_mask, "context": self.context(summary)}
        projected = self.scorer.project(self.bridge(memory) if self.bridge else memory)
        if self.context:
            projected["values"] = self.context(projected["values"])
        return {"padding_mask": padding_mask, **projected}

    def look(self, queries: Any, fixed: dict[str, Any]) -> tuple[Any, Any]:
        """Contexts [batch, n or 1, hidden_dim] and weights [batch, n, source].

        Of queries [batch, n, hidden_dim]; 1 where the context is the same for all.
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
