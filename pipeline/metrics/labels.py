"""Accuracy, micro and macro F1 and per-class scores, with one or several labels per text.

The labels of a text are a set (of size one in single-label classification), so the same functions
serve both settings. Every label that is gold or predicted anywhere counts, including labels that
training never had: these are missed, not skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.spans import precision_recall_f1

Labels: TypeAlias = Iterable[str]
FloatArray: TypeAlias = NDArray[np.float64]

MISSED, SPURIOUS = "(missed)", "(spurious)"


class ClassScore(TypedDict):
    """One row of the per-class table: three scores in percent, three numbers of texts."""

    precision: float
    recall: float
    f1: float
    support: int
    predicted: int
    correct: int


def accuracy(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counts:
    """Compute the percentage of texts whose predicted label set equals the gold one.

    With one label per text this is the usual accuracy, with several the exact-match ratio.

    Args:
        gold: the labels of each text.
        predicted: the predicted labels of the same texts, in the same order.

    Returns:
        Rows (correct, 1) [texts, 2], and their score.

    Raises:
        ValueError: the number of texts differs.
    """
    rows = np.array([(g == p, 1) for g, p in _pairs(gold, predicted)], np.int64)
    return Counts(rows.reshape(-1, 2), _share)


def micro_f1(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counts:
    """Compute F1 over all labels of all texts, in percent; with one label per text, the accuracy.

    Args, errors: as for `accuracy`.

    Returns:
        Rows (correct, predicted, gold) [texts, 3], and their score.
    """
    pairs = _pairs(gold, predicted)
    rows = np.array([(len(g & p), len(p), len(g)) for g, p in pairs], np.int64)
    return Counts(
        rows.reshape(-1, 3), lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2]
    )


def macro_f1(gold: Iterable[Labels], predicted: Iterable[Labels], labels: Sequence[str]) -> Counts:
    """Compute the mean F1 of all labels that are gold or predicted, in percent.

    Each bootstrap resample averages over the labels that occur in it: a rare label that is not
    drawn has no F1 there, rather than an F1 of 0.

    Args:
        gold: the labels of each text.
        predicted: the predicted labels of the same texts, in the same order.
        labels: all labels that may occur, without duplicates. To compare two models, pass the same
            labels for both.

    Returns:
        Rows [texts, 3 x labels]: correct, predicted and gold, 0 or 1 per label; and their score.

    Raises:
        ValueError: a label is not in `labels`, `labels` has duplicates, or the number of texts
            differs.
    """
    columns = _label_columns(labels)
    pairs = _pairs(gold, predicted)
    rows = np.zeros((len(pairs), 3, len(labels)), np.int8)  # 3 MB for 10,000 texts and 100 labels
    for row, (g, p) in zip(rows, pairs, strict=True):
        for kind, members in enumerate((g & p, p, g)):
            row[kind, [_column(columns, label) for label in members]] = 1
    return Counts(rows.reshape(len(pairs), -1), _macro)


def per_class(gold: Iterable[Labels], predicted: Iterable[Labels]) -> dict[str, ClassScore]:
    """Compute precision, recall and F1 of each label.

    Args, errors: as for `accuracy`.

    Returns:
        One row for each label that is gold or predicted anywhere, sorted by decreasing support,
        then by name.
    """
    counts = [Counter[str](), Counter[str](), Counter[str]()]
    for g, p in _pairs(gold, predicted):
        for counter, members in zip(counts, (g & p, p, g), strict=True):
            counter.update(members)
    correct, guesses, support = counts
    labels = sorted(support.keys() | guesses.keys(), key=lambda label: (-support[label], label))
    return {label: _class_score(correct[label], guesses[label], support[label]) for label in labels}


def confusion(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counter[tuple[str, str]]:
    """Count (gold label, predicted label) pairs, for one or several labels per text.

    A label that is both gold and predicted is paired with itself. Each missed gold label is paired
    with each wrong predicted label of the text, or with `(missed)` if there is none. If no gold
    label was missed, each wrong label is paired with `(spurious)`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for g, p in _pairs(gold, predicted):
        counts.update((label, label) for label in g & p)
        missed, wrong = g - p, p - g
        if missed or wrong:
            counts.update((m, w) for m in missed or {SPURIOUS} for w in wrong or {MISSED})
    return counts


def _pairs(
    gold: Iterable[Labels], predicted: Iterable[Labels]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    return [(frozenset(g), frozenset(p)) for g, p in zip(gold, predicted, strict=True)]


def _label_columns(labels: Sequence[str]) -> dict[str, int]:
    columns = {label: index for index, label in enumerate(labels)}
    if len(columns) != len(labels):
        duplicate = next(label for label, times in Counter(labels).items() if times > 1)
        raise ValueError(f"labels must not have duplicates; received {duplicate!r} more than once")
    return columns


def _column(columns: dict[str, int], label: str) -> int:
    if label not in columns:
        raise ValueError(f"label {label!r} is not in the list of labels")
    return columns[label]


def _share(sums: FloatArray) -> FloatArray:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def _macro(sums: FloatArray) -> FloatArray:
    """Map sums [..., 3 x labels] to macro F1 [...]; 0 where no label is gold or predicted."""
    correct, predicted, gold = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1), -2, 0)
    occurs = predicted + gold > 0
    f1 = precision_recall_f1(correct, predicted, gold)[2]  # 0 where a label does not occur
    mean: FloatArray = f1.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return mean


def _class_score(correct: int, predicted: int, support: int) -> ClassScore:
    precision, recall, f1 = precision_recall_f1(correct, predicted, support)
    return ClassScore(
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        support=support,
        predicted=predicted,
        correct=correct,
    )
