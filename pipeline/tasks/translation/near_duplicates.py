"""Find near-duplicate texts without comparing all pairs.

Two texts are duplicates if their letters and digits are equal, ignoring case. They are near
duplicates if the Jaccard index of their sets of character n-grams is at least `THRESHOLD`. Two such
sets share one of their rarest members, so only texts with one of these in common are compared (the
prefix filter of Chaudhuri, Ganti and Kaushik 2006). The result is exact.
"""

from __future__ import annotations

import heapq
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.tasks.translation.languages import DENSE

GRAM, DENSE_GRAM = 4, 2  # n-gram lengths; the second for Chinese and Japanese
THRESHOLD = 0.8
BELOW = 0.999  # maximum similarity of texts that are not equal


class NearDuplicate(NamedTuple):
    """The known text most similar to a query.

    Args:
        place: Its index among the known texts.
        similarity: The Jaccard index; 1 if the texts are equal.
    """

    place: int
    similarity: float


def find_near_duplicates(queries: Sequence[str], known: Iterable[str]) -> dict[int, NearDuplicate]:
    """Find the most similar known text for each query; on ties the first.

    Args:
        queries: Texts, held in memory with their n-grams.
        known: Texts, iterated once.

    Returns:
        The index of each query that has a near duplicate, mapped to it.
    """
    keys = list(map(comparable, queries))
    same: Mapping[str, list[int]] = _by_key(keys)
    grams = list(map(_grams, keys))
    counts = Counter(gram for each in grams for gram in each)
    ordered = sorted(counts, key=lambda gram: (counts[gram], gram))
    ranks = {gram: rank for rank, gram in enumerate(ordered)}
    index: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(grams):
        for gram in _rarest(each, ranks):
            index[gram].append(number)
    best: dict[int, NearDuplicate] = {}
    for place, text in enumerate(known):
        key = comparable(text)
        own = _grams(key)
        near = (n for n in _candidates(own, ranks, index) if _similar_in_size(own, grams[n]))
        similar = {n: _jaccard(own, grams[n]) for n in near}
        # Different texts may have the same set: `aaaa` and `aaaaa`.
        similar = {n: min(share, BELOW) for n, share in similar.items() if share >= THRESHOLD}
        for number, share in (similar | dict.fromkeys(same.get(key, ()), 1.0)).items():
            if number not in best or best[number].similarity < share:
                best[number] = NearDuplicate(place, share)
    return best


def comparable(text: str) -> str:
    """Return the letters and digits of a text, with case and width normalized."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def _by_key(keys: Sequence[str]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        if key:
            numbers[key].append(number)
    return numbers


def _grams(key: str) -> frozenset[str]:
    size = DENSE_GRAM if 2 * len(DENSE.findall(key)) > len(key) else GRAM
    places = range(max(len(key) - size + 1, 1)) if key else ()
    return frozenset(key[place : place + size] for place in places)


def _similar_in_size(one: frozenset[str], other: frozenset[str]) -> bool:
    return THRESHOLD * max(len(one), len(other)) <= min(len(one), len(other))


def _candidates(
    grams: frozenset[str], ranks: Mapping[str, int], index: Mapping[str, list[int]]
) -> set[int]:
    return {number for gram in _rarest(grams, ranks) for number in index.get(gram, ())}


def _rarest(grams: frozenset[str], ranks: Mapping[str, int]) -> list[str]:
    """Return the rarest n-grams of a set, of which every similar set must contain one.

    N-grams without a rank occur in no query and count as the rarest.
    """
    ranked = [gram for gram in grams if gram in ranks]
    number = len(grams) - math.ceil(THRESHOLD * len(grams)) + 1 - (len(grams) - len(ranked))
    return heapq.nsmallest(number, ranked, key=ranks.__getitem__) if number > 0 else []


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
