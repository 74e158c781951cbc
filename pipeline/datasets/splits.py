"""Carve splits that have no file of their own out of the training examples."""

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
    """Return split names in order: train, valid, test, then the others by name."""
    return sorted(splits, key=lambda name: (USUAL.index(name) if name in USUAL else 9, name))


def text_key(text: str) -> str:
    """Return the key under which texts count as duplicates, ignoring case and outer whitespace."""
    return text.strip().casefold()


def carve(
    examples: Callable[[], Iterable[T]],
    text_of: Callable[[T], str],
    shares: Mapping[str, float],
    seed: int,
) -> Readers[T]:
    """Divide examples lazily into `train` and the splits named in `shares`.

    The split of an example depends only on its text (ignoring case and outer whitespace) and the
    seed. Duplicates therefore stay in one split, more data moves no old example, and nothing is
    held in memory.

    Args:
        examples: Returns a fresh iterator over all examples.
        text_of: Returns the text that examples in different splits must not share.
        shares: Maps each split name to its share in (0, 1); the rest is `train`.
        seed: Seed of the division.
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
    """Divide examples as `carve` does, with the same share of every label in each split.

    A split of share s gets s * n of the n examples of a label, rounded by largest remainders so
    that the split has s of all examples. Counts deviate only if texts repeat, since all examples of
    a text follow the label of its first example. An example with several labels counts under the
    rarest of them (the idea of Sechidis et al. 2011, in one step); examples without labels form a
    stratum of their own. At least one text of every label stays in `train`.

    Reading the first split takes an extra pass over all examples and temporarily about 100 bytes of
    memory per example. Only a few numbers per label are kept.

    Args:
        examples: Returns a fresh iterator over all examples, always in the same order.
        text_of: Returns the text that examples in different splits must not share.
        labels_of: Returns the labels of an example.
        shares: Maps each split name to its share in (0, 1); the rest is `train`.
        seed: Seed of the division.
    """

    @functools.cache
    def division() -> tuple[Strata, dict[int, str], dict[str, list[int]]]:
        points, kinds = array("Q"), list[tuple[str, ...]]()
        known: dict[tuple[str, ...], tuple[str, ...]] = {}  # one tuple per set of labels
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
    """Return a pseudorandom number below 2**64, equal for texts with the same `text_key`."""
    key = f"{seed}\0{text_key(text)}"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8])


def _strata(kinds: Counter[tuple[str, ...]]) -> Strata:
    """Map each set of labels to its rarest label."""
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
    """Return the points whose examples have different strata, and the edges of each stratum.

    The first split lies below the first edge, the second between the first and second edge, and so
    on.
    """
    moved: dict[int, str] = {}
    texts: dict[str, tuple[array[int], array[int]]] = {}  # sorted points, number of examples each
    order = sorted(range(len(points)), key=points.__getitem__)  # stable: the first example decides
    for point, group in itertools.groupby(order, key=points.__getitem__):
        same_text = [strata[index] for index in group]
        if len(set(same_text)) > 1:
            moved[point] = same_text[0]
        places, sizes = texts.setdefault(same_text[0], (array("Q"), array("Q")))
        places.append(point)
        sizes.append(len(same_text))
    totals = {stratum: sum(sizes) for stratum, (_, sizes) in texts.items() if len(sizes) > 1}
    quotas = [_quotas(totals, share, seed) for share in shares]
    return moved, {
        stratum: _cut(*each, [quota.get(stratum, 0) for quota in quotas])
        for stratum, each in texts.items()
    }


def _quotas(totals: Mapping[str, int], share: float, seed: int) -> dict[str, int]:
    """Return the number of examples of each stratum in a split; round up the largest remainders."""
    quotas = {stratum: int(share * total) for stratum, total in totals.items()}
    missing = int(share * sum(totals.values()) + 0.5) - sum(quotas.values())

    def remainder(stratum: str) -> tuple[float, int]:
        return quotas[stratum] - share * totals[stratum], _point(stratum, seed)

    for stratum in sorted(quotas, key=remainder)[:missing]:
        quotas[stratum] += 1
    return quotas


def _cut(points: Sequence[int], sizes: Sequence[int], quotas: Sequence[int]) -> list[int]:
    """Return the point before which each split ends; the middle of a text's examples decides."""
    passed = bound = 0
    middles, edges = array("d"), list[int]()
    for size in sizes:
        middles.append(passed + size / 2)
        passed += size
    for quota in quotas:
        bound += quota
        inside = bisect.bisect_left(middles, bound)
        edges.append(points[min(inside, len(points) - 1)])  # keep the last for train
    return edges
