"""Support vector machines: by hand, compared with scikit-learn, several labels, costs."""

import numpy as np
import pytest

from pipeline.tasks.text_classification import linear_svm
from pipeline.tasks.text_classification.linear_svm import Documents, fit_svms

svm = pytest.importorskip("sklearn.svm")


def documents(ngrams, labels, costs=None):
    rows = [np.array(row, np.int32) for row in ngrams]
    costs = np.ones(len(rows)) if costs is None else np.array(costs)
    return Documents(rows, np.array(labels), costs.astype(np.float32))


def random_texts(texts=60, buckets=30, labels=3, seed=0):
    random = np.random.default_rng(seed)
    ngrams = [random.choice(np.arange(1, buckets), 6, replace=False) for _ in range(texts)]
    gold = np.zeros((texts, labels), np.int64)
    gold[np.arange(texts), random.integers(0, labels, texts)] = 1
    return ngrams, gold


def matrix(ngrams, scale):
    rows = np.zeros((len(ngrams), len(scale)))
    for row, ids in enumerate(ngrams):
        np.add.at(rows[row], ids, scale[ids])
    return rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))


def test_two_texts_by_hand():
    # x = e1 and e2, y = 1 and -1, bias column 1: by symmetry b = 0 and w = (v, -v) with
    # v - 2 cost (1 - v) = 0, so v = 2 cost / (1 + 2 cost).
    svms = fit_svms(documents([[1], [2]], [[1], [0]]), np.ones(3, np.float32), 1.0, seed=1)
    np.testing.assert_allclose(svms.weights[:, 0], [0, 2 / 3, -2 / 3], atol=0.05)
    assert abs(svms.bias[0]) < 0.05


def test_weights_equal_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(linear_svm, "TOLERANCE", 1e-4)
    monkeypatch.setattr(linear_svm, "MAX_EPOCHS", 2000)
    ngrams, gold = random_texts()
    scale = np.random.default_rng(1).uniform(0.5, 2, 30).astype(np.float32)
    costs = np.random.default_rng(2).uniform(0.5, 2, len(ngrams)).astype(np.float32)
    svms = fit_svms(documents(ngrams, gold, costs), scale, 0.7, seed=1)
    for label in range(3):
        oracle = svm.LinearSVC(C=0.7, tol=1e-8, max_iter=100_000, random_state=0)
        oracle.fit(matrix(ngrams, scale), gold[:, label], sample_weight=costs)
        np.testing.assert_allclose(svms.weights[:, label], oracle.coef_[0], atol=2e-3)
        assert svms.bias[label] == pytest.approx(oracle.intercept_[0], abs=2e-3)


def test_each_label_may_have_its_own_scale(monkeypatch):
    monkeypatch.setattr(linear_svm, "TOLERANCE", 1e-4)
    monkeypatch.setattr(linear_svm, "MAX_EPOCHS", 2000)
    ngrams, gold = random_texts(labels=2)
    scale = np.random.default_rng(1).uniform(0.5, 2, (30, 2)).astype(np.float32)
    both = fit_svms(documents(ngrams, gold), scale, 1.0, seed=1)
    for label in range(2):
        one = fit_svms(documents(ngrams, gold[:, label : label + 1]), scale[:, label], 1.0, 1)
        np.testing.assert_allclose(both.weights[:, label], one.weights[:, 0], atol=2e-3)


def test_texts_without_ngrams_and_ngrams_of_scale_zero_are_harmless():
    scale = np.array([0, 1, 1, 0], np.float32)
    svms = fit_svms(documents([[1], [2], [], [3]], [[1], [0], [0], [0]]), scale, 1.0, seed=1)
    assert np.isfinite(svms.weights).all()
    assert svms.weights[3] == 0
    assert svms.bias[0] < 0  # three of the four texts do not have the label


def test_repeated_ids_count_repeatedly():
    scale = np.ones(4, np.float32)
    twice = fit_svms(documents([[1, 1, 2], [3]], [[1], [0]]), scale, 1.0, seed=1)
    assert twice.weights[1, 0] == pytest.approx(2 * twice.weights[2, 0], rel=1e-3)


def test_equal_seeds_give_equal_weights():
    ngrams, gold = random_texts()
    first, again = (
        fit_svms(documents(ngrams, gold), np.ones(30, np.float32), 1.0, seed=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first.weights, again.weights)
