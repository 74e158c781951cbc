"""Recurrent taggers that read their previous tag: Jordan networks and the Elman-Jordan hybrid."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_text_pipeline")
class Jordan(keras.layers.Layer):
    """A forward tagger whose output is an input of the next token's hidden layer.

    Jordan 1986 ("Serial order: a parallel distributed processing approach"); for slot filling and
    the hybrid Mesnil et al. 2015 ("Using recurrent neural networks for slot filling in spoken
    language understanding"):

    1. h_t = tanh(W x_t + V y_{t-1} + b), with elman = True + U h_{t-1} inside the tanh,
    2. logits_t = O h_t + c.

    y_{t-1} is the one-hot previous tag, and zeros at the first token. It is the gold tag if given
    (teacher forcing), otherwise the tag with the highest logit. Jordan fed back the outputs; here
    only the best tag is fed back, so that prediction resembles training with one-hot tags. No
    gradient flows through this choice.

    The output is a tag, so the layer can only tag in forward direction and without a CRF.

    Args:
        num_tags: K, size of y and of the logits.
        hidden_dim: Size of h.
        elman: Whether to feed back the previous hidden state as well.

    Shapes: vectors [batch, tokens, dim]; padding_mask bool [batch, tokens], real tokens first in
    each row; gold_tags int [batch, tokens], -1 where unknown, or None -> [batch, tokens, K], zeros
    at padding.
    """

    def __init__(self, num_tags: int, hidden_dim: int, elman: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.num_tags, self.hidden_dim, self.elman = num_tags, hidden_dim, elman
        self.hidden = keras.layers.Dense(hidden_dim, name="hidden")
        self.logits = keras.layers.Dense(num_tags, name="logits")
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(
        self, vectors_shape: Any, padding_mask_shape: Any = None, gold_tags_shape: Any = None
    ) -> None:
        self.hidden.build(vectors_shape)
        self.logits.build((*vectors_shape[:2], self.hidden_dim))
        self.feedback = self.add_weight((self.num_tags, self.hidden_dim), name="feedback")
        if self.elman:
            self.recurrent = self.add_weight(
                (self.hidden_dim, self.hidden_dim), initializer="orthogonal", name="recurrent"
            )

    def call(self, vectors: Any, padding_mask: Any, gold_tags: Any = None) -> Any:
        real = padding_mask[:, :, None]
        before = _previous_tags(gold_tags, padding_mask)
        # Everything known beforehand, including the gold tags, is computed outside of the loop.
        known = self.hidden(ops.where(real, vectors, 0.0))
        known = known + ops.matmul(self._one_hot(before), self.feedback)
        states = self._states(known, _is_predicted(before))
        return ops.where(real, self.logits(states), 0.0)

    def _states(self, known: Any, predicted: Any) -> Any:
        """Compute all h, [batch, tokens, hidden_dim].

        `known` is W x + b + V y for the gold tags; `predicted` marks where y is predicted instead.

        The loop carries h only and recomputes the previous logits from it, because Keras 3.15.1's
        scan on TensorFlow requires outputs of the shape of the carry, and a single input tensor.
        """

        def step(state: Any, inputs: Any) -> tuple[Any, Any]:
            known_now, is_predicted = inputs[:, :-1], inputs[:, -1:]
            tag = ops.argmax(ops.stop_gradient(self.logits(state)), axis=-1)
            total = known_now + is_predicted * ops.matmul(self._one_hot(tag), self.feedback)
            if self.elman:
                total = total + ops.matmul(state, self.recurrent)
            state = ops.tanh(total)
            return state, state

        steps = ops.concatenate([known, ops.cast(predicted, known.dtype)[:, :, None]], axis=-1)
        _, states = ops.scan(step, ops.zeros_like(known[:, 0]), ops.swapaxes(steps, 0, 1))
        return ops.swapaxes(states, 0, 1)

    def _one_hot(self, tags: Any) -> Any:
        """Return one-hot tags [..., K]; zeros for -1."""
        return ops.one_hot(tags, self.num_tags, dtype=self.compute_dtype)

    def compute_mask(self, vectors: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(
        self, vectors_shape: Any, padding_mask_shape: Any = None, gold_tags_shape: Any = None
    ) -> Any:
        return (*vectors_shape[:2], self.num_tags)

    def get_config(self) -> dict[str, Any]:
        own = {"num_tags": self.num_tags, "hidden_dim": self.hidden_dim, "elman": self.elman}
        return {**super().get_config(), **own}


def _previous_tags(gold_tags: Any, padding_mask: Any) -> Any:
    """Return the gold tag of the previous token, int32 [batch, tokens]; -1 if unknown."""
    none = -ops.ones_like(padding_mask, dtype="int32")
    if gold_tags is None:
        return none
    return ops.concatenate([none[:, :1], ops.cast(gold_tags, "int32")[:, :-1]], axis=1)


def _is_predicted(before: Any) -> Any:
    """Return where the previous tag is predicted: unknown, except at the first token."""
    unknown = before < 0
    return ops.concatenate([ops.zeros_like(unknown[:, :1]), unknown[:, 1:]], axis=1)
