"""A linear-chain conditional random field (CRF) layer for Keras 3, on any backend.

Keras has had none since tensorflow-addons ended. This one needs `keras.ops` alone and nothing of
this project, so the file can be copied. A BiLSTM-CRF tagger:

    words = keras.Input((None,), dtype="int32")
    states = Bidirectional(LSTM(64, return_sequences=True))(Embedding(1000, 64)(words))
    crf = CRF(num_tags=5, name="crf")
    model = keras.Model(words, crf(Dense(5)(states)))
    model.compile("adam", loss=CRFLoss(crf))        # targets: tag ids, -1 for padding
    tags = crf.decode(model(ids), padding_mask)     # Viterbi
    probabilities = crf.marginals(model(ids), padding_mask)

Lafferty, McCallum and Pereira 2001; the recursions after Rabiner 1989 (forward-backward, rescaled)
and Viterbi 1967; the constraints after Ratinov and Roth 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

FORBIDDEN = -1e4  # a score that no sum of real ones outweighs, and whose exponential is 0
TINY = 1e-30


@keras.saving.register_keras_serializable("keras_text_pipeline")
class CRF(keras.layers.Layer):
    """Scores of tag sequences: what each token says for itself, and which tag follows which.

    With emissions e (a row a token), transitions A, starts s and ends f, a tag sequence y has
    score(y) = s[y_1] + sum_t e[t, y_t] + sum_t A[y_{t-1}, y_t] + f[y_n], and
    p(y) = exp(score(y)) / Z, where Z sums over all sequences.

    Called, the layer gives the emissions back as they are: its weights act in `log_likelihood`
    (training), `decode` (the best sequence) and `marginals` (the probability of each tag).

    Args:
        num_tags: K.
        allowed: [K, K], 1 where tag j may follow tag i; None = all (see `bio_constraints`).
        allowed_start: [K], 1 where a sequence may begin; None = all.

    Shapes: emissions float [batch, tokens, K]; padding_mask bool [batch, tokens], True for real
    tokens, which stand first in each row.
    """

    def __init__(
        self,
        num_tags: int,
        allowed: Sequence[Sequence[int]] | None = None,
        allowed_start: Sequence[int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_tags = num_tags
        self.allowed = _checked(allowed, (num_tags, num_tags), "allowed")
        self.allowed_start = _checked(allowed_start, (num_tags,), "allowed_start")
        self.supports_masking = True  # an implicit mask ends here; explicit ones count

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] != self.num_tags:
            raise ValueError(
                f"CRF: emissions have {input_shape[-1]} scores a token; expected num_tags ="
                f" {self.num_tags}"
            )
        size = self.num_tags
        self.transitions = self.add_weight((size, size), initializer="zeros", name="transitions")
        self.starts = self.add_weight((size,), initializer="zeros", name="starts")
        self.ends = self.add_weight((size,), initializer="zeros", name="ends")

    def call(self, emissions: Any) -> Any:
        return emissions

    def log_likelihood(self, emissions: Any, tags: Any, padding_mask: Any) -> Any:
        """Log p(tags): float [batch]; 0 for a row without real tokens.

        `tags` is int32 [batch, tokens]; what stands at padding does not matter.
        """
        path = self._path_score(emissions, tags, padding_mask)
        alphas, log_sums = self._forward(emissions, padding_mask)
        ends = ops.logsumexp(ops.log(alphas[-1] + TINY) + self.ends, axis=-1)
        log_z = log_sums[-1, :, 0] + ends
        return (path - log_z) * ops.cast(padding_mask[:, 0], emissions.dtype)

    def decode(self, emissions: Any, padding_mask: Any) -> Any:
        """The best tag sequence of each row: int32 [batch, tokens]; 0 at padding."""
        transitions = self._transitions()
        first = emissions[:, 0] + self._starts()

        def best_so_far(score: Any, step: Any) -> tuple[Any, Any]:
            emission, real = step[:, :-1], step[:, -1:] > 0
            reached = ops.max(score[:, :, None] + transitions, axis=1) + emission
            score = ops.where(real, reached, score)
            return score, score

        last, scores = ops.scan(best_so_far, first, _steps(emissions, _after_first(padding_mask)))

        def step_back(tag: Any, step: Any) -> tuple[Any, Any]:
            score, real = step[:, :-1], step[:, -1:] > 0
            into = ops.take(ops.transpose(transitions), ops.cast(tag[:, 0], "int32"), axis=0)
            came_from = ops.cast(ops.argmax(score + into, axis=-1)[:, None], tag.dtype)
            tag = ops.where(real, came_from, tag)
            return tag, tag

        final = ops.cast(ops.argmax(last + self.ends, axis=-1)[:, None], emissions.dtype)
        back = _steps(ops.swapaxes(scores, 0, 1), _shifted(padding_mask))
        _, tags = ops.scan(step_back, final, back, reverse=True)
        return ops.where(padding_mask, ops.cast(ops.transpose(tags[:, :, 0]), "int32"), 0)

    def marginals(self, emissions: Any, padding_mask: Any) -> Any:
        """p(y_t = k) of every token: float [batch, tokens, K]; 0 at padding."""
        alphas, _ = self._forward(emissions, padding_mask)
        potentials, _ = _potentials(emissions)
        transitions = ops.transpose(ops.exp(self._transitions()))
        last = ops.exp(self.ends - ops.max(self.ends)) + ops.zeros_like(alphas[0])

        def backward(beta: Any, step: Any) -> tuple[Any, Any]:
            potential, real = step[:, :-1], step[:, -1:] > 0
            earlier = ops.matmul(beta * potential, transitions)
            earlier = earlier / (ops.sum(earlier, axis=-1, keepdims=True) + TINY)
            beta = ops.where(real, earlier, beta)
            return beta, beta

        steps = _steps(_shifted(potentials), _shifted(padding_mask))
        _, betas = ops.scan(backward, last, steps, reverse=True)
        product = alphas * betas
        product = product / (ops.sum(product, axis=-1, keepdims=True) + TINY)
        real = ops.cast(padding_mask, emissions.dtype)
        return ops.transpose(product, (1, 0, 2)) * real[:, :, None]

    def _forward(self, emissions: Any, padding_mask: Any) -> tuple[Any, Any]:
        """Forward probabilities [tokens, batch, K], each row divided by its sum.

        Beside them, the logs of these sums, added up so far [tokens, batch, 1]. At padding both
        stay as they were at the last real token.
        """
        potentials, peaks = _potentials(emissions)
        transitions = ops.exp(self._transitions())
        first = _normalized(potentials[:, 0] * ops.exp(self._starts()), peaks[:, 0])

        def forward(state: Any, step: Any) -> tuple[Any, Any]:
            alpha, log_z = state
            potential, peak, real = step[:, :-2], step[:, -2:-1], step[:, -1:] > 0
            reached, log_sum = _normalized(ops.matmul(alpha, transitions) * potential, peak)
            state = (ops.where(real, reached, alpha), ops.where(real, log_z + log_sum, log_z))
            return state, state

        steps = ops.concatenate([potentials, peaks], axis=-1)
        _, (alphas, log_z) = ops.scan(forward, first, _steps(steps, _after_first(padding_mask)))
        return alphas, log_z

    def _path_score(self, emissions: Any, tags: Any, padding_mask: Any) -> Any:
        """score(tags) [batch]."""
        real = ops.cast(padding_mask, emissions.dtype)
        tags = ops.where(padding_mask, tags, 0)
        chosen = ops.take_along_axis(emissions, tags[:, :, None], axis=-1)[:, :, 0]
        steps = tags[:, :-1] * self.num_tags + tags[:, 1:]
        moves = ops.take(ops.reshape(self._transitions(), (-1,)), steps)
        length = ops.sum(ops.cast(padding_mask, "int32"), axis=1, keepdims=True)
        last = ops.take_along_axis(tags, ops.maximum(length - 1, 0), axis=1)[:, 0]
        return (
            ops.take(self._starts(), tags[:, 0])
            + ops.sum(chosen * real, axis=1)
            + ops.sum(moves * real[:, 1:], axis=1)
            + ops.take(self.ends, last)
        )

    def _transitions(self) -> Any:
        return _where_allowed(self.allowed, self.transitions)

    def _starts(self) -> Any:
        return _where_allowed(self.allowed_start, self.starts)

    def compute_mask(self, emissions: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own: dict[str, Any] = {"num_tags": self.num_tags}
        for name in ("allowed", "allowed_start"):
            value = getattr(self, name)
            own[name] = None if value is None else value.astype(int).tolist()
        return {**super().get_config(), **own}


class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the gold tags under a `CRF` layer of the same model.

    Args:
        crf: The layer whose weights are trained with the model's.

    Shapes: gold tags int [batch, tokens], -1 for padding; emissions float [batch, tokens, K].
    """

    def __init__(self, crf: CRF, name: str = "crf_loss"):
        super().__init__(name=name, reduction="mean_with_sample_weight")
        self.crf = crf

    def call(self, y_true: Any, y_pred: Any) -> Any:
        tags = ops.cast(y_true, "int32")
        return -self.crf.log_likelihood(y_pred, tags, tags >= 0)


