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
and Viterbi 1967. What a tagging scheme allows is in `constraints.py`.
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
        allowed: [K, K], 1 where tag j may follow tag i; None = all. `constraints.py` makes these
            three for BIO and BIOES.
        allowed_start: [K], 1 where a sequence may begin; None = all.
        allowed_end: [K], 1 where it may end; None = all.

    Shapes: emissions float [batch, tokens, K]; padding_mask bool [batch, tokens], True for real
    tokens, which stand first in each row.
    """

    def __init__(
        self,
        num_tags: int,
        allowed: Sequence[Sequence[int]] | None = None,
        allowed_start: Sequence[int] | None = None,
        allowed_end: Sequence[int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_tags = num_tags
        self.allowed = _checked(allowed, (num_tags, num_tags), "allowed")
        self.allowed_start = _checked(allowed_start, (num_tags,), "allowed_start")
        self.allowed_end = _checked(allowed_end, (num_tags,), "allowed_end")
        self.supports_masking = True  # an implicit mask ends here; explicit ones count

    def build(self, input_shape: Any) -> None:
        size = self.num_tags
        if input_shape[-1] != size:
            raise ValueError(f"CRF: {input_shape[-1]} scores a token; expected num_tags = {size}")
        self.transitions = self.add_weight((size, size), initializer="zeros", name="transitions")
        self.starts = self.add_weight((size,), initializer="zeros", name="starts")
        self.ends = self.add_weight((size,), initializer="zeros", name="ends")
        self.temperature = self.add_weight(
            (), initializer="ones", trainable=False, name="temperature"
        )

    def call(self, emissions: Any) -> Any:
        return emissions

    def log_likelihood(
        self, emissions: Any, tags: Any, padding_mask: Any, tag_weights: Any = None
    ) -> Any:
        """Log p(tags): float [batch]; 0 for a row without real tokens.

        `tags` is int32 [batch, tokens]; what stands at padding does not matter.

        Given y_{t-1}, tag y_t depends on no tag before, so log p(y) = sum_t log p(y_t | y_{t-1}).
        `tag_weights`, float [K], weigh these terms by y_t: all 1 changes nothing, and a rare tag
        that weighs 3 counts as if it stood there three times.
        """
        real = ops.cast(padding_mask, emissions.dtype)
        if tag_weights is not None:
            steps = self._step_likelihoods(emissions, tags, padding_mask)
            weights = ops.take(ops.cast(tag_weights, emissions.dtype), ops.maximum(tags, 0))
            return ops.sum(steps * weights * real, axis=1)
        path = self._path_score(emissions, tags, padding_mask)
        log_z = _log_z(emissions, self._transitions(), self._starts(), self._ends(), padding_mask)
        return (path - log_z) * real[:, 0]

    def decode(self, emissions: Any, padding_mask: Any) -> Any:
        """The best tag sequence of each row (Viterbi): int32 [batch, tokens]; 0 at padding."""
        return self.decode_with_marginals(emissions, padding_mask)[0]

    def marginals(self, emissions: Any, padding_mask: Any) -> Any:
        """p(y_t = k) of every token: float [batch, tokens, K]; 0 at padding.

        All scores are divided by `temperature`, which no gradient changes: 1, or what was fitted on
        held-out data (Guo et al. 2017). The best sequence is the same at any temperature.
        """
        return self.decode_with_marginals(emissions, padding_mask)[1]

    def decode_with_marginals(self, emissions: Any, padding_mask: Any) -> tuple[Any, Any]:
        """What `decode` and `marginals` give, both from the same two passes over the text.

        A single text waits for the passes, not for the arithmetic in them.
        """
        scale = 1.0 / self.temperature
        emissions, transitions = emissions * scale, self._transitions() * scale
        alphas, scores = _both_forward(emissions, transitions, self._starts() * scale, padding_mask)
        betas, tags = _both_backward(
            emissions, transitions, self._ends() * scale, scores, padding_mask
        )
        return ops.where(padding_mask, tags, 0), _marginals(alphas, betas, padding_mask)

    def _step_likelihoods(self, emissions: Any, tags: Any, padding_mask: Any) -> Any:
        """Log p(y_t | y_{t-1}) [batch, tokens]; of the first token log p(y_1)."""
        tags = ops.where(padding_mask, tags, 0)
        betas = _backward(emissions, self._transitions(), self._ends(), padding_mask)
        ahead = emissions + ops.log(ops.transpose(betas, (1, 0, 2)) + TINY)
        moves = ops.take(self._transitions(), tags[:, :-1], axis=0)
        starts = ops.broadcast_to(self._starts(), ops.shape(emissions[:, :1]))
        scores = ahead + ops.concatenate([starts, moves], axis=1)
        chosen = ops.take_along_axis(scores, tags[:, :, None], axis=-1)[:, :, 0]
        return chosen - ops.logsumexp(scores, axis=-1)

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
            + ops.take(self._ends(), last)
        )

    def _transitions(self) -> Any:
        return _where_allowed(self.allowed, self.transitions)

    def _starts(self) -> Any:
        return _where_allowed(self.allowed_start, self.starts)

    def _ends(self) -> Any:
        return _where_allowed(self.allowed_end, self.ends)

    def compute_mask(self, emissions: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own: dict[str, Any] = {"num_tags": self.num_tags}
        for name in ("allowed", "allowed_start", "allowed_end"):
            value = getattr(self, name)
            own[name] = None if value is None else value.astype(int).tolist()
        return {**super().get_config(), **own}


class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the gold tags under a `CRF` layer of the same model.

    Args:
        crf: The layer whose weights are trained with the model's.
        tag_weights: [K], how much each tag counts (see `CRF.log_likelihood`); None = all alike.

    Shapes: gold tags int [batch, tokens], -1 for padding; emissions float [batch, tokens, K].
    """

    def __init__(
        self, crf: CRF, tag_weights: Sequence[float] | None = None, name: str = "crf_loss"
    ):
        super().__init__(name=name, reduction="mean_with_sample_weight")
        self.crf = crf
        self.tag_weights = _checked_weights(tag_weights, crf.num_tags)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        tags = ops.cast(y_true, "int32")
        return -self.crf.log_likelihood(y_pred, tags, tags >= 0, self.tag_weights)


