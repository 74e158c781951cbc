"""Attention: each score function by hand; padding, a shared memory and saving."""

import math

import keras
import numpy as np
import pytest

from pipeline.layers.attention import (
    AdditiveAttention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    ScaledDotAttention,
    masked_softmax,
)
from pipeline.layers.multi_head_attention import MultiHeadAttention

MEMORY = np.array([[[1, 0], [0, 2], [9, 9]]], "float32")
QUERIES = np.array([[[1, 1], [-1, 0.5]]], "float32")
MASK = np.array([[True, True, False]])
SIZE = 4
SCORERS = {
    "additive": lambda: AdditiveAttention(6),
    "dot": lambda: DotAttention(),
    "general": lambda: GeneralAttention(),
    "concat": lambda: ConcatAttention(6),
    "scaled_dot": lambda: ScaledDotAttention(6),
    "multi_head": lambda: MultiHeadAttention(6, heads=3),
}


def built(layer, *weights):
    layer.build((None, None, 2), (None, None, 2))
    layer.set_weights([np.array(weight, "float32") for weight in weights])
    return layer


def check_by_hand(layer, scores, values=MEMORY[0, :2]):
    """`scores` are those of each query for the two real positions."""
    context, weights = layer(QUERIES, MEMORY, MASK)
    for row, (first, second) in enumerate(scores):
        share = math.exp(first) / (math.exp(first) + math.exp(second))
        np.testing.assert_allclose(weights[0, row], [share, 1 - share, 0], rtol=1e-5)
        mixed = share * np.array(values[0]) + (1 - share) * np.array(values[1])
        np.testing.assert_allclose(context[0, row], mixed, rtol=1e-5, atol=1e-6)


def test_additive_by_hand():
    layer = built(AdditiveAttention(1), [[1], [0]], [[0.5], [-0.25]], [[2]])
    # 2 tanh(q[0] + h[0] / 2 - h[1] / 4)
    scores = [[2 * math.tanh(first + other) for other in (0.5, -0.5)] for first in (1, -1)]
    check_by_hand(layer, scores)


def test_concat_by_hand():
    layer = built(ConcatAttention(1), [[1], [0], [0.5], [-0.25]], [[2]])
    scores = [[2 * math.tanh(first + other) for other in (0.5, -0.5)] for first in (1, -1)]
    check_by_hand(layer, scores)


def test_concat_is_a_matrix_times_the_concatenated_query_and_memory():
    layer, rng = ConcatAttention(5), np.random.default_rng(1)
    queries, memory = rng.normal(size=(1, 3, 4)), rng.normal(size=(1, 6, 2))
    _, weights = layer(queries, memory, np.ones((1, 6), bool))
    kernel, scorer = (np.array(weight, "float64") for weight in layer.get_weights())
    for row, query in enumerate(queries[0]):
        both = np.stack([np.concatenate([query, state]) for state in memory[0]])
        scores = np.exp(np.tanh(both @ kernel) @ scorer)[:, 0]
        np.testing.assert_allclose(weights[0, row], scores / scores.sum(), rtol=1e-4)


def test_dot_by_hand():
    check_by_hand(built(DotAttention()), [[1, 2], [-1, 1]])


def test_general_by_hand():
    # W h is (1, 2) and (0, 2).
    check_by_hand(built(GeneralAttention(), [[1, 2], [0, 1]]), [[1 + 2, 2], [-1 + 1, 1]])


def test_scaled_dot_by_hand():
    # Q q is (q[0], q[0], q[0], q[0]), K h is (h[1], ...): 4 q[0] h[1] / sqrt(4).
    queries, keys = [[1] * 4, [0] * 4], [[0] * 4, [1] * 4]
    layer = built(ScaledDotAttention(4), queries, keys, [[1, 2, 3, 4], [0, 0, 0, 1]])
    check_by_hand(layer, [[0, 4], [0, -4]], values=[[1, 2, 3, 4], [0, 0, 0, 2]])


def test_heads_are_concatenated_scaled_dots():
    rng = np.random.default_rng(2)
    queries, keys, values = (rng.normal(size=(2, 4)) for _ in range(3))
    output = rng.normal(size=(4, 4))
    context, weights = built(MultiHeadAttention(4, 2), queries, keys, values, output)(
        QUERIES, MEMORY, MASK
    )
    heads = [
        built(ScaledDotAttention(2), *(kernel[:, part] for kernel in (queries, keys, values)))(
            QUERIES, MEMORY, MASK
        )
        for part in (slice(0, 2), slice(2, 4))
    ]
    joined = np.concatenate([np.array(head[0]) for head in heads], axis=-1) @ output
    np.testing.assert_allclose(context, joined, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weights, sum(np.array(head[1]) for head in heads) / 2, rtol=1e-5)


