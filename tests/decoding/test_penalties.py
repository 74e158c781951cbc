"""The score of Wu et al. 2016, eq. 14, by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from pipeline.decoding.penalties import (
    coverage_term,
    highest_score,
    hypothesis_score,
    length_factor,
)
from pipeline.decoding.settings import Rules

MASK = tf.constant([[True, True, False]])


def test_the_length_factor_by_hand():
    lengths = tf.constant([1, 7, 19])
    np.testing.assert_allclose(length_factor(lengths, 1.0), [1, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(length_factor(lengths, 0.5), [1, 2**0.5, 2], rtol=1e-6)
    np.testing.assert_array_equal(length_factor(lengths, 0.0), [1, 1, 1])


def test_coverage_by_hand_without_padding_and_clipped_at_1():
    coverage = tf.constant([[[0.5, 1.7, 0.0], [0.25, 0.5, 0.0], [0.0, 1.0, 0.0]]])
    expected = [[math.log(0.5), math.log(0.125), math.log(1e-4)]]
    np.testing.assert_allclose(coverage_term(coverage, MASK), expected, rtol=1e-5)


def test_the_score_by_hand():
    rules = Rules(length_penalty=1.0, coverage_penalty=0.2)
    found = hypothesis_score(
        tf.constant([[-4.0]]), 7, tf.constant([[[0.5, 2.0, 0.0]]]), MASK, rules
    )
    assert float(found[0, 0]) == pytest.approx(-4 / 2 + 0.2 * math.log(0.5))
    alone = hypothesis_score(
        tf.constant([[-4.0]]), 7, tf.zeros([1, 1, 0]), tf.zeros([1, 0]), Rules()
    )
    assert float(alone[0, 0]) == -4


def test_the_highest_score_by_hand():
    log_probs = tf.constant([[-3.0, -2.0], [-np.inf, -np.inf], [-np.inf, -8.0]])
    found = highest_score(log_probs, tf.constant([7, 7, 19]), 1.0)
    np.testing.assert_allclose(found, [-1, -np.inf, -2])
