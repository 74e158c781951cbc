"""Agreement of labels, one or several a text: accuracy, micro and macro F1, class by class.

A text's labels are a set, of exactly one where a text has one label, so that the same functions
count both kinds. Every label counts that is gold or predicted anywhere: one that training never had
is missed, never left out.
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
    """One row of the per-class table; the first three in percent, the others numbers of texts."""

    precision: float
    recall: float
    f1: float
    support: int
    predicted: int
    correct: int


def accuracy(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counts:
    """The share of texts whose labels are all there and no others, in percent.

    With one label a text this is the usual accuracy, with several the exact-match ratio.

    Args:
        gold: the labels of each text.
        predicted: of the same texts, in the same order.

    Returns:
        Rows (right, 1) [texts, 2], and their score.

    Raises:
        ValueError: the two hold different numbers of texts.
    """
    pairs = _pairs(gold, predicted)
    rows = np.array([(wanted == found, 1) for wanted, found in pairs], np.int64)
    return Counts(rows.reshape(-1, 2), _share)


def micro_f1(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counts:
    """F1 over all labels of all texts, in percent; with one label a text it equals the accuracy.

    Args, errors: as for `accuracy`.

    Returns:
        Rows (correct, predicted, gold) [texts, 3], and their score.
    """
    pairs = _pairs(gold, predicted)
    rows = np.array([(len(w & f), len(f), len(w)) for w, f in pairs], np.int64)
    return Counts(
        rows.reshape(-1, 3), lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2]
    )


def macro_f1(gold: Iterable[Labels], predicted: Iterable[Labels], labels: Sequence[str]) -> Counts:
    """The mean of the F1 of every label that is gold or predicted, in percent.

    The same holds in each set that the bootstrap redraws: a rare label that it misses has no F1
    there, rather than one of 0.

    Args:
        gold: the labels of each text.
        predicted: of the same texts, in the same order.
        labels: all that may occur, each once. Two models are compared on the same ones.

    Returns:
        Rows [texts, 3 x labels]: correct, predicted and gold, 0 or 1 a label; and their score.

    Raises:
        ValueError: a label is not in `labels`, or the two hold different numbers of texts.
    """
    place = _places(labels)
    pairs = _pairs(gold, predicted)
    rows = np.zeros((len(pairs), 3, len(labels)), np.int8)  # ten thousand texts of 100 labels: 3 MB
    for row, (wanted, found) in zip(rows, pairs, strict=True):
        for kind, members in enumerate((wanted & found, found, wanted)):
            row[kind, [_place(place, label) for label in members]] = 1
    return Counts(rows.reshape(len(pairs), -1), _macro)


def per_class(gold: Iterable[Labels], predicted: Iterable[Labels]) -> dict[str, ClassScore]:
    """Score every label by itself.

    Args, errors: as for `accuracy`.

    Returns:
        One row for each label that is gold or predicted anywhere, most frequent gold label first,
        equally frequent ones by name.
    """
    totals = [Counter[str](), Counter[str](), Counter[str]()]
    for wanted, found in _pairs(gold, predicted):
        for total, members in zip(totals, (wanted & found, found, wanted), strict=True):
            total.update(members)
    correct, guessed, support = totals
    labels = sorted(support.keys() | guessed.keys(), key=lambda label: (-support[label], label))
    return {label: _class_score(correct[label], guessed[label], support[label]) for label in labels}


def confusion(gold: Iterable[Labels], predicted: Iterable[Labels]) -> Counter[tuple[str, str]]:
    """(gold label, predicted label) to how often, for one or several labels a text.

    A label that is gold and predicted was taken for itself. What is left over of a text's labels is
    taken for every wrong one that was predicted, or for `(missed)` where none was; and wrong ones
    where nothing is left over come from `(spurious)`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for wanted, found in _pairs(gold, predicted):
        counts.update((label, label) for label in wanted & found)
        missed, wrong = wanted - found, found - wanted
        if missed or wrong:
            counts.update((m, w) for m in missed or {SPURIOUS} for w in wrong or {MISSED})
    return counts


def _pairs(
    gold: Iterable[Labels], predicted: Iterable[Labels]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    return [(frozenset(w), frozenset(f)) for w, f in zip(gold, predicted, strict=True)]


def _places(labels: Sequence[str]) -> dict[str, int]:
    place = {label: index for index, label in enumerate(labels)}
    if len(place) != len(labels):
        twice = next(label for label, times in Counter(labels).items() if times > 1)
        raise ValueError(f"label {twice!r} stands twice in the list of labels; expected each once")
    return place


def _place(place: dict[str, int], label: str) -> int:
    if label not in place:
        raise ValueError(f"label {label!r} is not in the list of labels")
    return place[label]


def _share(sums: FloatArray) -> FloatArray:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)


def _macro(sums: FloatArray) -> FloatArray:
    """Sums [..., 3 x labels] -> [...]; 0 where no label is gold or predicted."""
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
