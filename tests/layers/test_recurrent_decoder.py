"""The recurrent decoder: by hand, with and without input feeding, bridge and state."""

import math

import numpy as np
import pytest

from pipeline.layers.recurrent_decoder import RecurrentDecoder

VECTORS = np.array([[[0.3], [-0.2]]], "float32")
MEMORY = np.array([[[0.5], [2.0], [9.0]]], "float32")
MASK = np.array([[True, True, False]])
SUMMARY = np.array([[0.8]], "float32")


def tiny(**options):
    """All sizes are 1: W 2, U 0.5, b 0.1; bridge 0.4, -0.1; context 3; h 0.7, bias 0.2."""
    decoder = RecurrentDecoder("elman", 1, **options)
    decoder(VECTORS, MEMORY, MASK, SUMMARY)
    decoder.recurrent[0].set_weights([np.array(w) for w in ([[2.0]], [[0.5]], [0.1])])
    decoder.bridge.set_weights([np.array([[0.4]]), np.array([-0.1])])
    decoder.source.context.set_weights([np.array([[3.0]])])
    decoder.combine.set_weights([np.array([[0.7]]), np.array([0.2])])
    if decoder.input_feeding:
        decoder.feed.assign([[-1.5]])
    return decoder


def looked(hidden):
    """Compute the output at a state, and the dot attention weight of the first position."""
    first, second = math.exp(hidden * 0.5), math.exp(hidden * 2)
    share = first / (first + second)
    context = share * 0.5 + (1 - share) * 2
    return math.tanh(3 * context + 0.7 * hidden + 0.2), share


@pytest.mark.parametrize("feeding", [False, True])
def test_two_tokens_by_hand(feeding):
    hidden, output, expected = math.tanh(0.4 * 0.8 - 0.1), 0.0, []
    for x in (0.3, -0.2):
        hidden = math.tanh(2 * x + 0.5 * hidden + 0.1 - feeding * 1.5 * output)
        output, share = looked(hidden)
        expected.append((output, share))
    decoder = tiny(attention="dot", input_feeding=feeding)
    outputs, attention = decoder(VECTORS, MEMORY, MASK, SUMMARY)
    np.testing.assert_allclose(outputs[0, :, 0], [output for output, _ in expected], rtol=1e-5)
    shares = [[share, 1 - share, 0] for _, share in expected]
    np.testing.assert_allclose(attention[0], shares, rtol=1e-5)


def test_without_attention_the_summary_is_the_context():
    hidden = math.tanh(0.4 * 0.8 - 0.1)
    outputs = []
    for x in (0.3, -0.2):
        hidden = math.tanh(2 * x + 0.5 * hidden + 0.1)
        outputs.append(math.tanh(3 * 0.8 + 0.7 * hidden + 0.2))
    found, attention = tiny(attention="none")(VECTORS, MEMORY, MASK, SUMMARY)
    np.testing.assert_allclose(found[0, :, 0], outputs, rtol=1e-5)
    np.testing.assert_array_equal(attention, np.zeros((1, 2, 3)))


def test_the_bridge_gives_the_initial_states_and_the_output_is_zeros():
    decoder = RecurrentDecoder("lstm", 3, depth=2, attention="general", input_feeding=True)
    decoder(VECTORS, MEMORY, MASK, SUMMARY)
    state = decoder.start(decoder.fix(MEMORY, MASK, SUMMARY))
    kernel, bias = (np.array(weight) for weight in decoder.bridge.get_weights())
    parts = np.split(np.tanh(SUMMARY @ kernel + bias), 4, axis=-1)
    names = ["hidden_1", "memory_1", "hidden_2", "memory_2"]
    assert list(state) == [*names, "output"]
    for name, part in zip(names, parts, strict=True):
        np.testing.assert_allclose(state[name], part[:, None], atol=1e-6)
    np.testing.assert_array_equal(state["output"], np.zeros((1, 1, 3)))


def test_the_order_of_state_tensors_has_no_influence():
    decoder = RecurrentDecoder("lstm", 3, depth=2, input_feeding=True)
    decoder(VECTORS, MEMORY, MASK, SUMMARY)
    fixed = decoder.fix(MEMORY, MASK, SUMMARY)
    state = decoder.step(VECTORS[:, :1], decoder.start(fixed), fixed)[1]
    shuffled = {name: state[name] for name in sorted(state, reverse=True)}
    expected = decoder.step(VECTORS[:, 1:], state, fixed)[0]
    np.testing.assert_array_equal(decoder.step(VECTORS[:, 1:], shuffled, fixed)[0], expected)


def test_invalid_arguments_are_rejected():
    with pytest.raises(ValueError, match="depth is 0; expected 1 or more"):
        RecurrentDecoder("gru", 4, depth=0)
    with pytest.raises(ValueError, match="cell is 'rnn'; expected one of elman, lstm, gru"):
        RecurrentDecoder("rnn", 4)
    with pytest.raises(ValueError, match="attention is 'soft'; expected one of none"):
        RecurrentDecoder("gru", 4, attention="soft")
