"""Token F1: by hand, and against scikit-learn's micro average over the slots."""

import random

import numpy as np
import pytest

from pipeline.metrics.spans import chunks, precision_recall_f1
from pipeline.metrics.tokens import count_tokens

TAGS = ["O", "B-city", "I-city", "B-date", "I-date"]


def test_by_hand():
    gold = [("city", 0, 2), ("date", 3, 6)]
    predicted = [("city", 0, 1), ("date", 3, 5), ("city", 5, 7)]
    # Correct: token 0, 3, 4. Predicted: 0, 3, 4, 5, 6. Gold: 0, 1, 3, 4, 5.
    assert count_tokens(gold, predicted) == (3, 5, 5)


def test_span_boundaries_do_not_matter():
    assert count_tokens([("city", 0, 4)], [("city", 0, 2), ("city", 2, 4)]) == (4, 4, 4)


def test_a_token_predicted_twice_is_correct_once():
    assert count_tokens([("city", 0, 1)], [("city", 0, 1), ("city", 0, 1)]) == (1, 2, 1)
    assert count_tokens([], []) == (0, 0, 0)


def test_it_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn, of the extra `baseline`")
    rng = random.Random(1)
    golds = [rng.choices(TAGS, k=9) for _ in range(200)]
    predictions = [[t if rng.random() < 0.7 else rng.choice(TAGS) for t in g] for g in golds]
    pairs = zip(golds, predictions, strict=True)
    sums = np.sum([count_tokens(chunks(g), chunks(p)) for g, p in pairs], axis=0)
    flat = [[tag[2:] for tags in listed for tag in tags] for listed in (golds, predictions)]
    oracle = metrics.precision_recall_fscore_support(
        *flat, labels=["city", "date"], average="micro"
    )
    np.testing.assert_allclose(precision_recall_f1(*sums), np.multiply(100, oracle[:3]))