def _log_z(emissions: Any, transitions: Any, starts: Any, ends: Any, padding_mask: Any) -> Any:
    """Log Z of each row [batch].

    Its gradient is what the model expects: by an emission the probability of that tag, by a
    transition how often it is taken. So it is computed from two passes, rather than by
    differentiating one of them op by op, which takes several times as long.
    """

    @ops.custom_gradient
    def run(emissions: Any, transitions: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
        alphas, log_sums = _forward(emissions, transitions, starts, padding_mask)
        last = ops.logsumexp(ops.log(alphas[-1] + TINY) + ends, axis=-1)

        def gradient(*upstream: Any) -> tuple[Any, Any, Any, Any]:
            share = upstream[0][:, None]
            betas = _backward(emissions, transitions, ends, padding_mask)
            tags = _marginals(alphas, betas, padding_mask) * share[:, :, None]
            moves = _expected_moves(emissions, transitions, alphas, betas, padding_mask, share)
            finals = ops.exp(ops.log(alphas[-1] + TINY) + ends - last[:, None]) * share
            return tags, moves, ops.sum(tags[:, 0], axis=0), ops.sum(finals, axis=0)

        return log_sums[-1, :, 0] + last, gradient

    return run(emissions, transitions, starts, ends)


def _forward(emissions: Any, transitions: Any, starts: Any, padding_mask: Any) -> tuple[Any, Any]:
    """Forward probabilities [tokens, batch, K], each row divided by its sum.

    Beside them, the logs of these sums, added up so far [tokens, batch, 1]. At padding both stay as
    they were at the last real token.
    """
    potentials, peaks = _potentials(emissions)
    factors = ops.exp(transitions)
    first = _normalized(potentials[:, 0] * ops.exp(starts), peaks[:, 0])

    def forward(state: Any, step: Any) -> tuple[Any, Any]:
        alpha, log_z = state
        potential, peak, real = step[:, :-2], step[:, -2:-1], step[:, -1:] > 0
        reached, log_sum = _normalized(ops.matmul(alpha, factors) * potential, peak)
        state = (ops.where(real, reached, alpha), ops.where(real, log_z + log_sum, log_z))
        return state, state

    steps = ops.concatenate([potentials, peaks], axis=-1)
    _, (alphas, log_z) = ops.scan(forward, first, _steps(steps, _after_first(padding_mask)))
    return alphas, log_z


def _backward(emissions: Any, transitions: Any, ends: Any, padding_mask: Any) -> Any:
    """Backward probabilities [tokens, batch, K], each row scaled; at padding as at the last token.

    beta_t(i) says how probable the rest of the text is after tag i at t.
    """
    potentials, _ = _potentials(emissions)
    factors = ops.transpose(ops.exp(transitions))
    last = ops.exp(ends - ops.max(ends)) + ops.zeros_like(emissions[:, 0])

    def backward(beta: Any, step: Any) -> tuple[Any, Any]:
        potential, real = step[:, :-1], step[:, -1:] > 0
        beta = ops.where(real, _shares(ops.matmul(beta * potential, factors)), beta)
        return beta, beta

    steps = _steps(_shifted(potentials), _shifted(padding_mask))
    return ops.scan(backward, last, steps, reverse=True)[1]


def _both_forward(
    emissions: Any, transitions: Any, starts: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """Forward probabilities, and the scores of the best ways to each tag: [tokens, batch, K]."""
    size = emissions.shape[-1]
    factors, into_all = ops.exp(transitions), ops.transpose(transitions)
    potentials, peaks = _potentials(emissions)

    def forward(state: Any, step: Any) -> tuple[Any, Any]:
        potential, emission, real = step[:, :size], step[:, size:-1], step[:, -1:] > 0
        alpha = _shares(ops.matmul(state[:, :size], factors) * potential)
        score = ops.max(state[:, None, size:] + into_all, axis=-1) + emission
        state = ops.where(real, ops.concatenate([alpha, score], axis=-1), state)
        return state, state

    alpha, _ = _normalized(potentials[:, 0] * ops.exp(starts), peaks[:, 0])
    first = ops.concatenate([alpha, emissions[:, 0] + starts], axis=-1)
    steps = ops.concatenate([potentials, emissions], axis=-1)
    _, states = ops.scan(forward, first, _steps(steps, _after_first(padding_mask)))
    return states[:, :, :size], states[:, :, size:]


def _both_backward(
    emissions: Any, transitions: Any, ends: Any, scores: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """Backward probabilities [tokens, batch, K], and best tags by the scores [batch, tokens]."""
    size = emissions.shape[-1]
    factors, into_all = ops.transpose(ops.exp(transitions)), ops.transpose(transitions)
    potentials, _ = _potentials(emissions)

    def backward(state: Any, step: Any) -> tuple[Any, Any]:
        potential, score, real = step[:, :size], step[:, size:-1], step[:, -1:] > 0
        beta = _shares(ops.matmul(state[:, :size] * potential, factors))
        into = ops.take(into_all, ops.cast(state[:, size], "int32"), axis=0)
        tag = ops.cast(ops.argmax(score + into, axis=-1)[:, None], beta.dtype)
        state = ops.where(real, ops.concatenate([beta, tag], axis=-1), state)
        return state, state

    tag = ops.cast(ops.argmax(scores[-1] + ends, axis=-1)[:, None], emissions.dtype)
    beta = ops.exp(ends - ops.max(ends)) + ops.zeros_like(emissions[:, 0])
    steps = ops.concatenate([_shifted(potentials), ops.swapaxes(scores, 0, 1)], axis=-1)
    steps = _steps(steps, _shifted(padding_mask))
    first = ops.concatenate([beta, tag], axis=-1)
    _, states = ops.scan(backward, first, steps, reverse=True)
    return states[:, :, :size], ops.cast(ops.transpose(states[:, :, size]), "int32")


def _marginals(alphas: Any, betas: Any, padding_mask: Any) -> Any:
    product = _shares(alphas * betas)
    real = ops.cast(padding_mask, product.dtype)
    return ops.transpose(product, (1, 0, 2)) * real[:, :, None]


def _expected_moves(
    emissions: Any, transitions: Any, alphas: Any, betas: Any, padding_mask: Any, share: Any
) -> Any:
    """How often each transition is taken, rows weighted by `share` [batch, 1]: [K, K].

    p(y_t = i, y_{t+1} = j) = alpha_t(i) A_ij e_{t+1}(j) beta_{t+1}(j), divided by its sum over
    i and j.
    """
    factors = ops.exp(transitions)
    potentials, _ = _potentials(emissions)
    ahead = ops.transpose(potentials, (1, 0, 2))[1:] * betas[1:]
    sums = ops.sum(ops.matmul(alphas[:-1], factors) * ahead, axis=-1, keepdims=True)
    real = ops.cast(ops.transpose(padding_mask[:, 1:])[:, :, None], ahead.dtype)
    ahead = ahead / (sums + TINY) * real * share
    rows = (ops.reshape(values, (-1, values.shape[-1])) for values in (alphas[:-1], ahead))
    before, after = rows
    return factors * ops.matmul(ops.transpose(before), after)


def _where_allowed(allowed: Any, weights: Any) -> Any:
    # A gradient by hand takes tensors alone; on TensorFlow a reshaped variable is one.
    scores = ops.reshape(weights, weights.shape)
    return scores if allowed is None else ops.where(allowed, scores, FORBIDDEN)


def _checked(value: Any, shape: tuple[int, ...], name: str) -> Any:
    if value is None:
        return None
    array = np.asarray(value, dtype=bool)
    if array.shape != shape:
        raise ValueError(f"CRF: {name} has the shape {array.shape}; expected {shape}")
    return array


def _checked_weights(weights: Sequence[float] | None, num_tags: int) -> Any:
    if weights is not None and len(weights) != num_tags:
        raise ValueError(f"CRFLoss: {len(weights)} tag_weights; expected one a tag: {num_tags}")
    return None if weights is None else np.asarray(weights, "float32")


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


def _shares(values: Any) -> Any:
    """Rows that sum to 1."""
    return values / (ops.sum(values, axis=-1, keepdims=True) + TINY)


def _normalized(values: Any, peak: Any) -> tuple[Any, Any]:
    """Rows that sum to 1, and the log of the sum that they had, the peak put back."""
    total = ops.sum(values, axis=-1, keepdims=True) + TINY
    return values / total, ops.log(total) + peak
