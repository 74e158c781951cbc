"""Find minimal pairs in a test set: utterances that differ in the cue words of a value's role.

"flights from oslo on monday" and "flights to oslo on monday" show whether a model reads the cue: a
model that decides by the city is wrong on one of the two (Gardner et al. 2020, contrast sets,
https://aclanthology.org/2020.findings-emnlp.117/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.tasks.slot_filling.invented_names import script
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.replace_values import TOKEN, replace_values

MAX_CUE_WORDS = 3  # words that may differ on one side of the value
MAX_DISTANCE = 2  # words between these and the value

Words = tuple[str, ...]


@dataclass(frozen=True)
class _Frame:
    """An utterance as a sequence of gaps and values.

    Attributes:
        example: The utterance.
        slots: The slot of each value, in order.
        values: Each value. The value of a role is reduced to its script, since the other utterance
            of a pair gets the same values; any other value is casefolded text.
        gaps: The words before, between and after the values: one gap more than values.
    """

    example: Utterance
    slots: Words
    values: tuple[tuple[str, str], ...]
    gaps: tuple[Words, ...]


def minimal_pairs(examples: Sequence[Utterance], roles: Sequence[str]) -> list[Utterance]:
    """Return both utterances of each pair, pair after pair, without duplicates.

    Two utterances form a pair if they have the same intent and the same values, if one value or two
    adjacent ones are in different slots, and if otherwise at most three words on each side of these
    values differ. Values in `roles` may differ: the second utterance then gets those of the first.
    Each utterance is paired with the first of those that differ in the fewest words.
    """
    frames = [_frame(example, roles) for example in examples if example.spans]
    groups: dict[_Key, list[_Frame]] = {}
    for frame in frames:
        for key in _keys(frame):
            groups.setdefault(key, []).append(frame)
    found: dict[tuple[str, Words], Utterance] = {}
    for frame in frames:
        partners = list(_partners(frame, groups))
        if partners:
            other = min(partners, key=lambda partner: partner[0])[1]
            for example in (frame.example, _with_values_of(frame, other, roles)):
                found.setdefault((example.text, tuple(s.slot for s in example.spans)), example)
    return list(found.values())


def _frame(example: Utterance, roles: Sequence[str]) -> _Frame:
    spans = sorted(example.spans, key=lambda span: span.start)
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(example.text)]
    values = []
    for slot, start, end in spans:
        value = example.text[start:end]
        values.append(("role", script(value)) if slot in roles else ("value", value.casefold()))
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return _Frame(
        example,
        tuple(span.slot for span in spans),
        tuple(values),
        tuple(tuple(TOKEN.findall(example.text[a:b].casefold())) for a, b in gaps),
    )


class _Key(NamedTuple):
    """What both utterances of a pair share; the values `first` to `first + size` change slots."""

    first: int
    size: int
    intent: str
    values: tuple[tuple[str, str], ...]
    slots: tuple[Words, Words]
    gaps: tuple[tuple[Words, ...], tuple[Words, ...]]


def _keys(frame: _Frame) -> Iterator[_Key]:
    """Yield a key for each window of one or two values."""
    for size in (1, 2):
        for first in range(len(frame.values) - size + 1):
            outside = frame.slots[:first], frame.slots[first + size :]
            rest = frame.gaps[:first], frame.gaps[first + size + 1 :]
            yield _Key(first, size, frame.example.intent, frame.values, outside, rest)


def _partners(
    frame: _Frame, groups: Mapping[_Key, Sequence[_Frame]]
) -> Iterator[tuple[int, _Frame]]:
    """Yield the frames that form a pair with `frame`, with the number of words that differ."""
    for key in _keys(frame):
        inside = range(key.first, key.first + key.size)
        for other in groups[key]:
            differ = all(frame.slots[i] != other.slots[i] for i in inside)
            if differ and (words := _cue_words(frame, other)):
                yield words, other


def _cue_words(frame: _Frame, other: _Frame) -> int:
    """Return the number of words that differ; 0 if the frames form no pair.

    They form none if no word differs, if too many do, or if one is far from the values that change
    slots.
    """
    words = 0
    for gap, (mine, theirs) in enumerate(zip(frame.gaps, other.gaps, strict=True)):
        if mine == theirs:
            continue
        before = _common_prefix(mine, theirs)
        after = _common_prefix(mine[before:][::-1], theirs[before:][::-1])
        differ = max(len(mine), len(theirs)) - before - after
        value_follows = gap < len(frame.slots) and frame.slots[gap] != other.slots[gap]
        value_precedes = gap > 0 and frame.slots[gap - 1] != other.slots[gap - 1]
        near = (value_follows and after <= MAX_DISTANCE) or (
            value_precedes and before <= MAX_DISTANCE
        )
        if differ > MAX_CUE_WORDS or not near:
            return 0
        words += differ
    return words


def _common_prefix(left: Words, right: Words) -> int:
    """Return the length of the common prefix."""
    both = zip(left, right, strict=False)
    return next((i for i, (a, b) in enumerate(both) if a != b), min(len(left), len(right)))


def _with_values_of(frame: _Frame, other: _Frame, roles: Sequence[str]) -> Utterance:
    """Return the other utterance with the role values of `frame`."""
    mine = sorted(frame.example.spans, key=lambda span: span.start)
    order = sorted(range(len(other.example.spans)), key=lambda i: other.example.spans[i].start)
    values = {
        i: frame.example.text[span.start : span.end]
        for i, span in zip(order, mine, strict=True)
        if span.slot in roles
    }
    return replace_values(other.example, values)
