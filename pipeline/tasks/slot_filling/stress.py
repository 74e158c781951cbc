"""Harder test sets made of a test set, to see whether a model reads the context or knows the city.

    stress_seen       values replaced by others of the same kind that training has, whatever role
                      they have there
    stress_unseen     values replaced by made-up names
    stress_swapped    the values of two roles exchanged; a lone one replaced by a value that
                      training mostly has in another role
    minimal_pairs     utterances that differ in the words near a value alone, and in its role

The first three hold every utterance of the test set, also those with nothing to replace, so that
their scores compare with those of the test set itself. The values redrawn are those of `data.roles`
(one kind, whatever the role) and `data.names`; where the config has neither, of every slot that is
*open*, as titles and names are and days are not.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from pipeline.tasks.slot_filling.invented_names import make_up, script
from pipeline.tasks.slot_filling.minimal_pairs import minimal_pairs
from pipeline.tasks.slot_filling.records import Utterance, UtteranceRecord, from_record
from pipeline.tasks.slot_filling.replace_values import replaced
from pipeline.tasks.slot_filling.settings import DataSettings, SlotFillingSettings

# A slot is open where it has at least so many values, not too many with a digit (these are times,
# prices, numbers), and so many of its uses are values used once: Baayen's productivity (1992).
OPEN_VALUES, OPEN_DIGITS, OPEN_SHARE = 20, 0.1, 0.2


@dataclass(frozen=True)
class Pool:
    """The values of training.

    Args:
        counts: Slot to how often it holds each value.
        roles: Slots whose values are of one kind.
        redrawn: Slots whose values are redrawn.
        listed: Slot and script to the values of the slot's kind in that script.
    """

    counts: Mapping[str, Counter[str]]
    roles: Sequence[str]
    redrawn: frozenset[str]
    listed: Mapping[tuple[str, str], Sequence[str]]

    def like(self, slot: str, value: str) -> Sequence[str]:
        """The values of the slot's kind that are written in the same script."""
        return self.listed.get((slot, script(value)), ())

    def mostly_other(self, slot: str, value: str) -> list[str]:
        """Those that training has more often in another role than in this one."""
        others = [self.counts[role] for role in self.roles if role != slot and role in self.counts]
        here = self.counts.get(slot, Counter())
        return [
            v for v in self.like(slot, value) if max((of[v] for of in others), default=0) > here[v]
        ]


def stress(
    settings: SlotFillingSettings,
    train: Iterable[UtteranceRecord],
    records: Sequence[UtteranceRecord],
    seed: int,
) -> dict[str, list[UtteranceRecord]]:
    """The sets by name, in the order above; a set is empty where there is nothing to make it of.

    Spans and the source's own tokens stay exact; the same arguments give the same sets.
    """
    pool = collect(settings.data, map(from_record, train))
    examples = [from_record(record) for record in records]
    known = {value.casefold() for values in pool.counts.values() for value in values}
    draw = random.Random(seed)
    sets = {
        "stress_seen": [_redrawn(example, pool, draw) for example in examples],
        "stress_unseen": [_unseen(example, pool, known, draw) for example in examples],
        "stress_swapped": [_swapped(example, pool, draw) for example in examples],
        "minimal_pairs": minimal_pairs(examples, pool.roles),
    }
    return {
        name: [_as_set(example) for example in rows] if rows != examples else []
        for name, rows in sets.items()
    }


def collect(data: DataSettings, examples: Iterable[Utterance]) -> Pool:
    """Counts the values of training and says which slots are redrawn."""
    counts: dict[str, Counter[str]] = {slot: Counter() for slot in data.roles}
    for example in examples:
        for slot, start, end in example.spans:
            counts.setdefault(slot, Counter())[example.text[start:end]] += 1
    listed: dict[tuple[str, str], list[str]] = {}
    for slot in counts:
        kind = data.roles if slot in data.roles else [slot]
        for value in sorted({value for of_kind in kind for value in counts[of_kind]}):
            listed.setdefault((slot, script(value)), []).append(value)
    redrawn = {*data.roles, *data.names} or {slot for slot in counts if _open(counts[slot])}
    return Pool(counts, data.roles, frozenset(redrawn), listed)


def _open(values: Counter[str]) -> bool:
    digits = sum(any(c.isdigit() for c in value) for value in values)
    once = sum(times == 1 for times in values.values())
    return (
        len(values) >= OPEN_VALUES
        and digits <= OPEN_DIGITS * len(values)
        and once >= OPEN_SHARE * values.total()
    )


def _spans_of(example: Utterance, slots: Iterable[str]) -> list[int]:
    return [i for i, span in enumerate(example.spans) if span.slot in slots]


def _redrawn(example: Utterance, pool: Pool, draw: random.Random) -> Utterance:
    """Every value that may be by another; one without another of its kind and script stays."""
    values: dict[int, str] = {}
    for i in _spans_of(example, pool.redrawn):
        value = _value(example, i)
        taken = {value, *values.values()}  # no flight from a city to itself
        if others := [v for v in pool.like(example.spans[i].slot, value) if v not in taken]:
            values[i] = draw.choice(others)
    return replaced(example, values)


def _unseen(example: Utterance, pool: Pool, known: Set[str], draw: random.Random) -> Utterance:
    """Every value that may be by a made-up one of as many words."""
    made: dict[int, str] = {}
    for i in _spans_of(example, pool.redrawn):
        taken = {name.casefold() for name in made.values()}
        made[i] = make_up(_value(example, i), known | taken, draw)
    return replaced(example, made)


def _swapped(example: Utterance, pool: Pool, draw: random.Random) -> Utterance:
    """The utterance with a value in the role of another, where there is one for it."""
    places = _spans_of(example, pool.roles)
    values = {i: _value(example, i) for i in places}
    for at, i in enumerate(places):
        for j in places[at + 1 :]:
            differ = example.spans[i].slot != example.spans[j].slot and values[i] != values[j]
            if differ and script(values[i]) == script(values[j]):
                return replaced(example, {i: values[j], j: values[i]})
    for i in places:
        others = [v for v in pool.mostly_other(example.spans[i].slot, values[i]) if v != values[i]]
        if others:
            return replaced(example, {i: draw.choice(others)})
    return example


def _value(example: Utterance, span: int) -> str:
    return example.text[example.spans[span].start : example.spans[span].end]


def _as_set(example: Utterance) -> UtteranceRecord:
    return {**example.to_record(), "parts": []}  # a set stands for itself
