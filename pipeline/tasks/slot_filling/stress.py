"""Harder versions of a test set, which show whether a model reads the context or knows the values.

    stress_seen       values replaced by others of the same kind from training, in whatever role
                      they occur there
    stress_unseen     values replaced by invented names
    stress_swapped    the values of two roles exchanged; a single one replaced by a value that
                      occurs in training mostly in another role
    minimal_pairs     utterances that differ only in the words near a value, and in its role

The first three contain every utterance of the test set, also those with nothing to replace, so that
their scores are comparable with those of the test set. Replaced are the values of the slots
`data.roles` (all roles share one kind) and `data.names`. If the config has neither, the values of
every *open* slot are replaced: titles and names are open, days are not.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from pipeline.tasks.slot_filling.invented_names import invent_name, script
from pipeline.tasks.slot_filling.minimal_pairs import minimal_pairs
from pipeline.tasks.slot_filling.records import Utterance, UtteranceRecord, from_record
from pipeline.tasks.slot_filling.replace_values import replace_values
from pipeline.tasks.slot_filling.settings import DataSettings, SlotFillingSettings

# A slot is open if it has at least OPEN_VALUES distinct values, if at most the share OPEN_DIGITS of
# them has a digit (as times, prices and numbers have), and if at least the share OPEN_SHARE of its
# uses are values that occur once (productivity: Baayen 1992).
OPEN_VALUES, OPEN_DIGITS, OPEN_SHARE = 20, 0.1, 0.2


@dataclass(frozen=True)
class ValuePool:
    """The slot values of the training data.

    Args:
        counts: Slot to the number of times that each value occurs in it.
        roles: Slots that share one kind of value.
        replaced: Slots whose values are replaced.
        by_script: (slot, script) to the values of the slot's kind in that script.
    """

    counts: Mapping[str, Counter[str]]
    roles: Sequence[str]
    replaced: frozenset[str]
    by_script: Mapping[tuple[str, str], Sequence[str]]

    def similar(self, slot: str, value: str) -> Sequence[str]:
        """Return the values of the slot's kind in the script of `value`."""
        return self.by_script.get((slot, script(value)), ())

    def mostly_other(self, slot: str, value: str) -> list[str]:
        """Return the similar values that occur more often in another role than in this one."""
        others = [self.counts[role] for role in self.roles if role != slot and role in self.counts]
        here = self.counts.get(slot, Counter())
        return [
            v
            for v in self.similar(slot, value)
            if max((counts[v] for counts in others), default=0) > here[v]
        ]


def stress(
    settings: SlotFillingSettings,
    train: Iterable[UtteranceRecord],
    records: Sequence[UtteranceRecord],
    seed: int,
) -> dict[str, list[UtteranceRecord]]:
    """Return the sets by name, in the order above; a set without any change is empty.

    Spans and the source's tokens are updated exactly. The same arguments give the same sets.
    """
    pool = collect_pool(settings.data, map(from_record, train))
    examples = [from_record(record) for record in records]
    known = {value.casefold() for values in pool.counts.values() for value in values}
    rng = random.Random(seed)
    sets = {
        "stress_seen": [_seen(example, pool, rng) for example in examples],
        "stress_unseen": [_unseen(example, pool, known, rng) for example in examples],
        "stress_swapped": [_swapped(example, pool, rng) for example in examples],
        "minimal_pairs": minimal_pairs(examples, pool.roles),
    }
    return {
        name: [_as_set(example) for example in rows] if rows != examples else []
        for name, rows in sets.items()
    }


def collect_pool(data: DataSettings, examples: Iterable[Utterance]) -> ValuePool:
    """Count the values of training and choose the slots whose values are replaced."""
    counts: dict[str, Counter[str]] = {slot: Counter() for slot in data.roles}
    for example in examples:
        for slot, start, end in example.spans:
            counts.setdefault(slot, Counter())[example.text[start:end]] += 1
    by_script: dict[tuple[str, str], list[str]] = {}
    for slot in counts:
        kind = data.roles if slot in data.roles else [slot]
        for value in sorted({value for of_kind in kind for value in counts[of_kind]}):
            by_script.setdefault((slot, script(value)), []).append(value)
    replaced = {*data.roles, *data.names} or {slot for slot in counts if _open(counts[slot])}
    return ValuePool(counts, data.roles, frozenset(replaced), by_script)


def _open(values: Counter[str]) -> bool:
    digits = sum(any(c.isdigit() for c in value) for value in values)
    once = sum(count == 1 for count in values.values())
    return (
        len(values) >= OPEN_VALUES
        and digits <= OPEN_DIGITS * len(values)
        and once >= OPEN_SHARE * values.total()
    )


def _spans_of(example: Utterance, slots: Iterable[str]) -> list[int]:
    return [i for i, span in enumerate(example.spans) if span.slot in slots]


def _seen(example: Utterance, pool: ValuePool, rng: random.Random) -> Utterance:
    """Replace values by similar ones from training; a value without a similar one stays."""
    values: dict[int, str] = {}
    for i in _spans_of(example, pool.replaced):
        value = _value(example, i)
        taken = {value, *values.values()}  # avoids a flight from a city to itself
        if others := [v for v in pool.similar(example.spans[i].slot, value) if v not in taken]:
            values[i] = rng.choice(others)
    return replace_values(example, values)


def _unseen(example: Utterance, pool: ValuePool, known: Set[str], rng: random.Random) -> Utterance:
    """Replace values by invented names of as many words."""
    invented: dict[int, str] = {}
    for i in _spans_of(example, pool.replaced):
        taken = {name.casefold() for name in invented.values()}
        invented[i] = invent_name(_value(example, i), known | taken, rng)
    return replace_values(example, invented)


def _swapped(example: Utterance, pool: ValuePool, rng: random.Random) -> Utterance:
    """Exchange the values of two roles, or else put a value into a role that is unusual for it."""
    roles = _spans_of(example, pool.roles)
    values = {i: _value(example, i) for i in roles}
    for i, j in itertools.combinations(roles, 2):
        differ = example.spans[i].slot != example.spans[j].slot and values[i] != values[j]
        if differ and script(values[i]) == script(values[j]):
            return replace_values(example, {i: values[j], j: values[i]})
    for i in roles:
        others = [v for v in pool.mostly_other(example.spans[i].slot, values[i]) if v != values[i]]
        if others:
            return replace_values(example, {i: rng.choice(others)})
    return example


def _value(example: Utterance, span: int) -> str:
    return example.text[example.spans[span].start : example.spans[span].end]


def _as_set(example: Utterance) -> UtteranceRecord:
    return {**example.to_record(), "parts": []}  # the parts of the test set do not apply
