"""Which training rows travel with a version, so that retraining forgets little: greedy cover.

Every label, every step from one label to the next, and every rare word is wanted a few times. The
rows that bring most of what is still wanted come first, labels before all else: a text of rare
words is soon found, and a label of five rows is not; the places that are left go to rows drawn
uniformly, so that what is common stays common.
"""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.task import Record, Task

WANTED = {"label": 10, "step": 3, "word": 1}  # how often each is to stand in what is kept
RARE = 3  # times that a word stands in train at most, to be one that is looked after
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
COVER = 0.5  # share of the rows that the cover may take

Feature = tuple[str, ...]
Records = Callable[[], Iterable[Record]]


def choose(task: Task, records: Records, size: int, seed: int) -> list[Record]:
    """`size` of the records in their order, or all where there are no more.

    Args:
        task: Says which labels a record has.
        records: Gives a fresh pass over them; each pass the same.
        size: At most.
        seed: Of what is drawn.
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
    """The rows that bring most of what is wanted, the best first; as many as help, at most `size`.

    What is wanted counts for the more, the rarer it is: 1 / its number of rows; that of steps and
    words decides between rows that bring the same of labels. A row's gain, as a pair of sums, only
    falls as others are chosen, so the first of the queue whose gain is up to date is the best (lazy
    greedy, Minoux 1978).
    """
    counts = Counter(itertools.chain.from_iterable(features))
    missing = {feature: min(WANTED[feature[0]], times) for feature, times in counts.items()}

    def loss(place: int) -> tuple[float, float]:  # the gain, falling as a heap wants it
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
    """The labels of a record, and each with the one after it, its edges included."""
    for kind, labels in task.labels(record).items():
        yield from (("label", kind, label) for label in labels)
        yield from (("step", kind, *pair) for pair in itertools.pairwise(["", *labels, ""]))


def _words(record: Record) -> set[str]:
    return set(WORD.findall(record["text"].casefold()))
