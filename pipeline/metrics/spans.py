"""Spans from BIO tags, and precision, recall and F1 over exact spans.

The rule is that of ``conlleval``, the scorer of the CoNLL-2000 shared task (Tjong Kim Sang and
Buchholz, 2000, https://aclanthology.org/W00-0726/), which published slot-filling scores use. It
accepts a chunk that starts with ``I-``, so every tag sequence can be read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

Span: TypeAlias = tuple[str, int, int]
"""(slot, start, end): token or character indices, end exclusive."""

FloatArray: TypeAlias = NDArray[np.float64]

OUTSIDE = "O"


class SpanCounts(NamedTuple):
    """Numbers of correct, predicted and gold spans; a list of these tuples converts to an array."""

    correct: int
    predicted: int
    gold: int


class SlotScore(TypedDict):
    """One row of the per-slot table: three scores in percent, three numbers of spans."""

    precision: float
    recall: float
    f1: float
    gold: int
    predicted: int
    correct: int


def chunks(tags: Sequence[str]) -> list[Span]:
    """Read the spans of one tag sequence by the conlleval rule, in the order they begin.

    A chunk starts at ``B-``, or at ``I-`` after ``O``, after another slot or at the beginning. It
    ends before the next start, before ``O`` or at the end of the sequence.

    Args:
        tags: one tag per token: ``O``, ``B-slot`` or ``I-slot``; a slot name may contain hyphens.

    Returns:
        Spans in token indices, end exclusive.

    Raises:
        ValueError: a tag has none of the three forms.
    """
    spans: list[Span] = []
    slot, start = "", 0  # the open chunk; an empty slot means that no chunk is open
    for index, tag in enumerate(tags):
        prefix, tag_slot = _split(tag, index)
        if slot and (prefix != "I" or tag_slot != slot):
            spans.append((slot, start, index))
            slot = ""
        if tag_slot and not slot:
            slot, start = tag_slot, index
    if slot:
        spans.append((slot, start, len(tags)))
    return spans


def count_spans(gold: Iterable[Span], predicted: Iterable[Span]) -> SpanCounts:
    """Count the spans of one example; a span is correct if slot, start and end agree.

    A span that is predicted twice and gold once counts as correct once and as predicted twice.
    """
    gold_spans, predicted_spans = Counter(gold), Counter(predicted)
    correct = gold_spans & predicted_spans
    return SpanCounts(correct.total(), predicted_spans.total(), gold_spans.total())


def precision_recall_f1(
    correct: ArrayLike, predicted: ArrayLike, gold: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute precision, recall and F1 in percent, element by element.

    A quotient with a zero denominator is 0, as in conlleval.

    Args:
        correct: numbers of correct spans, any shape.
        predicted: numbers of predicted spans, same shape.
        gold: numbers of gold spans, same shape.

    Returns:
        Three arrays of that shape. F1 = 2 correct / (predicted + gold), the harmonic mean of
        precision and recall.
    """
    c, p, g = (np.asarray(values, np.float64) for values in (correct, predicted, gold))
    return _percent(c, p), _percent(c, g), _percent(2 * c, p + g)


def per_slot(
    golds: Iterable[Iterable[Span]], predictions: Iterable[Iterable[Span]]
) -> dict[str, SlotScore]:
    """Compute precision, recall and F1 of each slot.

    Args:
        golds: the gold spans of each example.
        predictions: the predicted spans of the same examples, in the same order.

    Returns:
        One row for each slot that is gold or predicted anywhere, sorted by decreasing number of
        gold spans, then by name.

    Raises:
        ValueError: the number of examples differs.
    """
    correct: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for gold_spans, predicted_spans in zip(golds, predictions, strict=True):
        gold_counts, predicted_counts = Counter(gold_spans), Counter(predicted_spans)
        _add_by_slot(gold, gold_counts)
        _add_by_slot(predicted, predicted_counts)
        _add_by_slot(correct, gold_counts & predicted_counts)
    slots = sorted(gold.keys() | predicted.keys(), key=lambda slot: (-gold[slot], slot))
    return {slot: _slot_score(correct[slot], predicted[slot], gold[slot]) for slot in slots}


def _split(tag: str, index: int) -> tuple[str, str]:
    """Split ``B-city`` into ("B", "city") and ``O`` into ("O", "")."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, slot = tag.partition("-")
    if prefix not in ("B", "I") or not slot:
        raise ValueError(f"tag {index} is {tag!r}; expected 'O', 'B-<slot>' or 'I-<slot>'")
    return prefix, slot


def _percent(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return 100 part / whole, and 0 where whole is 0."""
    return 100.0 * np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


def _add_by_slot(totals: Counter[str], spans: Counter[Span]) -> None:
    for (slot, _, _), times in spans.items():
        totals[slot] += times


def _slot_score(correct: int, predicted: int, gold: int) -> SlotScore:
    precision, recall, f1 = precision_recall_f1(correct, predicted, gold)
    return SlotScore(
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        gold=gold,
        predicted=predicted,
        correct=correct,
    )
