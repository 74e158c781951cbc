"""N-gram weights: by hand, against scikit-learn, edge cases."""

import math

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from pipeline.metrics.ngram_weights import count_documents, idf, log_count_ratios

IDS = np.array([[1, 2, 2], [2, 3, 0], [1, 0, 0], [0, 0, 0]])
LABELS = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])


@pytest.fixture
def counts():
    groups = [(IDS[:1], LABELS[:1]), (IDS[1:], LABELS[1:])]
    return count_documents(groups, buckets=5, classes=2)


def test_an_ngram_counts_once_per_text(counts):
    assert counts.texts == 4
    assert counts.containing.tolist() == [0, 2, 2, 1, 0]
    assert counts.by_class.tolist() == [[0, 0], [2, 0], [1, 1], [0, 1], [0, 0]]


def test_a_text_of_several_classes_counts_for_each():
    counts = count_documents([(np.array([[1]]), np.array([[1, 0, 1]]))], 2, 3)
    assert (counts.texts, counts.containing.tolist()) == (1, [0, 1])
    assert counts.by_class.tolist() == [[0, 0, 0], [1, 0, 1]]


def test_no_texts_and_texts_without_ngrams():
    nothing = count_documents([], 3, 2)
    assert nothing.texts == 0
    assert not idf(nothing).any()
    assert not log_count_ratios(nothing).any()
    empty = count_documents([(np.zeros((2, 0), int), np.ones((2, 2), int))], 3, 2)
    assert (empty.texts, empty.containing.sum()) == (2, 0)


@pytest.mark.parametrize("ids", [[[5]], [[-1]]])
def test_an_id_out_of_range_is_rejected(ids):
    with pytest.raises(ValueError, match="expected ids from 0 to 4"):
        count_documents([(np.array(ids), np.array([[1]]))], 5, 1)


def test_idf_by_hand(counts):
    often, once = math.log(5 / 3) + 1, math.log(5 / 2) + 1
    np.testing.assert_allclose(idf(counts), [0, often, often, once, 0], rtol=1e-6)
    np.testing.assert_allclose(idf(counts, min_texts=2), [0, often, often, 0, 0], rtol=1e-6)
    assert idf(counts).dtype == np.float32


def test_idf_equals_scikit_learn():
    contains = np.random.default_rng(0).random((40, 12)) < 0.4
    ids = np.where(contains, np.arange(1, 13), 0)
    counts = count_documents([(ids, np.ones((40, 1), int))], 13, 1)
    expected = TfidfTransformer().fit(contains.astype(float)).idf_
    np.testing.assert_allclose(idf(counts)[1:], expected, rtol=1e-6)


def test_log_count_ratios_by_hand(counts):
    # p = 1 + (2, 1, 0), |p| = 6; q = 1 + (0, 1, 1), |q| = 5
    first = [math.log((3 / 6) / (1 / 5)), math.log((2 / 6) / (2 / 5)), math.log((1 / 6) / (2 / 5))]
    expected = np.transpose([[0, *first, 0], [0, *(-r for r in first), 0]])
    np.testing.assert_allclose(log_count_ratios(counts), expected, atol=1e-6)
    # smoothing 0.5, without n-gram 3: p = 2.5, 1.5 of 4; q = 0.5, 1.5 of 2
    rare = log_count_ratios(counts, smoothing=0.5, min_texts=2)[:, 0]
    expected = [0, math.log((2.5 / 4) / (0.5 / 2)), math.log((1.5 / 4) / (1.5 / 2)), 0, 0]
    np.testing.assert_allclose(rare, expected, atol=1e-6)


def test_a_class_without_texts_has_finite_weights():
    counts = count_documents([(IDS, np.array([[1, 0, 0]] * 4))], 5, 3)
    assert np.isfinite(log_count_ratios(counts)).all()
