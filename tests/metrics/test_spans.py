"""Spans and their scores: by hand, on malformed tags, and against seqeval."""

import random

import numpy as np
import pytest
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

from pipeline.metrics.spans import (
    SpanCounts,
    chunks,
    count_spans,
    per_slot,
    precision_recall_f1,
)

TAGS = ["O", "B-city", "I-city", "B-date", "I-date", "B-x-y", "I-x-y"]


def random_tags(rng: random.Random) -> list[str]:
    """Random tags; most such sequences are malformed."""
    return rng.choices(TAGS, k=rng.randint(1, 12))


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        (["O", "O"], []),
        (["B-city", "I-city", "O"], [("city", 0, 2)]),
        (["B-city", "B-city"], [("city", 0, 1), ("city", 1, 2)]),
        (["I-city", "I-city"], [("city", 0, 2)]),
        (["O", "I-city", "B-city"], [("city", 1, 2), ("city", 2, 3)]),
        (["B-city", "I-date", "I-date"], [("city", 0, 1), ("date", 1, 3)]),
        (["I-city", "O", "I-city"], [("city", 0, 1), ("city", 2, 3)]),
        (["B-fromloc.city-name", "I-fromloc.city-name"], [("fromloc.city-name", 0, 2)]),
    ],
)
def test_chunks_by_hand(tags, spans):
    assert chunks(tags) == spans


@pytest.mark.parametrize("tag", ["", "city", "B", "I", "B-", "E-city", "o", "-city"])
def test_chunks_reject_a_tag_that_is_not_bio(tag):
    with pytest.raises(ValueError, match=r"^tag 1 is .*expected 'O', 'B-<slot>' or 'I-<slot>'$"):
        chunks(["O", tag])


def test_chunks_agree_with_seqeval_on_malformed_sequences():
    rng = random.Random(1)
    for _ in range(3000):
        tags = random_tags(rng)
        oracle = [(slot, start, last + 1) for slot, start, last in get_entities(tags)]
        assert chunks(tags) == oracle, tags


def test_scores_agree_with_seqeval():
    rng = random.Random(2)
    for _ in range(30):
        golds = [random_tags(rng) for _ in range(20)]
        predictions = [[t if rng.random() < 0.7 else rng.choice(TAGS) for t in g] for g in golds]
        pairs = zip(golds, predictions, strict=True)
        sums = np.sum(
            [count_spans(chunks(gold), chunks(predicted)) for gold, predicted in pairs], axis=0
        )
        oracle = [score(golds, predictions) for score in (precision_score, recall_score, f1_score)]
        np.testing.assert_allclose(precision_recall_f1(*sums), np.multiply(100, oracle), rtol=1e-12)


def test_count_spans_compares_slot_start_and_end():
    gold = [("city", 0, 2), ("date", 3, 4), ("time", 5, 6)]
    predicted = [("city", 0, 1), ("city", 3, 4), ("time", 5, 6)]
    assert count_spans(gold, predicted) == SpanCounts(correct=1, predicted=3, gold=3)


def test_count_spans_matches_repeated_spans_one_to_one():
    span = ("city", 0, 2)
    assert count_spans([span], [span, span]) == (1, 2, 1)
    assert count_spans([span, span], [span]) == (1, 1, 2)
    assert count_spans([span, span], [span, span]) == (2, 2, 2)
    assert count_spans([], []) == (0, 0, 0)


def test_precision_recall_f1_by_hand_and_zero_where_undefined():
    precision, recall, f1 = precision_recall_f1([3, 0, 0, 0], [4, 0, 5, 0], [6, 0, 0, 2])
    np.testing.assert_allclose(precision, [75, 0, 0, 0])
    np.testing.assert_allclose(recall, [50, 0, 0, 0])
    np.testing.assert_allclose(f1, [60, 0, 0, 0])


def test_per_slot_rows_are_sorted_by_gold_count_then_name():
    golds = [[("city", 0, 1), ("date", 2, 3)], [("city", 0, 1)], []]
    predictions = [[("city", 0, 1), ("date", 2, 4)], [], [("airline", 0, 1), ("aisle", 1, 2)]]
    table = per_slot(golds, predictions)
    assert list(table) == ["city", "date", "airline", "aisle"]
    assert table["city"] == {
        "precision": 100.0,
        "recall": 50.0,
        "f1": pytest.approx(200 / 3),
        "gold": 2,
        "predicted": 1,
        "correct": 1,
    }
    assert table["date"]["correct"] == table["airline"]["gold"] == 0
    assert table["airline"]["f1"] == 0.0


def test_per_slot_rejects_different_numbers_of_examples():
    with pytest.raises(ValueError, match="shorter"):
        per_slot([[], []], [[]])
