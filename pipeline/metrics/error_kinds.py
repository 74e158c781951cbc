"""Kinds of tagging errors: boundary, wrong slot, swapped role, missed, spurious.

A gold and a predicted span that overlap and differ are one error, not two, so they are paired
first. Unpaired gold spans are missed, unpaired predicted spans are spurious.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from pipeline.metrics.spans import Span

Kind: TypeAlias = Literal["role_swapped", "wrong_slot", "boundary", "missed", "spurious", "intent"]

KINDS: tuple[Kind, ...] = (
    "role_swapped",
    "wrong_slot",
    "boundary",
    "missed",
    "spurious",
    "intent",
)
"""The most severe first: an answer with swapped roles looks right and means the opposite."""


class SpanError(NamedTuple):
    """One error: a gold span, a predicted span, or both if they overlap."""

    kind: Kind
    gold: Span | None
    predicted: Span | None


def span_errors(
    gold: Iterable[Span], predicted: Iterable[Span], roles: Collection[str] = ()
) -> list[SpanError]:
    """Pair and classify the errors of one example.

    Spans with the same slot, start and end are correct and not listed. Of the others, overlapping
    gold and predicted spans are paired, each at most once: pairs with the same edges first, then
    with the same slot, then with the largest overlap, then the leftmost. A pair is

    - ``boundary``: same slot, other edges,
    - ``role_swapped``: another slot, and both slots are in ``roles``,
    - ``wrong_slot``: another slot otherwise, with any edges.

    Unpaired spans are ``missed`` (gold) or ``spurious`` (predicted).

    Args:
        gold: spans of one example.
        predicted: spans of the same example, in the same units.
        roles: slots that hold the same kind of value in different roles.

    Returns:
        The errors in text order.
    """
    gold_errors, predicted_errors = _without_correct(gold, predicted)
    pairs = _pairs(gold_errors, predicted_errors)
    errors = [SpanError(_kind(g[0], p[0], roles), g, p) for g, p in pairs]
    errors += [SpanError("missed", span, None) for span in gold_errors if span not in dict(pairs)]
    partners = {p for _, p in pairs}
    errors += [
        SpanError("spurious", None, span) for span in predicted_errors if span not in partners
    ]
    return sorted(errors, key=_position)


def example_kinds(errors: Iterable[SpanError], intent_correct: bool) -> list[Kind]:
    """Return all error kinds of one example, the most severe first."""
    present = {error.kind for error in errors} | (set() if intent_correct else {"intent"})
    return [kind for kind in KINDS if kind in present]


def _without_correct(
    gold: Iterable[Span], predicted: Iterable[Span]
) -> tuple[list[Span], list[Span]]:
    g, p = set(gold), set(predicted)
    return sorted(g - p, key=_edges), sorted(p - g, key=_edges)


def _pairs(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Pair overlapping spans, the best pairs first, each span at most once."""
    candidates = [(g, p) for g in gold for p in predicted if _overlap(g, p) > 0]
    candidates.sort(key=lambda pair: _closeness(*pair), reverse=True)
    pairs: list[tuple[Span, Span]] = []
    for g, p in candidates:
        if all(g != other and p != partner for other, partner in pairs):
            pairs.append((g, p))
    return pairs


def _closeness(gold: Span, predicted: Span) -> tuple[bool, bool, int, int]:
    overlap, left = _overlap(gold, predicted), -max(gold[1], predicted[1])
    return gold[1:] == predicted[1:], gold[0] == predicted[0], overlap, left


def _overlap(one: Span, other: Span) -> int:
    """Return the length of the overlap of two spans; 0 or less if they do not overlap."""
    return min(one[2], other[2]) - max(one[1], other[1])


def _kind(gold: str, predicted: str, roles: Collection[str]) -> Kind:
    if gold == predicted:
        return "boundary"
    return "role_swapped" if gold in roles and predicted in roles else "wrong_slot"


def _edges(span: Span) -> tuple[int, int, str]:
    return span[1], span[2], span[0]


def _position(error: SpanError) -> tuple[int, int, str]:
    span = error.gold or error.predicted
    return _edges(span) if span else (0, 0, "")