def bio_constraints(tags: Sequence[str]) -> tuple[list[list[int]], list[int]]:
    """`allowed` and `allowed_start` for BIO tags: `I-x` only follows `B-x` or `I-x`."""
    allowed = [
        [int(not after.startswith("I-") or before[1:] == after[1:]) for after in tags]
        for before in tags
    ]
    return allowed, [int(not tag.startswith("I-")) for tag in tags]


def _where_allowed(allowed: Any, weights: Any) -> Any:
    scores = ops.convert_to_tensor(weights)  # JAX takes no variable for an array
    return scores if allowed is None else ops.where(allowed, scores, FORBIDDEN)


def _checked(value: Any, shape: tuple[int, ...], name: str) -> Any:
    if value is None:
        return None
    array = np.asarray(value, dtype=bool)
    if array.shape != shape:
        raise ValueError(f"CRF: {name} has the shape {array.shape}; expected {shape}")
    return array


def _steps(values: Any, padding_mask: Any) -> Any:
    """What `ops.scan` goes through: [tokens, batch, n + 1], the mask (1 = real) in the last column.

    One tensor, since with several of unknown length Keras 3.15.1's scan fails on TensorFlow.
    """
    real = ops.cast(padding_mask, "float32")[:, :, None]
    return ops.swapaxes(ops.concatenate([ops.cast(values, "float32"), real], axis=-1), 0, 1)


def _after_first(padding_mask: Any) -> Any:
    """The mask without the first token: a scan begins there, with what it then carries on.

    Scanning over all tokens and passing over the first keeps a text of one token from being a scan
    over nothing, which fails on TensorFlow.
    """
    return ops.concatenate([ops.zeros_like(padding_mask[:, :1]), padding_mask[:, 1:]], axis=1)


def _shifted(values: Any) -> Any:
    """[batch, tokens, ...], each token with what stood at the next one; 0 or False at the last."""
    return ops.concatenate([values[:, 1:], ops.zeros_like(values[:, :1])], axis=1)


def _potentials(emissions: Any) -> tuple[Any, Any]:
    """exp(emissions - peak) and the peaks [batch, tokens, 1], so that nothing overflows."""
    peaks = ops.stop_gradient(ops.max(emissions, axis=-1, keepdims=True))
    return ops.exp(emissions - peaks), peaks


def _normalized(values: Any, peak: Any) -> tuple[Any, Any]:
    """Rows that sum to 1, and the log of the sum that they had, the peak put back."""
    total = ops.sum(values, axis=-1, keepdims=True) + TINY
    return values / total, ops.log(total) + peak
