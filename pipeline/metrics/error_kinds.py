"""What kind of mistake each wrong span is: the groups in which people read a tagger's errors.

A wrong gold span and a wrong predicted span that share a place are one mistake, not two, so they
are paired first; what finds no partner was missed or is spurious.
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
"""The gravest first: a role swapped sends a traveller the wrong way and looks right."""


class SpanError(NamedTuple):
    """One mistake: a gold span, a predicted one, or both where they share a place."""

    kind: Kind
    gold: Span | None
    predicted: Span | None


def span_errors(
    gold: Iterable[Span], predicted: Iterable[Span], roles: Collection[str] = ()
) -> list[SpanError]:
    """Pair and name the mistakes of one example.

    Spans with the same slot, start and end are right and left out. Of the others, a gold and a
    predicted span that overlap are paired, each at most once: those with the same edges first, then
    those of the same slot, then those that share most, then those further left. A pair is

    - ``boundary``: the same slot, other edges,
    - ``role_swapped``: another slot, and both are among ``roles``,
    - ``wrong_slot``: another slot otherwise, whatever the edges;

    what is left is ``missed`` (gold) or ``spurious`` (predicted).

    Args:
        gold: spans of one example.
        predicted: spans of the same example, in the same units.
        roles: slots that hold the same kind of value in different roles.

    Returns:
        The mistakes in the order of the text.
    """
    wanted, found = _without_right(gold, predicted)
    pairs = _pairs(wanted, found)
    errors = [SpanError(_kind(g[0], p[0], roles), g, p) for g, p in pairs]
    errors += [SpanError("missed", span, None) for span in wanted if span not in dict(pairs)]
    partners = {p for _, p in pairs}
    errors += [SpanError("spurious", None, span) for span in found if span not in partners]
    return sorted(errors, key=_place)


def example_kinds(errors: Iterable[SpanError], intent_right: bool) -> list[Kind]:
    """All kinds of mistake of one example, the gravest first; none where all is right."""
    present = {error.kind for error in errors} | (set() if intent_right else {"intent"})
    return [kind for kind in KINDS if kind in present]


def _without_right(
    gold: Iterable[Span], predicted: Iterable[Span]
) -> tuple[list[Span], list[Span]]:
    wanted, found = set(gold), set(predicted)
    return sorted(wanted - found, key=_edges), sorted(found - wanted, key=_edges)


def _pairs(wanted: Sequence[Span], found: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Best partners first, each span once."""
    candidates = [(g, p) for g in wanted for p in found if _shared(g, p) > 0]
    candidates.sort(key=lambda pair: _closeness(*pair), reverse=True)
    pairs: list[tuple[Span, Span]] = []
    for g, p in candidates:
        if all(g != other and p != partner for other, partner in pairs):
            pairs.append((g, p))
    return pairs


def _closeness(gold: Span, predicted: Span) -> tuple[bool, bool, int, int]:
    shared, left = _shared(gold, predicted), -max(gold[1], predicted[1])
    return gold[1:] == predicted[1:], gold[0] == predicted[0], shared, left


def _shared(one: Span, other: Span) -> int:
    """Units that two spans have in common; 0 or less where they do not meet."""
    return min(one[2], other[2]) - max(one[1], other[1])


def _kind(gold: str, predicted: str, roles: Collection[str]) -> Kind:
    if gold == predicted:
        return "boundary"
    return "role_swapped" if gold in roles and predicted in roles else "wrong_slot"


def _edges(span: Span) -> tuple[int, int, str]:
    return span[1], span[2], span[0]


def _place(error: SpanError) -> tuple[int, int, str]:
    span = error.gold or error.predicted
    return _edges(span) if span else (0, 0, "")
