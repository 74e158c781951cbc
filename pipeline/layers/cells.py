"""The recurrences of Elman, LSTM and GRU layers over whole texts, with hand-written gradients.

Each function maps `inputs` [tokens, batch, gates x hidden_dim] and `weights` [hidden_dim, gates x
hidden_dim] to states [tokens, batch, hidden_dim]. The inputs are the products W x_t + b, computed
beforehand for all tokens at once, so the loop contains only what depends on the previous state.

`start` is the state before the first token, each part [batch, hidden_dim]: (hidden,), or (hidden,
cell) for an LSTM; () means zeros. Gradients flow into it. The `..._step` functions map one token,
`inputs` [rows, gates x hidden_dim], and a state to the next state; their weights are prepared by
`unchanged` or `gru_parts`, once for all tokens.

Automatic differentiation of the loop costs more than twice the forward pass, most of it
bookkeeping. The hand-written gradients compute everything that does not depend on the backward
recurrence for the whole text at once: the derivatives of the gates before the backward loop, and
the gradient of the weights after it, as one product.
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

            known = ops.concatenate([_single(upstream), slope], axis=-1)
            _, deltas = ops.scan(step_back, ops.zeros_like(inputs[0]), known, reverse=True)
            of_weights = _weight_gradient(_previous(states, start), deltas)
            of_start = (ops.matmul(deltas[0], back),) if start else ()
            return deltas, of_weights, *of_start

        return states, gradient

    return run(inputs, weights, *start)


def unchanged(weights: Any) -> Any:
    """Return the weights unchanged."""
    return weights


def elman_step(inputs: Any, weights: Any, state: State) -> State:
    """Compute one step of `elman`."""
    return (ops.tanh(inputs + ops.matmul(state[0], weights)),)


def lstm(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Long short-term memory, with one column block per gate in this order.

    1. i_t, f_t, o_t = sigmoid(x_t + U h_{t-1}), blocks 1 to 3: input, forget and output gate,
    2. g_t = tanh(x_t + U h_{t-1}), block 4: the candidate,
    3. c_t = f_t * c_{t-1} + i_t * g_t: the cell state,
    4. h_t = o_t * tanh(c_t).

    Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. A token with inputs
    far below 0 in all gates resets cell and state to 0.
    """
    size = weights.shape[0]

    @ops.custom_gradient
    def run(inputs: Any, weights: Any, *start: Any) -> tuple[Any, Gradient]:
        states, cells, gates, candidates = _lstm_states(inputs, weights, start)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            input_gate, forget_gate, output_gate = _blocks(gates, size, 3)
            open_cells = ops.tanh(cells)
            known = ops.concatenate(
                [
                    _single(upstream),
                    output_gate * (1.0 - open_cells * open_cells),  # of h_t by c_t
                    forget_gate,  # of c_t by c_{t-1}; below, of gate outputs by the block inputs
                    input_gate * (1.0 - input_gate) * candidates,
                    forget_gate * (1.0 - forget_gate) * _previous(cells, start[1:]),
                    output_gate * (1.0 - output_gate) * open_cells,
                    input_gate * (1.0 - candidates * candidates),
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
            of_weights = _weight_gradient(_previous(states, start[:1]), deltas)
            of_start = (ops.matmul(deltas[0], back), of_cell) if start else ()
            return deltas, of_weights, *of_start

        return states, gradient

    return run(inputs, weights, *start)


def lstm_lean(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Compute `lstm` without the tensors that only its gradient needs."""
    size = weights.shape[0]

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = lstm_step(x, weights, state)
        return state, state

    zero = ops.zeros_like(inputs[0, :, :size])
    _, (states, _) = ops.scan(step, start or (zero, zero), inputs)
    return states


def lstm_step(inputs: Any, weights: Any, state: State) -> State:
    """Compute one step of `lstm`."""
    return _lstm_step(state[0], state[1], inputs, weights)[:2]


def gru(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Gated recurrent unit, with one column block per gate in this order.

    1. z_t = sigmoid(x_t + U h_{t-1}), block 1: the update gate,
    2. r_t = sigmoid(x_t + U h_{t-1}), block 2: the reset gate,
    3. h'_t = tanh(x_t + U (r_t * h_{t-1})), block 3: the candidate,
    4. h_t = z_t * h_{t-1} + (1 - z_t) * h'_t.

    Cho et al. 2014, equations 5 to 8. A token with inputs far above 0 in block 1 keeps the state.
    """
    size = weights.shape[0]

    @ops.custom_gradient
    def run(inputs: Any, weights: Any, *start: Any) -> tuple[Any, Gradient]:
        states, gates, candidates = _gru_states(inputs, weights, start)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            update, reset = _blocks(gates, size, 2)
            before = _previous(states, start)
            known = ops.concatenate(
                [
                    _single(upstream),
                    update,
                    reset,
                    (before - candidates) * update * (1.0 - update),
                    reset * (1.0 - reset) * before,
                    (1.0 - update) * (1.0 - candidates * candidates),
                ],
                axis=-1,
            )
            gates_back = ops.transpose(weights[:, : 2 * size])
            candidates_back = ops.transpose(weights[:, 2 * size :])

            def step_back(later: Any, x: Any) -> tuple[Any, Any]:
                of_state = x[:, :size] + later[0]
                update, reset, of_update, of_reset, of_new = _blocks(x[:, size:], size, 5)
                delta_new = of_state * of_new
                seen = ops.matmul(delta_new, candidates_back)
                delta_gates = ops.concatenate([of_state * of_update, seen * of_reset], axis=-1)
                earlier = of_state * update + seen * reset + ops.matmul(delta_gates, gates_back)
                here = (earlier, delta_gates, delta_new)
                return here, here

            zero = ops.zeros_like(states[0])
            nothing = (zero, ops.zeros_like(gates[0]), zero)
            last, rows = ops.scan(step_back, nothing, known, reverse=True)
            _, delta_gates, delta_candidates = rows
            of_weights = ops.concatenate(
                [
                    _weight_gradient(before, delta_gates),
                    _weight_gradient(reset * before, delta_candidates),
                ],
                axis=-1,
            )
            of_inputs = ops.concatenate([delta_gates, delta_candidates], axis=-1)
            return of_inputs, of_weights, *last[: len(start)]

        return states, gradient

    return run(inputs, weights, *start)


def gru_lean(inputs: Any, weights: Any, start: State = ()) -> Any:
    """Compute `gru` without the tensors that only its gradient needs."""
    parts = gru_parts(weights)

    def step(hidden: Any, x: Any) -> tuple[Any, Any]:
        hidden = _gru_step(hidden, x, parts)[0]
        return hidden, hidden

    first = start[0] if start else ops.zeros_like(inputs[0, :, : weights.shape[0]])
    return ops.scan(step, first, inputs)[1]


def gru_parts(weights: Any) -> tuple[Any, Any]:
    """Split the weights into those of the gates and of the candidate, for two separate products."""
    size = weights.shape[0]
    return weights[:, : 2 * size], weights[:, 2 * size :]


def gru_step(inputs: Any, parts: tuple[Any, Any], state: State) -> State:
    """Compute one step of `gru`."""
    return _gru_step(state[0], inputs, parts)[:1]


def _lstm_step(hidden: Any, cell: Any, x: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
    size = weights.shape[0]
    x = x + ops.matmul(hidden, weights)
    gates, new = ops.sigmoid(x[:, : 3 * size]), ops.tanh(x[:, 3 * size :])
    input_gate, forget_gate, output_gate = _blocks(gates, size, 3)
    cell = forget_gate * cell + input_gate * new
    return output_gate * ops.tanh(cell), cell, gates, new


def _lstm_states(inputs: Any, weights: Any, start: State) -> tuple[Any, Any, Any, Any]:
    """Return states, cells, gates (three blocks) and candidates, each [tokens, batch, ...]."""
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
    update, reset = _blocks(gates, size, 2)
    new = ops.tanh(x[:, 2 * size :] + ops.matmul(reset * hidden, parts[1]))
    return new + update * (hidden - new), gates, new


def _gru_states(inputs: Any, weights: Any, start: State) -> tuple[Any, Any, Any]:
    """Return states, gates (two blocks) and candidates, each [tokens, batch, ...]."""
    size, parts = weights.shape[0], gru_parts(weights)

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = _gru_step(state[0], x, parts)
        return state, state

    zero = ops.zeros_like(inputs[0, :, :size])
    hidden = start[0] if start else zero
    first = (hidden, ops.zeros_like(inputs[0, :, : 2 * size]), zero)
    states: tuple[Any, Any, Any] = ops.scan(step, first, inputs)[1]
    return states


def _single(upstream: tuple[Any, ...]) -> Any:
    """Return the single upstream gradient, which backends may pass in a tuple."""
    (value,) = upstream
    return value


def _blocks(values: Any, size: int, count: int) -> list[Any]:
    return [values[..., i * size : (i + 1) * size] for i in range(count)]


def _previous(states: Any, start: State) -> Any:
    """Shift values by one token: [tokens, ...], with `start` or 0 at the first."""
    first = start[0][None] if start else ops.zeros_like(states[:1])
    return ops.concatenate([first, states[:-1]], axis=0)


def _weight_gradient(left: Any, right: Any) -> Any:
    """Return the sum over tokens and batch of left^T right: [left_dim, right_dim]."""
    rows = (ops.reshape(values, (-1, values.shape[-1])) for values in (left, right))
    left, right = rows
    return ops.matmul(ops.transpose(left), right)
