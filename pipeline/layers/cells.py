"""The recurrences of Elman, LSTM and GRU layers: a whole text at once, with the gradient by hand.

Each function maps (`inputs` [tokens, batch, gates x hidden_dim], `weights` [hidden_dim, gates x
hidden_dim]) to states [tokens, batch, hidden_dim]: the inputs' own products W x_t + b are done
before, for all tokens in one product, so the loop holds only what must wait for the state before.

`start` is the state before the first token, each part [batch, hidden_dim]: (hidden,), of an LSTM
(hidden, cell); zeros where it is (). The gradient reaches it too. The `..._step` functions take one
token, `inputs` [rows, gates x hidden_dim] and such a state, to the state after it; their weights
are cut by `whole` or `gru_parts`, once for all tokens.

Differentiating the loop op by op costs more than twice the forward pass, most of it bookkeeping.
By hand, all that does not wait is computed for the whole text at once: the slopes of the gates
before the backward loop, the gradient of the weights after it as one product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Gradient = Callable[..., tuple[Any, ...]]
State = tuple[Any, ...]


def elman(inputs: Any, weights: Any, start: State = ()) -> Any:
    """h_t = tanh(x_t + U h_{t-1}), x_t = W x + b.

    Elman 1990, "Finding structure in time".
    """

    @ops.custom_gradient
    def run(inputs: Any, weights: Any, *start: Any) -> tuple[Any, Gradient]:
        def step(state: Any, x: Any) -> tuple[Any, Any]:
            state = ops.tanh(x + ops.matmul(state, weights))
            return state, state

        first = start[0] if start else ops.zeros_like(inputs[0])
        _, states = ops.scan(step, first, inputs)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            slope = 1.0 - states * states
            back = ops.transpose(weights)

            def step_back(later: Any, x: Any) -> tuple[Any, Any]:
                size = later.shape[-1]
                here = (x[:, :size] + ops.matmul(later, back)) * x[:, size:]
                return here, here

            known = ops.concatenate([_of(upstream), slope], axis=-1)
            _, deltas = ops.scan(step_back, ops.zeros_like(inputs[0]), known, reverse=True)
            of_weights = _product(_before(states, start), deltas)
            of_start = (ops.matmul(deltas[0], back),) if start else ()
            return deltas, of_weights, *of_start

        return states, gradient

    return run(inputs, weights, *start)


def whole(weights: Any) -> Any:
    """The weights as they are."""
    return weights


def elman_step(inputs: Any, weights: Any, state: State) -> State:
    """One token of `elman`."""
    return (ops.tanh(inputs + ops.matmul(state[0], weights)),)


def lstm(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Long short-term memory; the four gates of a column block each, in this order.

    1. i_t, f_t, o_t = sigmoid(x_t + U h_{t-1}) of the blocks 1 to 3: what gets in, stays, gets out,
    2. g_t = tanh(x_t + U h_{t-1}) of block 4: what there is to remember,
    3. c_t = f_t * c_{t-1} + i_t * g_t: the memory,
    4. h_t = o_t * tanh(c_t).

    Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. A token whose inputs
    are all far below 0 leaves nothing behind: its memory and its state are 0.
    """
    size = weights.shape[0]

    @ops.custom_gradient
    def run(inputs: Any, weights: Any, *start: Any) -> tuple[Any, Gradient]:
        states, cells, gates, news = _lstm_states(inputs, weights, start)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            enter, keep, leave = _blocks(gates, size, 3)
            open_cells = ops.tanh(cells)
            known = ops.concatenate(
                [
                    _of(upstream),
                    leave * (1.0 - open_cells * open_cells),  # of h_t by c_t
                    keep,  # of c_t by c_{t-1}; then of what the blocks feed by the blocks:
                    enter * (1.0 - enter) * news,
                    keep * (1.0 - keep) * _before(cells, start[1:]),
                    leave * (1.0 - leave) * open_cells,
                    enter * (1.0 - news * news),
                ],
                axis=-1,
            )
            back = ops.transpose(weights)

            def step_back(later: Any, x: Any) -> tuple[Any, Any]:
                deltas, of_cell = later
                of_state = x[:, :size] + ops.matmul(deltas, back)
                of_cell = of_cell + of_state * x[:, size : 2 * size]
                fed = ops.concatenate([of_cell, of_cell, of_state, of_cell], axis=-1)
                here = (fed * x[:, 3 * size :], of_cell * x[:, 2 * size : 3 * size])
                return here, here

            nothing = (ops.zeros_like(inputs[0]), ops.zeros_like(cells[0]))
            (_, of_cell), (deltas, _) = ops.scan(step_back, nothing, known, reverse=True)
            of_weights = _product(_before(states, start[:1]), deltas)
            of_start = (ops.matmul(deltas[0], back), of_cell) if start else ()
            return deltas, of_weights, *of_start

        return states, gradient

    return run(inputs, weights, *start)


