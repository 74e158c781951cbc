"""Spans out of BIO tags, and precision, recall and F1 over exact spans.

The rule is the one of ``conlleval``, the scorer of the CoNLL-2000 shared task (Tjong Kim Sang and
Buchholz, 2000, https://aclanthology.org/W00-0726/), by which published slot-filling scores are
computed. It forgives a chunk that opens with ``I-``, so that every tag sequence has a reading.
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
    """How many spans are right, predicted and gold; a tuple, so that a list of them is an array."""

    correct: int
    predicted: int
    gold: int


class SlotScore(TypedDict):
    """One row of the per-slot table; the first three in percent, the others numbers of spans."""

    precision: float
    recall: float
    f1: float
    gold: int
    predicted: int
    correct: int


def chunks(tags: Sequence[str]) -> list[Span]:
    """Read the spans of one tag sequence by the conlleval rule, in the order they begin.

    A chunk starts at ``B-``, and at ``I-`` that follows ``O``, another slot or nothing. It ends
    before the next start, before ``O`` and with the sequence.

    Args:
        tags: one tag a token: ``O``, ``B-slot`` or ``I-slot``; a slot may itself hold hyphens.

    Returns:
        Spans in token indices, end exclusive.

    Raises:
        ValueError: a tag is none of the three forms.
    """
    spans: list[Span] = []
    slot, start = "", 0  # the open chunk; an empty slot says that none is open
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


def strict_chunks(tags: Sequence[str]) -> list[Span]:
    """Read the spans of one tag sequence as strict BIO (IOB2), in the order they begin.

    The rule of seqeval's ``mode="strict", scheme=IOB2``: a span begins at ``B-`` alone, and a stray
    ``I-`` is no span. On sequences without a stray ``I-`` it reads what `chunks` reads.

    Args:
        tags: as for `chunks`.

    Returns:
        Spans in token indices, end exclusive.

    Raises:
        ValueError: a tag is none of the three forms.
    """
    return [span for span in chunks(tags) if tags[span[1]].startswith("B-")]


def count(gold: Iterable[Span], predicted: Iterable[Span]) -> SpanCounts:
    """Count the spans of one example; right means same slot, same start and same end.

    A span that is predicted twice and gold once is right once and predicted twice.
    """
    gold_spans, predicted_spans = Counter(gold), Counter(predicted)
    correct = gold_spans & predicted_spans
    return SpanCounts(correct.total(), predicted_spans.total(), gold_spans.total())


def precision_recall_f1(
    correct: ArrayLike, predicted: ArrayLike, gold: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute precision, recall and F1 in percent, element by element.

    A quotient whose denominator is zero counts as 0, as in conlleval.

    Args:
        correct: numbers of exactly right spans, any shape.
        predicted: numbers of predicted spans, same shape.
        gold: numbers of gold spans, same shape.

    Returns:
        Three arrays of that shape. F1 = 2 correct / (predicted + gold), which is the harmonic mean
        of the other two.
    """
    right, found, wanted = (np.asarray(values, np.float64) for values in (correct, predicted, gold))
    return _percent(right, found), _percent(right, wanted), _percent(2 * right, found + wanted)


def per_slot(
    golds: Iterable[Iterable[Span]], predictions: Iterable[Iterable[Span]]
) -> dict[str, SlotScore]:
    """Score every slot by itself.

    Args:
        golds: the gold spans of each example.
        predictions: the predicted spans of the same examples, in the same order.

    Returns:
        One row for each slot that is gold or predicted anywhere, most frequent gold slot first,
        equally frequent ones by name.

    Raises:
        ValueError: the two hold different numbers of examples.
    """
    correct: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for gold_spans, predicted_spans in zip(golds, predictions, strict=True):
        wanted, found = Counter(gold_spans), Counter(predicted_spans)
        _add_by_slot(gold, wanted)
        _add_by_slot(predicted, found)
        _add_by_slot(correct, wanted & found)
    slots = sorted(gold.keys() | predicted.keys(), key=lambda slot: (-gold[slot], slot))
    return {slot: _slot_score(correct[slot], predicted[slot], gold[slot]) for slot in slots}


def _split(tag: str, index: int) -> tuple[str, str]:
    """``B-city`` -> ("B", "city"); ``O`` -> ("O", "")."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, slot = tag.partition("-")
    if prefix not in ("B", "I") or not slot:
        raise ValueError(f"tag {index} is {tag!r}; expected 'O', 'B-<slot>' or 'I-<slot>'")
    return prefix, slot


def _percent(part: FloatArray, whole: FloatArray) -> FloatArray:
    """100 part / whole, and 0 where whole is 0."""
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
