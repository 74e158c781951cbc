"""SourceAttention: a projected context, or a fixed vector."""

import keras
import numpy as np
import pytest

from pipeline.layers.attention import ScaledDotAttention
from pipeline.layers.source_attention import ATTENTIONS, SourceAttention

SIZE = 4


def source(memory_dim):
    """Queries, memory, its mask and a summary."""
    rng = np.random.default_rng(4)
    draws = [rng.normal(size=size) for size in ((2, 3, SIZE), (2, 5, memory_dim), (2, 7))]
    queries, memory, summary = (part.astype("float32") for part in draws)
    return queries, memory, np.arange(5) < np.array([[5], [2]]), summary


def made(attention, memory_dim):
    layer = SourceAttention(attention, SIZE, heads=2)
    layer.build((None, None, memory_dim), (None, 7))
    return layer


@pytest.mark.parametrize("attention", ATTENTIONS[1:])
def test_the_context_is_projected(attention):
    layer, (queries, memory, mask, summary) = made(attention, SIZE), source(SIZE)
    context, weights = layer.look(queries, layer.fix(memory, mask, summary))
    expected, same = layer.scorer(queries, memory, mask)
    if not isinstance(layer.scorer, ScaledDotAttention):  # their own V and O are that matrix
        expected = np.array(expected) @ layer.context.get_weights()[0]
    np.testing.assert_allclose(context, expected, atol=1e-6)
    np.testing.assert_allclose(weights, same, atol=1e-6)


def test_none_gives_a_fixed_vector():
    layer, (queries, memory, mask, summary) = made("none", 6), source(6)
    context, weights = layer.look(queries, layer.fix(memory, mask, summary))
    np.testing.assert_allclose(context[:, 0], summary @ layer.context.get_weights()[0], atol=1e-6)
    np.testing.assert_array_equal(weights, np.zeros((2, 3, 5)))


def test_dot_projects_a_memory_of_another_size():
    layer, (queries, memory, mask, summary) = made("dot", 6), source(6)
    _, weights = layer.look(queries, layer.fix(memory, mask, summary))
    brought = memory @ layer.bridge.get_weights()[0]
    np.testing.assert_allclose(weights, layer.scorer(queries, brought, mask)[1], atol=1e-6)
    assert made("dot", SIZE).bridge is None


def test_config_round_trip():
    layer = made("general", 6)
    assert SourceAttention.from_config(layer.get_config()).get_config() == layer.get_config()
    assert isinstance(layer, keras.layers.Layer)


def test_an_unknown_attention_is_rejected():
    with pytest.raises(ValueError, match=r"attention is 'luong'; expected one of none, additive"):
        SourceAttention("luong", SIZE)
