"""Splits without a file of their own, carved out of the training examples."""

from __future__ import annotations

import bisect
import functools
import hashlib
import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

USUAL = ("train", "valid", "test")
T = TypeVar("T")
Readers = dict[str, Callable[[], Iterator[T]]]
Strata = dict[tuple[str, ...], str]


def ordered(splits: Iterable[str]) -> list[str]:
    """Train, valid and test first, then the others by name."""
    return sorted(splits, key=lambda name: (USUAL.index(name) if name in USUAL else 9, name))


def text_key(text: str) -> str:
    """Return the key under which two texts count as the same, whatever their case and margins."""
    return text.strip().casefold()


def carve(
    examples: Callable[[], Iterable[T]],
    text_of: Callable[[T], str],
    shares: Mapping[str, float],
    seed: int,
) -> Readers[T]:
    """Divides examples into `train` and the splits named in `shares`, lazily.

    Where an example goes depends on its text (case and outer space aside) and the seed alone, so
    duplicates stay on one side, more data moves no old example, and nothing is held in memory.

    Args:
        examples: Gives a fresh pass over all examples.
        text_of: The text that two examples must not share across splits.
        shares: Split name to its share in (0, 1); the rest is `train`.
        seed: Another seed, another division.
    """

    def place(example: T) -> str:
        point = _point(text_of(example), seed) / 2**64
        for name, share in shares.items():
            if point < share:
                return name
            point -= share
        return "train"

    return _readers(examples, place, shares)


def carve_stratified(
    examples: Callable[[], Iterable[T]],
    text_of: Callable[[T], str],
    labels_of: Callable[[T], Sequence[str]],
    shares: Mapping[str, float],
    seed: int,
) -> Readers[T]:
    """As `carve`, with the same share of every label in each split.

    A split of share s gets s n of the n examples of a label, rounded down or up so that it is s of
    all examples (largest remainders). It is more or less only where texts repeat, since all
    examples of a text go where its first one's label says. An example with several labels counts
    as one of the rarest of them (the idea of Sechidis et al. 2011, in one step), one without any as
    of a label of its own. At least one text of every label stays in `train`.

    The first split to be read costs a pass over all examples and, for the time of it, some 100
    bytes of memory for each; what is kept is a few numbers a label.

    Args:
        examples: Gives a fresh pass over all examples; each pass the same.
        text_of: The text that two examples must not share across splits.
        labels_of: The labels of an example.
        shares: Split name to its share in (0, 1); the rest is `train`.
        seed: Another seed, another division.
    """

    @functools.cache
    def division() -> tuple[Strata, dict[int, str], dict[str, list[int]]]:
        points, kinds = array("Q"), list[tuple[str, ...]]()
        known: dict[tuple[str, ...], tuple[str, ...]] = {}  # one tuple a set of labels
        for example in examples():
            points.append(_point(text_of(example), seed))
            labels = tuple(labels_of(example))
            kinds.append(known.setdefault(labels, labels))
        strata = _strata(Counter(kinds))
        strata_of = [strata[kind] for kind in kinds]
        return strata, *_edges(points, strata_of, list(shares.values()), seed)

    def place(example: T) -> str:
        strata, moved, edges = division()
        point = _point(text_of(example), seed)
        stratum = moved.get(point, strata[tuple(labels_of(example))])
        for name, edge in zip(shares, edges[stratum], strict=True):
            if point < edge:
                return name
        return "train"

    return _readers(examples, place, shares)


def _readers(
    examples: Callable[[], Iterable[T]], place: Callable[[T], str], names: Iterable[str]
) -> Readers[T]:
    def reader(name: str) -> Callable[[], Iterator[T]]:
        return lambda: (example for example in examples() if place(example) == name)

    return {name: reader(name) for name in ("train", *names)}


def _point(text: str, seed: int) -> int:
    """A number below 2**64 that looks drawn, the same for texts that count as one."""
    key = f"{seed}\0{text_key(text)}"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8])


def _strata(kinds: Counter[tuple[str, ...]]) -> Strata:
    """Sets of labels to the rarest label of each."""
    counts = Counter[str]()
    for labels, times in kinds.items():
        counts.update(dict.fromkeys(labels, times))
    return {
        labels: min(labels, key=lambda label: (counts[label], label), default="")
        for labels in kinds
    }


def _edges(
    points: Sequence[int], strata: Sequence[str], shares: Sequence[float], seed: int
) -> tuple[dict[int, str], dict[str, list[int]]]:
    """Points with examples that go by another stratum than their own, and each stratum's edges.

    Below its first edge lies the first split, from there to the second edge the second, and so on.
    """
    moved: dict[int, str] = {}
    texts: dict[str, tuple[array[int], array[int]]] = {}  # points in order, and examples of each
    order = sorted(range(len(points)), key=points.__getitem__)  # stable: the first example leads
    for point, group in itertools.groupby(order, key=points.__getitem__):
        found = [strata[index] for index in group]
        if len(set(found)) > 1:
            moved[point] = found[0]
        places, sizes = texts.setdefault(found[0], (array("Q"), array("Q")))
        places.append(point)
        sizes.append(len(found))
    totals = {stratum: sum(sizes) for stratum, (_, sizes) in texts.items() if len(sizes) > 1}
    quotas = [_quotas(totals, share, seed) for share in shares]
    return moved, {
        stratum: _cut(*each, [quota.get(stratum, 0) for quota in quotas])
        for stratum, each in texts.items()
    }


def _quotas(totals: Mapping[str, int], share: float, seed: int) -> dict[str, int]:
    """How many examples of each stratum a split gets: the largest remainders are rounded up."""
    quotas = {stratum: int(share * total) for stratum, total in totals.items()}
    missing = int(share * sum(totals.values()) + 0.5) - sum(quotas.values())

    def remainder(stratum: str) -> tuple[float, int]:
        return quotas[stratum] - share * totals[stratum], _point(stratum, seed)

    for stratum in sorted(quotas, key=remainder)[:missing]:
        quotas[stratum] += 1
    return quotas


def _cut(points: Sequence[int], sizes: Sequence[int], quotas: Sequence[int]) -> list[int]:
    """The points that the splits end before; a text goes where the middle of its examples lies."""
    passed = bound = 0
    middles, edges = array("d"), list[int]()
    for size in sizes:
        middles.append(passed + size / 2)
        passed += size
    for quota in quotas:
        bound += quota
        inside = bisect.bisect_left(middles, bound)
        edges.append(points[min(inside, len(points) - 1)])  # the last one is for train
    return edges
