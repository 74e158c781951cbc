"""The recursions of a linear-chain CRF: sums over all tag sequences, and the best sequence.

Rabiner 1989 ("A tutorial on hidden Markov models", sections III A and B): forward-backward, with
scaling to avoid overflow, and Viterbi 1967.

Shapes: emissions float [batch, tokens, K], transitions [K, K] (from, to), starts and ends [K];
padding_mask bool [batch, tokens], True for real tokens, which come first in each row.
"""

from __future__ import annotations

from typing import Any

from keras import ops

TINY = 1e-30


def log_partition(
    emissions: Any, transitions: Any, starts: Any, ends: Any, padding_mask: Any
) -> Any:
    """Compute log Z of each row [batch].

    The gradient with respect to an emission is the probability of its tag, and with respect to a
    transition its expected count. Both are computed from a forward and a backward pass, which is
    several times as fast as automatic differentiation of one pass.
    """

    @ops.custom_gradient
    def run(emissions: Any, transitions: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
        alphas, log_sums = forward_pass(emissions, transitions, starts, padding_mask)
        last = ops.logsumexp(ops.log(alphas[-1] + TINY) + ends, axis=-1)

        def gradient(*upstream: Any) -> tuple[Any, Any, Any, Any]:
            share = upstream[0][:, None]
            betas = backward_pass(emissions, transitions, ends, padding_mask)
            tags = _marginals(alphas, betas, padding_mask) * share[:, :, None]
            moves = _expected_transitions(
                emissions, transitions, alphas, betas, padding_mask, share
            )
            finals = ops.exp(ops.log(alphas[-1] + TINY) + ends - last[:, None]) * share
            return tags, moves, ops.sum(tags[:, 0], axis=0), ops.sum(finals, axis=0)

        return log_sums[-1, :, 0] + last, gradient

    return run(emissions, transitions, starts, ends)


def forward_pass(
    emissions: Any, transitions: Any, starts: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """Compute forward probabilities [tokens, batch, K], normalized at each token.

    Also return the cumulative logs of the normalizers [tokens, batch, 1]. At padding, both keep
    their values of the last real token.
    """
    potentials, peaks = _potentials(emissions)
    factors = ops.exp(transitions)
    first = _normalize_with_log(potentials[:, 0] * ops.exp(starts), peaks[:, 0])

    def move(state: Any, step: Any) -> tuple[Any, Any]:
        alpha, log_z = state
        potential, peak, real = step[:, :-2], step[:, -2:-1], step[:, -1:] > 0
        reached, log_sum = _normalize_with_log(ops.matmul(alpha, factors) * potential, peak)
        state = (ops.where(real, reached, alpha), ops.where(real, log_z + log_sum, log_z))
        return state, state

    steps = ops.concatenate([potentials, peaks], axis=-1)
    _, (alphas, log_z) = ops.scan(move, first, _steps(steps, _after_first(padding_mask)))
    return alphas, log_z


def backward_pass(emissions: Any, transitions: Any, ends: Any, padding_mask: Any) -> Any:
    """Compute scaled backward probabilities [tokens, batch, K]; padding repeats the last token.

    beta_t(i) is the weight of all continuations after tag i at t.
    """
    potentials, _ = _potentials(emissions)
    factors = ops.transpose(ops.exp(transitions))
    last = ops.exp(ends - ops.max(ends)) + ops.zeros_like(emissions[:, 0])

    def move(beta: Any, step: Any) -> tuple[Any, Any]:
        potential, real = step[:, :-1], step[:, -1:] > 0
        beta = ops.where(real, _normalize(ops.matmul(beta * potential, factors)), beta)
        return beta, beta

    steps = _steps(_shifted(potentials), _shifted(padding_mask))
    return ops.scan(move, last, steps, reverse=True)[1]


def best_and_marginals(
    emissions: Any, transitions: Any, starts: Any, ends: Any, padding_mask: Any
) -> tuple[Any, Any]:
    """Return the best sequence and the marginals p(y_t = k); both are 0 at padding.

    The sequence is int32 [batch, tokens], the marginals are [batch, tokens, K].

    Latency depends on the number of sequential steps, not on the arithmetic within a step.
    Therefore one loop runs the forward and the backward recursion together, and the best sequence
    is traced back by pointer doubling.
    """
    lengths = ops.sum(ops.cast(padding_mask, "int32"), axis=1)
    alphas, aheads, scores, origins = _all_passes(emissions, transitions, starts, ends, lengths)
    betas = ops.matmul(aheads, ops.transpose(ops.exp(transitions)))
    has_next = ops.transpose(_shifted(padding_mask))[:, :, None]
    betas = ops.where(has_next, betas, ops.exp(ends - ops.max(ends)))
    best = ops.argmax(_at_last(scores, lengths) + ends, axis=-1)
    tags = _trace_back(origins, lengths, ops.cast(best, "int32"))
    return ops.where(padding_mask, tags, 0), _marginals(alphas, betas, padding_mask)


def _all_passes(
    emissions: Any, transitions: Any, starts: Any, ends: Any, lengths: Any
) -> tuple[Any, Any, Any, Any]:
    """Compute all recursions in one loop, each [tokens, batch, K]; undefined at padding.

    1. alpha_t, the scaled forward probabilities,
    2. ahead_t = exp(e_{t+1}) beta_{t+1}, scaled; the same recursion on reversed rows, with
       transposed transitions,
    3. the score of the best sequence up to t that ends in each tag,
    4. the tag of that sequence at t - 1, as a float.
    """
    potentials, _ = _potentials(emissions)
    reversed_rows = _reverse_rows(potentials, lengths)
    factors, into_all = ops.exp(transitions), ops.transpose(transitions)
    factors_back = ops.transpose(factors)
    steps = ops.transpose(ops.stack([potentials, reversed_rows, emissions]), (2, 0, 1, 3))

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        ahead = ops.stack([ops.matmul(state[0], factors), ops.matmul(state[1], factors_back)])
        probabilities = _normalize(ahead * x[:2])
        best, origin = ops.top_k(state[2][:, None, :] + into_all, k=1)
        score = best[:, :, 0] + x[2]
        origin = ops.cast(origin[:, :, 0], score.dtype)
        state = ops.concatenate([probabilities, ops.stack([score, origin])], axis=0)
        return state, state

    edges = ops.stack([starts, ends])
    edges = ops.exp(edges - ops.max(edges, axis=-1, keepdims=True))
    first = _normalize(steps[0, :2] * edges[:, None, :])
    score = steps[0, 2] + starts
    first = ops.concatenate([first, ops.stack([score, ops.zeros_like(score)])], axis=0)
    # The last iteration is discarded. Without it, a text of one token would be a scan over an empty
    # axis, which fails on TensorFlow.
    _, states = ops.scan(step, first, ops.roll(steps, -1, axis=0))
    states = ops.concatenate([first[None], states[:-1]], axis=0)
    aheads = _reverse_rows(ops.swapaxes(states[:, 1], 0, 1), lengths)
    aheads = ops.swapaxes(_shifted(aheads), 0, 1)
    return states[:, 0], aheads, states[:, 2], states[:, 3]


def _reverse_rows(values: Any, lengths: Any) -> Any:
    """Reverse the real tokens of each row, [batch, tokens, K]; padding stays at the end."""
    batch, tokens = ops.shape(values)[:2]
    place = ops.arange(tokens)[None, :]
    place = ops.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    place = place + ops.arange(batch)[:, None] * tokens
    return ops.take(ops.reshape(values, (-1, values.shape[-1])), place, axis=0)


def _at_last(values: Any, lengths: Any) -> Any:
    """Select each row's last real token: [tokens, batch, K] -> [batch, K]; the first if none."""
    batch = ops.shape(values)[1]
    place = ops.maximum(lengths - 1, 0) * batch + ops.arange(batch)
    return ops.take(ops.reshape(values, (-1, values.shape[-1])), place, axis=0)


def _trace_back(origins: Any, lengths: Any, last: Any) -> Any:
    """Trace back the sequence that ends in `last` [batch]: int32 [batch, tokens].

    `way[t]` maps each tag at a later position to the tag at t that it comes from. Initially that
    position is t + 1; each iteration composes two maps and so doubles the distance, until it
    reaches the end (pointer doubling).
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
    product = _normalize(alphas * betas)
    real = ops.cast(padding_mask, product.dtype)
    return ops.transpose(product, (1, 0, 2)) * real[:, :, None]


def _expected_transitions(
    emissions: Any, transitions: Any, alphas: Any, betas: Any, padding_mask: Any, share: Any
) -> Any:
    """Compute the expected count of each transition, with row weights `share` [batch, 1]: [K, K].

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
    """Build the input of `ops.scan`: [tokens, batch, n + 1], with the mask in the last column.

    It is one tensor, because Keras 3.15.1's scan over several tensors of unknown length fails on
    TensorFlow.
    """
    real = ops.cast(padding_mask, "float32")[:, :, None]
    return ops.swapaxes(ops.concatenate([ops.cast(values, "float32"), real], axis=-1), 0, 1)


def _after_first(padding_mask: Any) -> Any:
    """Mask out the first token, which is the initial carry of the scan.

    The scan runs over all tokens and ignores the first; otherwise a text of one token would be a
    scan over an empty axis, which fails on TensorFlow.
    """
    return ops.concatenate([ops.zeros_like(padding_mask[:, :1]), padding_mask[:, 1:]], axis=1)


def _shifted(values: Any) -> Any:
    """Shift values back by one token: [batch, tokens, ...], with 0 or False at the last."""
    return ops.concatenate([values[:, 1:], ops.zeros_like(values[:, :1])], axis=1)


def _potentials(emissions: Any) -> tuple[Any, Any]:
    """Return exp(emissions - peak), which cannot overflow, and the peaks [batch, tokens, 1]."""
    peaks = ops.stop_gradient(ops.max(emissions, axis=-1, keepdims=True))
    return ops.exp(emissions - peaks), peaks


def _normalize(values: Any) -> Any:
    """Normalize rows to sum 1."""
    return values / (ops.sum(values, axis=-1, keepdims=True) + TINY)


def _normalize_with_log(values: Any, peak: Any) -> tuple[Any, Any]:
    """Normalize rows to sum 1; also return the log of their sums, with the peak added."""
    total = ops.sum(values, axis=-1, keepdims=True) + TINY
    return values / total, ops.log(total) + peak