def lstm_lean(inputs: Any, weights: Any, start: State = ()) -> Any:
    """`lstm` without what only its gradient needs."""
    size = weights.shape[0]

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = lstm_step(x, weights, state)
        return state, state

    zero = ops.zeros_like(inputs[0, :, :size])
    _, (states, _) = ops.scan(step, start or (zero, zero), inputs)
    return states


def lstm_step(inputs: Any, weights: Any, state: State) -> State:
    """One token of `lstm`."""
    return _lstm_step(state[0], state[1], inputs, weights)[:2]


def gru(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Gated recurrent unit; the three gates of a column block each, in this order.

    1. z_t = sigmoid(x_t + U h_{t-1}) of block 1: how much of the old state stays,
    2. r_t = sigmoid(x_t + U h_{t-1}) of block 2: how much of it the new one sees,
    3. h'_t = tanh(x_t + U (r_t * h_{t-1})) of block 3,
    4. h_t = z_t * h_{t-1} + (1 - z_t) * h'_t.

    Cho et al. 2014, equations 5 to 8. A token whose first block is far above 0 passes the state on.
    """
    size = weights.shape[0]

    @ops.custom_gradient
    def run(inputs: Any, weights: Any, *start: Any) -> tuple[Any, Gradient]:
        states, gates, news = _gru_states(inputs, weights, start)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            stay, see = _blocks(gates, size, 2)
            before = _before(states, start)
            known = ops.concatenate(
                [
                    _of(upstream),
                    stay,
                    see,
                    (before - news) * stay * (1.0 - stay),
                    see * (1.0 - see) * before,
                    (1.0 - stay) * (1.0 - news * news),
                ],
                axis=-1,
            )
            gates_back = ops.transpose(weights[:, : 2 * size])
            news_back = ops.transpose(weights[:, 2 * size :])

            def step_back(later: Any, x: Any) -> tuple[Any, Any]:
                of_state = x[:, :size] + later[0]
                stay, see, of_stay, of_see, of_new = _blocks(x[:, size:], size, 5)
                delta_new = of_state * of_new
                seen = ops.matmul(delta_new, news_back)
                delta_gates = ops.concatenate([of_state * of_stay, seen * of_see], axis=-1)
                earlier = of_state * stay + seen * see + ops.matmul(delta_gates, gates_back)
                here = (earlier, delta_gates, delta_new)
                return here, here

            zero = ops.zeros_like(states[0])
            nothing = (zero, ops.zeros_like(gates[0]), zero)
            last, rows = ops.scan(step_back, nothing, known, reverse=True)
            _, delta_gates, delta_news = rows
            of_weights = ops.concatenate(
                [_product(before, delta_gates), _product(see * before, delta_news)], axis=-1
            )
            of_inputs = ops.concatenate([delta_gates, delta_news], axis=-1)
            return of_inputs, of_weights, *last[: len(start)]

        return states, gradient

    return run(inputs, weights, *start)


def gru_lean(inputs: Any, weights: Any, start: State = ()) -> Any:
    """`gru` without what only its gradient needs."""
    parts = gru_parts(weights)

    def step(hidden: Any, x: Any) -> tuple[Any, Any]:
        hidden = _gru_step(hidden, x, parts)[0]
        return hidden, hidden

    first = start[0] if start else ops.zeros_like(inputs[0, :, : weights.shape[0]])
    return ops.scan(step, first, inputs)[1]


def gru_parts(weights: Any) -> tuple[Any, Any]:
    """The weights of the gates and those of the news: two products, so two copies."""
    size = weights.shape[0]
    return weights[:, : 2 * size], weights[:, 2 * size :]


def gru_step(inputs: Any, parts: tuple[Any, Any], state: State) -> State:
    """One token of `gru`."""
    return _gru_step(state[0], inputs, parts)[:1]


def _lstm_step(hidden: Any, cell: Any, x: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
    size = weights.shape[0]
    x = x + ops.matmul(hidden, weights)
    gates, new = ops.sigmoid(x[:, : 3 * size]), ops.tanh(x[:, 3 * size :])
    enter, keep, leave = _blocks(gates, size, 3)
    cell = keep * cell + enter * new
    return leave * ops.tanh(cell), cell, gates, new


def _lstm_states(inputs: Any, weights: Any, start: State) -> tuple[Any, Any, Any, Any]:
    """States, memories, gates (three blocks) and news, each [tokens, batch, ...]."""
    size = weights.shape[0]

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = _lstm_step(state[0], state[1], x, weights)
        return state, state

    zero = ops.zeros_like(inputs[0, :, :size])
    hidden, cell = start or (zero, zero)
    first = (hidden, cell, ops.zeros_like(inputs[0, :, : 3 * size]), zero)
    states: tuple[Any, Any, Any, Any] = ops.scan(step, first, inputs)[1]
    return states


def _gru_step(hidden: Any, x: Any, parts: tuple[Any, Any]) -> tuple[Any, Any, Any]:
    size = parts[0].shape[0]
    gates = ops.sigmoid(x[:, : 2 * size] + ops.matmul(hidden, parts[0]))
    stay, see = _blocks(gates, size, 2)
    new = ops.tanh(x[:, 2 * size :] + ops.matmul(see * hidden, parts[1]))
    return new + stay * (hidden - new), gates, new


def _gru_states(inputs: Any, weights: Any, start: State) -> tuple[Any, Any, Any]:
    """States, gates (two blocks) and news, each [tokens, batch, ...]."""
    size, parts = weights.shape[0], gru_parts(weights)

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = _gru_step(state[0], x, parts)
        return state, state

    zero = ops.zeros_like(inputs[0, :, :size])
    hidden = start[0] if start else zero
    first = (hidden, ops.zeros_like(inputs[0, :, : 2 * size]), zero)
    states: tuple[Any, Any, Any] = ops.scan(step, first, inputs)[1]
    return states


def _of(upstream: tuple[Any, ...]) -> Any:
    """What comes from above; JAX hands it over bare, TensorFlow too, but either may wrap it."""
    (value,) = upstream
    return value


def _blocks(values: Any, size: int, count: int) -> list[Any]:
    return [values[..., i * size : (i + 1) * size] for i in range(count)]


def _before(states: Any, start: State) -> Any:
    """[tokens, ...], each token with what stood at the one before; the first with `start`, or 0."""
    first = start[0][None] if start else ops.zeros_like(states[:1])
    return ops.concatenate([first, states[:-1]], axis=0)


def _product(left: Any, right: Any) -> Any:
    """The sum over tokens and batch of left^T right: [left_dim, right_dim]."""
    rows = (ops.reshape(values, (-1, values.shape[-1])) for values in (left, right))
    left, right = rows
    return ops.matmul(ops.transpose(left), right)
