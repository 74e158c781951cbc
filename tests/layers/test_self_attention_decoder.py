"""The transformer decoder: against the encoder block and the score function, and its cache."""

import numpy as np
import pytest

from pipeline.layers.self_attention import SelfAttentionBlock
from pipeline.layers.self_attention_decoder import SelfAttentionDecoder, SelfAttentionDecoderBlock

RNG = np.random.default_rng(9)
STATES = RNG.normal(size=(2, 5, 8)).astype("float32")
MEMORY = RNG.normal(size=(2, 3, 6)).astype("float32")
SUMMARY = RNG.normal(size=(2, 7)).astype("float32")
ALL, NOTHING = np.ones((2, 3), bool), np.zeros((2, 3), bool)


def block(attention="multi_head"):
    """A block with random weights."""
    layer = SelfAttentionDecoderBlock(8, heads=2, attention=attention)
    layer.build(MEMORY.shape, SUMMARY.shape)
    layer.set_weights([RNG.normal(size=w.shape) / 2 for w in layer.get_weights()])
    return layer


def test_without_source_context_it_equals_the_encoder_block():
    layer, encoder = block(), SelfAttentionBlock(8, heads=2)
    encoder.build(STATES.shape)
    for mine, theirs in (
        (encoder.attention_norm, layer.norms["attention"]),
        (encoder.queries_keys_values, layer.queries_keys_values),
        (encoder.attended, layer.attended),
        (encoder.inner_norm, layer.norms["inner"]),
        (encoder.inner, layer.inner),
        (encoder.outer, layer.outer),
    ):
        mine.set_weights(theirs.get_weights())
    states, attention = layer.force(STATES, layer.source.fix(MEMORY, NOTHING, SUMMARY), False)
    for tokens in range(1, 6):
        seen = STATES[:, :tokens]
        expected = encoder(seen, np.ones(seen.shape[:2], bool))[:, -1]
        np.testing.assert_allclose(states[:, tokens - 1], expected, atol=1e-5)
    assert not np.array(attention).any()


@pytest.mark.parametrize("attention", ["multi_head", "general", "none"])
def test_the_source_query_is_the_normalised_state(attention):
    layer = block(attention)
    for part in (layer.attended, layer.outer):
        part.set_weights([np.zeros_like(weight) for weight in part.get_weights()])
    fixed = layer.source.fix(MEMORY, ALL, SUMMARY)
    states, weights = layer.force(STATES, fixed, False)
    asking = layer.norms["source"](STATES) if attention != "none" else STATES
    context, expected = layer.source.look(asking, fixed)
    np.testing.assert_allclose(states, STATES + context, atol=1e-5)
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_each_token_extends_the_state():
    decoder = SelfAttentionDecoder(8, depth=2, heads=2)
    decoder(STATES, MEMORY, ALL, SUMMARY)
    fixed = decoder.fix(MEMORY, ALL, SUMMARY)
    state = decoder.start(fixed)
    assert list(state) == ["keys_1", "values_1", "keys_2", "values_2"]
    for tokens in range(3):
        assert {tuple(part.shape) for part in state.values()} == {(2, 1, tokens, 8)}
        before = state
        _, state, _ = decoder.step(STATES[:, None, tokens], state, fixed)
        for name, part in before.items():
            np.testing.assert_array_equal(state[name][:, :, :tokens], part)


def test_the_attention_is_that_of_the_last_block():
    decoder = SelfAttentionDecoder(8, depth=2, heads=2, dropout=0.0)
    _, attention = decoder(STATES, MEMORY, ALL, SUMMARY)
    first, second = decoder.blocks
    own = [first.source.fix(MEMORY, ALL, SUMMARY), second.source.fix(MEMORY, ALL, SUMMARY)]
    states, _ = first.force(decoder.projection(STATES), own[0], False)
    np.testing.assert_allclose(second.force(states, own[1], False)[1], attention, atol=1e-6)


def test_invalid_arguments_are_rejected():
    with pytest.raises(ValueError, match=r"hidden_dim is 10; expected a multiple of 2 \* heads"):
        SelfAttentionDecoder(10, heads=4)
    with pytest.raises(ValueError, match="depth is 0; expected 1 or more"):
        SelfAttentionDecoder(8, depth=0)