def test_softmax_of_large_scores():
    scores = np.array([[1e5, 1e5, 3e38], [-1e5, -1e5 + 1, 0]], "float32")
    found = masked_softmax(scores, MASK)
    second = 1 / (1 + math.e)
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [second, 1 - second, 0]], rtol=1e-5)


@pytest.fixture(params=SCORERS)
def scorer(request):
    return SCORERS[request.param]()


@pytest.fixture
def batch():
    """Queries, memory with large values at padding, and the mask; the last source is empty."""
    rng, lengths = np.random.default_rng(3), np.array([[5], [2], [1], [0]])
    mask = np.arange(5) < lengths
    memory = np.where(mask[:, :, None], rng.normal(size=(4, 5, SIZE)), 1e3)
    return rng.normal(size=(4, 3, SIZE)).astype("float32"), memory.astype("float32"), mask


def test_weights_sum_to_1_over_real_positions(scorer, batch):
    context, weights = (np.array(part) for part in scorer(*batch))
    mask = batch[2]
    assert weights.shape == (4, 3, 5)
    assert context.shape == (4, 3, scorer.context_dim(SIZE))
    np.testing.assert_allclose(weights[:3].sum(-1), 1, rtol=1e-5)
    assert not weights[~np.broadcast_to(mask[:, None], weights.shape)].any()
    assert not context[3].any()
    assert np.isfinite(context).all()


def test_padding_the_batch_and_other_queries_have_no_influence(scorer, batch):
    queries, memory, mask = batch
    context, weights = (np.array(part) for part in scorer(*batch))
    for row, length in enumerate((5, 2, 1)):
        for query in range(3):
            alone = scorer(
                queries[row : row + 1, query : query + 1],
                memory[row : row + 1, :length],
                mask[row : row + 1, :length],
            )
            np.testing.assert_allclose(alone[0][0, 0], context[row, query], atol=1e-6)
            np.testing.assert_allclose(alone[1][0, 0], weights[row, query, :length], atol=1e-6)


def test_a_projected_memory_can_be_reused(scorer, batch):
    queries, memory, mask = batch
    context, weights = scorer(*batch)
    projected = scorer.project(memory)
    assert all(part.shape[0] == 4 for part in projected.values())
    for query in range(3):
        found = scorer.attend(queries[:, query : query + 1], projected, mask)
        np.testing.assert_allclose(found[0][:, 0], context[:, query], atol=1e-6)
        np.testing.assert_allclose(found[1][:, 0], weights[:, query], atol=1e-6)


def test_all_weights_are_trained_and_saved(scorer, batch, revived, check_gradients):
    queries, memory = keras.Input((None, SIZE)), keras.Input((None, SIZE))
    mask = keras.Input((None,), dtype="bool")
    below = keras.layers.Dense(SIZE)(memory)
    model = keras.Model([queries, memory, mask], scorer(queries, below, mask)[0])
    assert model.output.shape == (None, None, scorer.context_dim(SIZE))
    check_gradients(model, list(batch))
    np.testing.assert_array_equal(revived(model)(list(batch)), model(list(batch)))


@pytest.mark.parametrize("name", SCORERS)
def test_attend_uses_the_dtype_policy(name, batch):
    queries, memory, mask = batch
    exact = SCORERS[name]()
    expected = exact(*batch)
    rough = SCORERS[name]()
    rough.dtype_policy = "mixed_bfloat16"
    rough.build(queries.shape, memory.shape)
    rough.set_weights(exact.get_weights())
    found = rough.attend(queries, rough.project(np.clip(memory, -9, 9)), mask)
    for part, same in zip(found, expected, strict=True):
        assert keras.backend.standardize_dtype(part.dtype) == "bfloat16"
        np.testing.assert_allclose(keras.ops.cast(part, "float32"), same, atol=0.1)


def test_invalid_sizes_are_rejected():
    with pytest.raises(ValueError, match="same size; received 2 and 3"):
        DotAttention().build((None, None, 2), (None, None, 3))
    with pytest.raises(ValueError, match="attention_dim is 6; expected a multiple of heads = 4"):
        MultiHeadAttention(6, heads=4)
