"""Texts that are nearly the same, found without comparing each with each.

Two texts are the same where their letters and digits are, but for case. They are nearly so where
the Jaccard index of their sets of character n-grams is at least `ALIKE`. Two sets that are so alike
share one of their rarest members, so that only texts with such a one in common need be compared
(the prefix filter of Chaudhuri, Ganti and Kaushik 2006). The result is exact.
"""

from __future__ import annotations

import heapq
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.tasks.translation.languages import DENSE

GRAM, DENSE_GRAM = 4, 2  # characters of an n-gram; of Chinese and Japanese two
ALIKE = 0.8
BELOW = 0.999  # at most, where two are not the same


class Twin(NamedTuple):
    """A known text that an asked one is like.

    Args:
        place: Where it stands among the known ones.
        alike: The Jaccard index; 1 where the two are the same.
    """

    place: int
    alike: float


def twins(asked: Sequence[str], known: Iterable[str]) -> dict[int, Twin]:
    """For each asked text that has such, the known text most like it, of several the first.

    Args:
        asked: Held in memory, with their n-grams.
        known: Passed over once.

    Returns:
        The place of an asked text to its twin.
    """
    keys = list(map(comparable, asked))
    same: Mapping[str, list[int]] = _by_key(keys)
    grams = list(map(_grams, keys))
    counts = Counter(gram for each in grams for gram in each)
    ordered = sorted(counts, key=lambda gram: (counts[gram], gram))
    ranks = {gram: rank for rank, gram in enumerate(ordered)}
    index: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(grams):
        for gram in _rarest(each, ranks):
            index[gram].append(number)
    found: dict[int, Twin] = {}
    for place, text in enumerate(known):
        key = comparable(text)
        mine = _grams(key)
        near = (n for n in _candidates(mine, ranks, index) if _near_in_size(mine, grams[n]))
        alike = {n: _jaccard(mine, grams[n]) for n in near}
        # Other texts may have the same set: `aaaa` and `aaaaa`.
        alike = {n: min(share, BELOW) for n, share in alike.items() if share >= ALIKE}
        for number, share in (alike | dict.fromkeys(same.get(key, ()), 1.0)).items():
            if number not in found or found[number].alike < share:
                found[number] = Twin(place, share)
    return found


def comparable(text: str) -> str:
    """The letters and digits of a text, without case and width."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def _by_key(keys: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        if key:
            found[key].append(number)
    return found


def _grams(key: str) -> frozenset[str]:
    size = DENSE_GRAM if 2 * len(DENSE.findall(key)) > len(key) else GRAM
    places = range(max(len(key) - size + 1, 1)) if key else ()
    return frozenset(key[place : place + size] for place in places)


def _near_in_size(one: frozenset[str], other: frozenset[str]) -> bool:
    return ALIKE * max(len(one), len(other)) <= min(len(one), len(other))


def _candidates(
    grams: frozenset[str], ranks: Mapping[str, int], index: Mapping[str, list[int]]
) -> set[int]:
    return {number for gram in _rarest(grams, ranks) for number in index.get(gram, ())}


def _rarest(grams: frozenset[str], ranks: Mapping[str, int]) -> list[str]:
    """As many of the rarest as one must share with any set that is alike, less those unranked."""
    ranked = [gram for gram in grams if gram in ranks]
    number = len(grams) - math.ceil(ALIKE * len(grams)) + 1 - (len(grams) - len(ranked))
    return heapq.nsmallest(number, ranked, key=ranks.__getitem__) if number > 0 else []


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
