"""A linear-chain conditional random field (CRF) layer for Keras 3, on any backend.

Keras has no CRF layer since the end of tensorflow-addons. This one needs only `keras.ops` and
`chain.py`, so the two files can be copied into other projects. A BiLSTM-CRF tagger:

    words = keras.Input((None,), dtype="int32")
    states = Bidirectional(LSTM(64, return_sequences=True))(Embedding(1000, 64)(words))
    crf = CRF(num_tags=5, name="crf")
    model = keras.Model(words, crf(Dense(5)(states)))
    model.compile("adam", loss=CRFLoss(crf))        # targets: tag ids, -1 for padding
    tags = crf.decode(model(ids), padding_mask)     # Viterbi
    probabilities = crf.marginals(model(ids), padding_mask)

Lafferty, McCallum and Pereira 2001; constraints as in Ratinov and Roth 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from pipeline.layers.chain import TINY, backward_pass, best_and_marginals, log_partition

FORBIDDEN = -1e4  # lower than any sum of real scores; its exponential is 0


@keras.saving.register_keras_serializable("keras_text_pipeline")
class CRF(keras.layers.Layer):
    """A probability distribution over tag sequences, with emission and transition scores.

    With emissions e (one row per token), transitions A, starts s and ends f, a tag sequence y has
    score(y) = s[y_1] + sum_t e[t, y_t] + sum_t A[y_{t-1}, y_t] + f[y_n], and
    p(y) = exp(score(y)) / Z, where Z sums over all sequences.

    Calling the layer returns the emissions unchanged. Its weights are used in `log_likelihood`
    (training), `decode` (the best sequence) and `marginals` (the probability of each tag).

    Args:
        num_tags: K.
        allowed: [K, K], 1 where tag j may follow tag i; None for all. `bio_constraints` and
            `bioes_constraints` create all three constraints.
        allowed_start: [K], 1 for tags that may start a sequence; None for all.
        allowed_end: [K], 1 for tags that may end a sequence; None for all.

    Shapes: emissions float [batch, tokens, K]; padding_mask bool [batch, tokens], True for real
    tokens, which come first in each row.
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
        self.supports_masking = True  # stops implicit masks; masks are explicit arguments

    def build(self, input_shape: Any) -> None:
        size = self.num_tags
        if input_shape[-1] != size:
            raise ValueError(
                f"CRF: expected num_tags = {size} scores per token; received {input_shape[-1]}"
            )
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
        """Compute log p(tags): float [batch]; 0 for a row without real tokens.

        `tags` is int32 [batch, tokens]; its values at padding are ignored.

        Given y_{t-1}, tag y_t is independent of earlier tags, so log p(y) = sum_t log p(y_t |
        y_{t-1}). `tag_weights`, float [K], weight these terms by y_t: weights of 1 change nothing,
        and a tag with weight 3 counts three times.
        """
        real = ops.cast(padding_mask, emissions.dtype)
        if tag_weights is not None:
            steps = self._step_likelihoods(emissions, tags, padding_mask)
            weights = ops.take(ops.cast(tag_weights, emissions.dtype), ops.maximum(tags, 0))
            return ops.sum(steps * weights * real, axis=1)
        path = self._path_score(emissions, tags, padding_mask)
        log_z = log_partition(
            emissions, self._transitions(), self._starts(), self._ends(), padding_mask
        )
        return (path - log_z) * real[:, 0]

    def decode(self, emissions: Any, padding_mask: Any) -> Any:
        """Return the best tag sequence (Viterbi): int32 [batch, tokens]; 0 at padding."""
        return self.decode_with_marginals(emissions, padding_mask)[0]

    def marginals(self, emissions: Any, padding_mask: Any) -> Any:
        """Return p(y_t = k) of each token: float [batch, tokens, K]; 0 at padding.

        All scores are divided by `temperature`, which is not trainable: 1, or fitted on held-out
        data (Guo et al. 2017). The best sequence does not depend on the temperature.
        """
        return self.decode_with_marginals(emissions, padding_mask)[1]

    def decode_with_marginals(self, emissions: Any, padding_mask: Any) -> tuple[Any, Any]:
        """Return the results of `decode` and `marginals` from one pass over the text."""
        scale = 1.0 / self.temperature
        result: tuple[Any, Any] = best_and_marginals(
            emissions * scale,
            self._transitions() * scale,
            self._starts() * scale,
            self._ends() * scale,
            padding_mask,
        )
        return result

    def _step_likelihoods(self, emissions: Any, tags: Any, padding_mask: Any) -> Any:
        """Compute log p(y_t | y_{t-1}) [batch, tokens]; log p(y_1) for the first token."""
        tags = ops.where(padding_mask, tags, 0)
        betas = backward_pass(emissions, self._transitions(), self._ends(), padding_mask)
        ahead = emissions + ops.log(ops.transpose(betas, (1, 0, 2)) + TINY)
        moves = ops.take(self._transitions(), tags[:, :-1], axis=0)
        starts = ops.broadcast_to(self._starts(), ops.shape(emissions[:, :1]))
        scores = ahead + ops.concatenate([starts, moves], axis=1)
        chosen = ops.take_along_axis(scores, tags[:, :, None], axis=-1)[:, :, 0]
        return chosen - ops.logsumexp(scores, axis=-1)

    def _path_score(self, emissions: Any, tags: Any, padding_mask: Any) -> Any:
        """Compute score(tags) [batch]."""
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
        crf: The CRF layer of the model.
        tag_weights: [K], weight of each tag (see `CRF.log_likelihood`); None for equal weights.

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


