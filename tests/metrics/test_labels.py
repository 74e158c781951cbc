"""Accuracy, F1 and confusion of labels: by hand, and against scikit-learn."""

import random

import numpy as np
import pytest
from sklearn import metrics as oracle

from pipeline.metrics.intervals import paired_bootstrap
from pipeline.metrics.labels import (
    MISSED,
    SPURIOUS,
    accuracy,
    confusion,
    macro_f1,
    micro_f1,
    per_class,
)

LABELS = ["a", "b", "c", "d", "新"]


def sets(*labels):
    """`sets("a b", "")` returns the labels of two texts."""
    return [words.split() for words in labels]


def value(counts):
    return counts.score(counts.rows.sum(axis=0).astype(float))


def random_single(draw, texts=60):
    gold = draw.choices(LABELS, [9, 5, 3, 1, 1], k=texts)
    return gold, [g if draw.random() < 0.6 else draw.choice(LABELS) for g in gold]


def random_multi(draw, texts=60):
    return [draw.sample(LABELS, draw.choice([0, 1, 1, 2, 3])) for _ in range(texts)]


def indicator(rows):
    return np.array([[label in row for label in LABELS] for row in rows], int)


def test_by_hand():
    gold, found = sets("a", "a", "b", "c"), sets("a", "b", "b", "a")
    assert value(accuracy(gold, found)) == 50.0
    assert value(micro_f1(gold, found)) == 50.0
    # a: 1 of 2 gold and 2 predicted; b: 1 of 1 gold and 2 predicted; c: none.
    assert value(macro_f1(gold, found, LABELS)) == pytest.approx((50 + 200 / 3 + 0) / 3)


def test_several_labels_by_hand():
    gold, found = sets("a b", "", "c"), sets("b a", "", "c d")
    assert value(accuracy(gold, found)) == pytest.approx(200 / 3)  # order is ignored
    assert value(micro_f1(gold, found)) == pytest.approx(100 * 2 * 3 / (4 + 3))
    assert value(macro_f1(gold, found, LABELS)) == 75.0  # a, b, c are right, d is not
    assert accuracy(gold, found).rows.tolist() == [[1, 1], [1, 1], [0, 1]]
    assert micro_f1(gold, found).rows.tolist() == [[2, 2, 2], [0, 0, 0], [1, 2, 1]]


@pytest.mark.parametrize("seed", range(10))
def test_one_label_a_text_agrees_with_scikit_learn(seed):
    gold, found = random_single(random.Random(seed))
    wanted, given = [[label] for label in gold], [[label] for label in found]
    assert value(accuracy(wanted, given)) == pytest.approx(100 * oracle.accuracy_score(gold, found))
    for average, ours in (
        ("micro", micro_f1(wanted, given)),
        ("macro", macro_f1(wanted, given, LABELS)),
    ):
        theirs = oracle.f1_score(gold, found, average=average, zero_division=0)
        assert value(ours) == pytest.approx(100 * theirs)
    labels = sorted({*gold, *found})
    rows = oracle.precision_recall_fscore_support(gold, found, labels=labels, zero_division=0)
    ours = per_class(wanted, given)
    assert sorted(ours) == labels
    for label, *numbers in zip(labels, *rows, strict=True):
        row = ours[label]
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx(
            [100 * number for number in numbers[:3]]
        )
        assert row["support"] == numbers[3]
    counts = confusion(wanted, given)
    theirs = oracle.confusion_matrix(gold, found, labels=LABELS)
    assert [[counts[g, p] for p in LABELS] for g in LABELS] == theirs.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_several_labels_agree_with_scikit_learn(seed):
    draw = random.Random(seed)
    gold, found = random_multi(draw), random_multi(draw)
    wanted, given = indicator(gold), indicator(found)
    assert value(accuracy(gold, found)) == pytest.approx(100 * oracle.accuracy_score(wanted, given))
    for average, ours in (
        ("micro", micro_f1(gold, found)),
        ("macro", macro_f1(gold, found, LABELS)),
    ):
        theirs = oracle.f1_score(wanted, given, average=average, zero_division=0)
        assert value(ours) == pytest.approx(100 * theirs)


def test_a_label_missing_from_a_resample_does_not_lower_the_mean():
    # All correct: in every resample, each label that occurs has an F1 of 100.
    gold = sets(*["a"] * 30, "b")
    found = macro_f1(gold, gold, LABELS).interval()
    assert (found.value, found.low, found.high) == (100.0, 100.0, 100.0)


def test_two_models_are_compared_on_the_same_labels():
    gold = sets(*["a", "b", "c"] * 20)
    good, bad = macro_f1(gold, gold, LABELS), macro_f1(gold, sets(*["a"] * 60), LABELS)
    difference = paired_bootstrap(good, bad)
    assert difference.distinguishable
    assert difference.value == pytest.approx(100 - 50 / 3)


def test_unlisted_and_duplicate_labels_are_rejected():
    with pytest.raises(ValueError, match="'x' is not in the list"):
        macro_f1(sets("a"), sets("x"), LABELS)
    with pytest.raises(ValueError, match="received 'a' more than once"):
        macro_f1(sets("a"), sets("a"), ["a", "b", "a"])


@pytest.mark.parametrize(
    "count", [accuracy, micro_f1, per_class, confusion, lambda g, p: macro_f1(g, p, LABELS)]
)
def test_different_numbers_of_texts_are_rejected(count):
    with pytest.raises(ValueError, match="shorter"):
        count(sets("a", "b"), sets("a"))


def test_rows_are_sorted_by_support_then_name():
    rows = per_class(sets("b", "b", "c", "a"), sets("b", "d", "c", "c"))
    assert list(rows) == ["b", "a", "c", "d"]
    assert rows["b"] == {
        "precision": 100.0,
        "recall": 50.0,
        "f1": pytest.approx(200 / 3),
        "support": 2,
        "predicted": 1,
        "correct": 1,
    }
    assert rows["a"]["f1"] == rows["d"]["recall"] == 0.0


def test_confusion_of_several_labels():
    gold = sets("a b", "a", "", "a b", "c")
    found = sets("a c", "", "d", "c d", "c")
    assert confusion(gold, found) == {
        ("a", "a"): 1,
        ("b", "c"): 2,
        ("a", MISSED): 1,
        (SPURIOUS, "d"): 1,
        ("a", "c"): 1,
        ("a", "d"): 1,
        ("b", "d"): 1,
        ("c", "c"): 1,
    }
