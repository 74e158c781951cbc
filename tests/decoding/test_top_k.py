"""The highest logits by blocks equal those by sorting."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.top_k import log_normaliser, top_k_columns


@pytest.mark.parametrize("columns", [1, 7, 256, 257, 1000, 1009, 4096])
@pytest.mark.parametrize("known", [True, False], ids=["static", "dynamic"])
@pytest.mark.parametrize("k", [1, 9])
def test_top_k_equals_sorting(columns, known, k):
    logits = np.random.normal(size=(2, 3, columns)).astype("float32")
    spec = tf.TensorSpec([None, None, columns if known else None])
    for number in (k, tf.constant(k)):
        found = tf.function(lambda x, n=number: top_k_columns(x, n), input_signature=[spec])
        values, columns = found(logits)
        order = np.argsort(-logits, -1)[..., :k]
        np.testing.assert_array_equal(columns, order)
        np.testing.assert_array_equal(values, np.take_along_axis(logits, order, -1))


def test_columns_are_in_range_if_most_logits_are_minus_infinity():
    logits = np.full((1, 1, 1009), -np.inf, "float32")
    logits[0, 0, 1008] = 1
    values, columns = top_k_columns(tf.constant(logits), 5)
    assert values.numpy()[0, 0].tolist() == [1] + [-np.inf] * 4
    assert columns.numpy()[0, 0, 0] == 1008
    assert columns.numpy().max() < 1009


def test_k_may_exceed_the_number_of_columns():
    logits = np.random.normal(size=(1, 2, 300)).astype("float32")
    values, _ = top_k_columns(tf.constant(logits), 1000)
    np.testing.assert_array_equal(values, -np.sort(-logits, -1))


@pytest.mark.parametrize("scale", [1, 1000])
def test_the_normaliser_equals_logsumexp(scale):
    logits = (scale * np.random.normal(size=(2, 3, 700))).astype("float32")
    values, columns = top_k_columns(tf.constant(logits), 1)
    found = log_normaliser(tf.constant(logits), values, columns)
    expected = tf.reduce_logsumexp(logits, -1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
