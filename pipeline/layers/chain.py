"""The recursions of a linear chain, as a CRF needs them: sums over all sequences, and the best one.

Rabiner 1989 ("A tutorial on hidden Markov models", sections III A and B): forward-backward, every
row scaled so that nothing overflows, and Viterbi 1967.

Shapes: emissions float [batch, tokens, K], transitions [K, K] (from, to), starts and ends [K];
padding_mask bool [batch, tokens], True for real tokens, which stand first in each row.
"""

from __future__ import annotations

from typing import Any

from keras import ops

TINY = 1e-30


def log_partition(
    emissions: Any, transitions: Any, starts: Any, ends: Any, padding_mask: Any
) -> Any:
    """Log Z of each row [batch].

    Its gradient is what the model expects: by an emission the probability of that tag, by a
    transition how often it is taken. So it is computed from two passes, rather than by
    differentiating one of them op by op, which takes several times as long.
    """

    @ops.custom_gradient
    def run(emissions: Any, transitions: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
        alphas, log_sums = forward_pass(emissions, transitions, starts, padding_mask)
        last = ops.logsumexp(ops.log(alphas[-1] + TINY) + ends, axis=-1)

        def gradient(*upstream: Any) -> tuple[Any, Any, Any, Any]:
            share = upstream[0][:, None]
            betas = backward_pass(emissions, transitions, ends, padding_mask)
            tags = _marginals(alphas, betas, padding_mask) * share[:, :, None]
            moves = _expected_moves(emissions, transitions, alphas, betas, padding_mask, share)
            finals = ops.exp(ops.log(alphas[-1] + TINY) + ends - last[:, None]) * share
            return tags, moves, ops.sum(tags[:, 0], axis=0), ops.sum(finals, axis=0)

        return log_sums[-1, :, 0] + last, gradient

    return run(emissions, transitions, starts, ends)


def forward_pass(
    emissions: Any, transitions: Any, starts: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """Forward probabilities [tokens, batch, K], each row divided by its sum.

    Beside them, the logs of these sums, added up so far [tokens, batch, 1]. At padding both stay as
    they were at the last real token.
    """
    potentials, peaks = _potentials(emissions)
    factors = ops.exp(transitions)
    first = _normalized(potentials[:, 0] * ops.exp(starts), peaks[:, 0])

    def move(state: Any, step: Any) -> tuple[Any, Any]:
        alpha, log_z = state
        potential, peak, real = step[:, :-2], step[:, -2:-1], step[:, -1:] > 0
        reached, log_sum = _normalized(ops.matmul(alpha, factors) * potential, peak)
        state = (ops.where(real, reached, alpha), ops.where(real, log_z + log_sum, log_z))
        return state, state

    steps = ops.concatenate([potentials, peaks], axis=-1)
    _, (alphas, log_z) = ops.scan(move, first, _steps(steps, _after_first(padding_mask)))
    return alphas, log_z


def backward_pass(emissions: Any, transitions: Any, ends: Any, padding_mask: Any) -> Any:
    """Backward probabilities [tokens, batch, K], each row scaled; at padding as at the last token.

    beta_t(i) says how probable the rest of the text is after tag i at t.
    """
    potentials, _ = _potentials(emissions)
    factors = ops.transpose(ops.exp(transitions))
    last = ops.exp(ends - ops.max(ends)) + ops.zeros_like(emissions[:, 0])

    def move(beta: Any, step: Any) -> tuple[Any, Any]:
        potential, real = step[:, :-1], step[:, -1:] > 0
        beta = ops.where(real, _shares(ops.matmul(beta * potential, factors)), beta)
        return beta, beta

    steps = _steps(_shifted(potentials), _shifted(padding_mask))
    return ops.scan(move, last, steps, reverse=True)[1]


def best_and_marginals(
    emissions: Any, transitions: Any, starts: Any, ends: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """The best sequence int32 [batch, tokens] and p(y_t = k) [batch, tokens, K]; 0 at padding.

    Both from one pass over the text. A single text waits for the steps of a pass, not for the
    arithmetic in them: one loop goes through it from both ends at once, and the way back along the
    best sequence is doubled round by round instead of walked.
    """
    lengths = ops.sum(ops.cast(padding_mask, "int32"), axis=1)
    alphas, aheads, scores, origins = _all_passes(emissions, transitions, starts, ends, lengths)
    betas = ops.matmul(aheads, ops.transpose(ops.exp(transitions)))
    goes_on = ops.transpose(_shifted(padding_mask))[:, :, None]
    betas = ops.where(goes_on, betas, ops.exp(ends - ops.max(ends)))
    best = ops.argmax(_at_last(scores, lengths) + ends, axis=-1)
    tags = _walk_back(origins, lengths, ops.cast(best, "int32"))
    return ops.where(padding_mask, tags, 0), _marginals(alphas, betas, padding_mask)


def _all_passes(
    emissions: Any, transitions: Any, starts: Any, ends: Any, lengths: Any
) -> tuple[Any, Any, Any, Any]:
    """All that is needed of each token, [tokens, batch, K], in one loop; anything at padding.

    1. alpha_t, the forward probabilities, scaled,
    2. ahead_t = exp(e_{t+1}) beta_{t+1}, scaled; the same recursion on each row read backward, with
       the transitions turned round,
    3. the score of the best sequence up to t that ends in each tag,
    4. which tag that sequence has at t - 1, as a float.
    """
    potentials, _ = _potentials(emissions)
    turned = _row_by_row_reversed(potentials, lengths)
    factors, into_all = ops.exp(transitions), ops.transpose(transitions)
    factors_back = ops.transpose(factors)
    steps = ops.transpose(ops.stack([potentials, turned, emissions]), (2, 0, 1, 3))

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        ahead = ops.stack([ops.matmul(state[0], factors), ops.matmul(state[1], factors_back)])
        probabilities = _shares(ahead * x[:2])
        best, origin = ops.top_k(state[2][:, None, :] + into_all, k=1)
        score = best[:, :, 0] + x[2]
        origin = ops.cast(origin[:, :, 0], score.dtype)
        state = ops.concatenate([probabilities, ops.stack([score, origin])], axis=0)
        return state, state

    edges = ops.stack([starts, ends])
    edges = ops.exp(edges - ops.max(edges, axis=-1, keepdims=True))
    first = _shares(steps[0, :2] * edges[:, None, :])
    score = steps[0, 2] + starts
    first = ops.concatenate([first, ops.stack([score, ops.zeros_like(score)])], axis=0)
    # The last round says nothing: without it a text of one token would be a scan over nothing,
    # which fails on TensorFlow.
    _, states = ops.scan(step, first, ops.roll(steps, -1, axis=0))
    states = ops.concatenate([first[None], states[:-1]], axis=0)
    aheads = _row_by_row_reversed(ops.swapaxes(states[:, 1], 0, 1), lengths)
    aheads = ops.swapaxes(_shifted(aheads), 0, 1)
    return states[:, 0], aheads, states[:, 2], states[:, 3]


def _row_by_row_reversed(values: Any, lengths: Any) -> Any:
    """[batch, tokens, K], each row's real tokens in reverse order; padding stays at its end."""
    batch, tokens = ops.shape(values)[:2]
    place = ops.arange(tokens)[None, :]
    place = ops.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    place = place + ops.arange(batch)[:, None] * tokens
    return ops.take(ops.reshape(values, (-1, values.shape[-1])), place, axis=0)


def _at_last(values: Any, lengths: Any) -> Any:
    """[tokens, batch, K] at each row's last real token: [batch, K]; at the first if it has none."""
    batch = ops.shape(values)[1]
    place = ops.maximum(lengths - 1, 0) * batch + ops.arange(batch)
    return ops.take(ops.reshape(values, (-1, values.shape[-1])), place, axis=0)


def _walk_back(origins: Any, lengths: Any, last: Any) -> Any:
    """The sequence that ends in `last` [batch]: int32 [batch, tokens].

    `way[t]` says for each tag at a later place which tag it comes from at t. At first that place is
    t + 1; each round joins two ways, so that it is twice as far off, until it is the end.
    """
    tokens, batch, size = ops.shape(origins)
    stay = ops.arange(size, dtype="int32")
    inside = ops.arange(tokens)[:, None] < lengths[None, :] - 1
    next_origins = ops.roll(ops.cast(origins, "int32"), -1, axis=0)
    way = ops.where(inside[:, :, None], next_origins, stay)
    row = ops.arange(tokens * batch, dtype="int32") * size

    def join(distance: Any, way: Any) -> tuple[Any, Any]:
        beyond = ops.arange(tokens)[:, None, None] >= tokens - distance
        later = ops.where(beyond, stay, ops.roll(way, -distance, axis=0))
        places = ops.reshape(row, (tokens, batch, 1)) + later
        return distance * 2, ops.take(ops.reshape(way, (-1,)), places)

    _, way = ops.while_loop(lambda distance, _: distance < tokens, join, (1, way))
    places = ops.reshape(row, (tokens, batch)) + last[None, :]
    return ops.transpose(ops.take(ops.reshape(way, (-1,)), places))


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
