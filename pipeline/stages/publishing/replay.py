"""Choose the training rows that travel with a version, so that retraining forgets little.

A greedy cover: the replay set should contain every label, every step from one label to the next,
and every rare word a few times. Rows that cover most of what is missing are chosen first, labels
before words, since rare words are easy to cover and a label of five rows is not. The remaining
places are filled with rows drawn uniformly, so that common things stay common.
"""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.task import Record, Task

WANTED = {"label": 10, "step": 3, "word": 1}  # how often the replay set should contain each
RARE = 3  # a word is rare if train contains it at most this often
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
COVER = 0.5  # largest share of the rows that the cover takes

Feature = tuple[str, ...]
Records = Callable[[], Iterable[Record]]


def choose(task: Task, records: Records, size: int, seed: int) -> list[Record]:
    """Return `size` of the records in their order, or all if there are fewer.

    Args:
        task: The task, which knows the labels of a record.
        records: Returns an iterator over the records; the same one for each call.
        size: The largest number of records.
        seed: The seed of the random rows.
    """
    if not size:
        return []
    features = _features(task, records)
    chosen = set(cover(features, int(COVER * size)))
    draw = random.Random(seed)
    rest = [place for place in range(len(features)) if place not in chosen]
    chosen.update(draw.sample(rest, min(len(rest), size - len(chosen))))
    return [record for place, record in enumerate(records()) if place in chosen]


def cover(features: Sequence[frozenset[Feature]], size: int) -> list[int]:
    """Return the rows that cover most, the best first; at most `size`, without rows of no gain.

    A feature weighs 1 / the number of its rows. Steps and words decide between rows whose gain in
    labels is equal. A row's gain, a pair of sums, never rises as others are chosen, so the first in
    the queue whose gain is up to date is the best (lazy greedy, Minoux 1978).
    """
    counts = Counter(itertools.chain.from_iterable(features))
    missing = {feature: min(WANTED[feature[0]], times) for feature, times in counts.items()}

    def loss(
        place: int,
    ) -> tuple[float, float]:  # the negative gain: a heap gives the smallest first
        wanted = [f for f in sorted(features[place]) if missing[f] > 0]
        labels = sum(1 / counts[f] for f in wanted if f[0] == "label")
        return -labels, -sum(1 / counts[f] for f in wanted)

    queue = [(loss(place), place) for place in range(len(features))]
    heapq.heapify(queue)
    chosen: list[int] = []
    while queue and len(chosen) < size:
        known, place = heapq.heappop(queue)
        now = loss(place)
        if not any(now):
            continue
        if now != known:
            heapq.heappush(queue, (now, place))
            continue
        chosen.append(place)
        for feature in features[place]:
            missing[feature] -= 1
    return chosen


def _features(task: Task, records: Records) -> list[frozenset[Feature]]:
    words: Counter[str] = Counter()
    for record in records():
        words.update(_words(record))
    rare = {word for word, times in words.items() if times <= RARE}
    return [
        frozenset([*_of_labels(task, record), *(("word", w) for w in _words(record) if w in rare)])
        for record in records()
    ]


def _of_labels(task: Task, record: Record) -> Iterator[Feature]:
    """Return the labels of a record and their steps, from its start to its end."""
    for kind, labels in task.answers.labels(record).items():
        yield from (("label", kind, label) for label in labels)
        yield from (("step", kind, *pair) for pair in itertools.pairwise(["", *labels, ""]))


def _words(record: Record) -> set[str]:
    return set(WORD.findall(record["text"].casefold()))
