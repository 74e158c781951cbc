"""Minimal pairs out of a test set: the cue words differ, and with them a value's role.

"flights from oslo on monday" and "flights to oslo on monday" tell whether a model reads the cue:
whoever goes by the city is wrong on one of the two (Gardner et al. 2020, contrast sets,
https://aclanthology.org/2020.findings-emnlp.117/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.tasks.slot_filling.invented_names import script
from pipeline.tasks.slot_filling.records import Utterance
from pipeline.tasks.slot_filling.replace_values import TOKEN, replaced

CUE = 3  # words that may differ on a side of the value
NEAR = 2  # words between these and the value

Words = tuple[str, ...]


@dataclass(frozen=True)
class _Frame:
    """An utterance as its values in order and the words between them: one gap more than values.

    `values` holds a role's value as its script alone, since the other utterance of a pair takes the
    same ones; any other value as its slot and text.
    """

    example: Utterance
    slots: Words
    values: tuple[tuple[str, str], ...]
    gaps: tuple[Words, ...]


def minimal_pairs(examples: Sequence[Utterance], roles: Sequence[str]) -> list[Utterance]:
    """Both utterances of each pair found, pair after pair; none twice.

    Two utterances are a pair if they have the same intent and hold the same values, one or two
    neighbours of them in different slots, and differ besides only in up to three words on a side
    of these. Values in `roles` may differ: the second utterance then gets those of the first. Each
    utterance is paired with the one that differs in the fewest words, the first of these.
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
    """What the two of a pair share, where the values `first` to `first + size` change slots."""

    first: int
    size: int
    intent: str
    values: tuple[tuple[str, str], ...]
    slots: tuple[Words, Words]
    gaps: tuple[tuple[Words, ...], tuple[Words, ...]]


def _keys(frame: _Frame) -> Iterator[_Key]:
    """One for every window of one or two values."""
    for size in (1, 2):
        for first in range(len(frame.values) - size + 1):
            outside = frame.slots[:first], frame.slots[first + size :]
            rest = frame.gaps[:first], frame.gaps[first + size + 1 :]
            yield _Key(first, size, frame.example.intent, frame.values, outside, rest)


def _partners(
    frame: _Frame, groups: Mapping[_Key, Sequence[_Frame]]
) -> Iterator[tuple[int, _Frame]]:
    """Those it makes a pair with, and how many words differ."""
    for key in _keys(frame):
        inside = range(key.first, key.first + key.size)
        for other in groups[key]:
            differ = all(frame.slots[i] != other.slots[i] for i in inside)
            if differ and (words := _cue_words(frame, other)):
                yield words, other


def _cue_words(frame: _Frame, other: _Frame) -> int:
    """How many words differ; 0 where none does, too many, or any far from the value they decide."""
    words = 0
    for place, (mine, theirs) in enumerate(zip(frame.gaps, other.gaps, strict=True)):
        if mine == theirs:
            continue
        before = _common(mine, theirs)
        after = _common(mine[before:][::-1], theirs[before:][::-1])
        differ = max(len(mine), len(theirs)) - before - after
        value_follows = place < len(frame.slots) and frame.slots[place] != other.slots[place]
        value_precedes = place > 0 and frame.slots[place - 1] != other.slots[place - 1]
        near = (value_follows and after <= NEAR) or (value_precedes and before <= NEAR)
        if differ > CUE or not near:
            return 0
        words += differ
    return words


def _common(left: Words, right: Words) -> int:
    """The number of words that both begin with."""
    both = zip(left, right, strict=False)
    return next((i for i, (a, b) in enumerate(both) if a != b), min(len(left), len(right)))


def _with_values_of(frame: _Frame, other: _Frame, roles: Sequence[str]) -> Utterance:
    """The other utterance with this one's values in the places of roles."""
    mine = sorted(frame.example.spans, key=lambda span: span.start)
    order = sorted(range(len(other.example.spans)), key=lambda i: other.example.spans[i].start)
    values = {
        i: frame.example.text[span.start : span.end]
        for i, span in zip(order, mine, strict=True)
        if span.slot in roles
    }
    return replaced(other.example, values)
