"""The highest logits by blocks are those that sorting gives."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.top_k import log_normaliser, top_columns


@pytest.mark.parametrize("columns", [1, 7, 256, 257, 1000, 1009, 4096])
@pytest.mark.parametrize("known", [True, False], ids=["static", "dynamic"])
@pytest.mark.parametrize("k", [1, 9])
def test_the_highest_are_those_of_sorting(columns, known, k):
    logits = np.random.normal(size=(2, 3, columns)).astype("float32")
    spec = tf.TensorSpec([None, None, columns if known else None])
    for number in (k, tf.constant(k)):
        found = tf.function(lambda x, n=number: top_columns(x, n), input_signature=[spec])
        values, places = found(logits)
        order = np.argsort(-logits, -1)[..., :k]
        np.testing.assert_array_equal(places, order)
        np.testing.assert_array_equal(values, np.take_along_axis(logits, order, -1))


def test_columns_are_within_range_where_little_is_left():
    logits = np.full((1, 1, 1009), -np.inf, "float32")
    logits[0, 0, 1008] = 1
    values, places = top_columns(tf.constant(logits), 5)
    assert values.numpy()[0, 0].tolist() == [1] + [-np.inf] * 4
    assert places.numpy()[0, 0, 0] == 1008
    assert places.numpy().max() < 1009


def test_all_columns_can_be_asked_for():
    logits = np.random.normal(size=(1, 2, 300)).astype("float32")
    values, _ = top_columns(tf.constant(logits), 1000)
    np.testing.assert_array_equal(values, -np.sort(-logits, -1))


@pytest.mark.parametrize("scale", [1, 1000])
def test_the_normaliser_is_the_log_of_the_sum(scale):
    logits = (scale * np.random.normal(size=(2, 3, 700))).astype("float32")
    values, places = top_columns(tf.constant(logits), 1)
    found = log_normaliser(tf.constant(logits), values, places)
    expected = tf.reduce_logsumexp(logits, -1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