class Constraints(NamedTuple):
    """The constraints of a tagging scheme, as in `CRF(len(tags), *bio_constraints(tags))`."""

    allowed: list[list[int]]
    allowed_start: list[int]
    allowed_end: list[int]


def bio_constraints(tags: Sequence[str]) -> Constraints:
    """Return the constraints of BIO: `I-x` follows only `B-x` or `I-x`."""

    def follows(before: str, after: str) -> bool:
        return not after.startswith("I-") or before[1:] == after[1:]

    return _constraints(tags, follows)


def bioes_constraints(tags: Sequence[str]) -> Constraints:
    """Return the constraints of BIOES (or BILOU, with L for E and U for S).

    A span of several tokens ends in `E-x`. `I-x` and `E-x` follow only `B-x` or `I-x`, and these
    two are followed only by `I-x` or `E-x`.
    """

    def follows(before: str, after: str) -> bool:
        opened, inside = before[0] in "BI", after[0] in "IEL"
        return opened == inside and (not inside or before[1:] == after[1:])

    return _constraints(tags, follows)


def _constraints(tags: Sequence[str], follows: Callable[[str, str], bool]) -> Constraints:
    """Build the constraints; sequences start as after `O` and end as before `O`."""
    return Constraints(
        [[int(follows(before, after)) for after in tags] for before in tags],
        [int(follows("O", tag)) for tag in tags],
        [int(follows(tag, "O")) for tag in tags],
    )


def _where_allowed(allowed: Any, weights: Any) -> Any:
    # A custom gradient needs tensors; on TensorFlow, reshaping converts a variable to a tensor.
    scores = ops.reshape(weights, weights.shape)
    return scores if allowed is None else ops.where(allowed, scores, FORBIDDEN)


def _checked(value: Any, shape: tuple[int, ...], name: str) -> Any:
    if value is None:
        return None
    array = np.asarray(value, dtype=bool)
    if array.shape != shape:
        raise ValueError(f"CRF: {name} must have the shape {shape}; received {array.shape}")
    return array


def _checked_weights(weights: Sequence[float] | None, num_tags: int) -> Any:
    if weights is not None and len(weights) != num_tags:
        raise ValueError(
            f"CRFLoss: expected one tag weight per tag ({num_tags}); received {len(weights)}"
        )
    return None if weights is None else np.asarray(weights, "float32")
