"""Which texts to annotate next: doubtful, new, of rare labels, and unlike each other.

Greedy: the text that gains most is taken, then what the others would still gain is less, since what
it brings need not be brought twice. Gains only ever fall, so that of most texts they need not be
computed again (Minoux 1978, "Accelerated greedy algorithms").
"""

from __future__ import annotations

import bisect
import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

ALIKE = (
    0.8  # share of their n-grams that two texts have in common, from which one of them is enough
)


class Candidate(NamedTuple):
    """What a text would bring.

    Args:
        margin: The least gap between the model's two best answers.
        ngrams: Of the text.
        new: Those of them that training did not have.
        labels: That the model gives it, as (kind, label).
    """

    margin: float
    ngrams: frozenset[int]
    new: frozenset[int]
    labels: tuple[tuple[str, str], ...]


class Choice(NamedTuple):
    """A chosen text: its place, and the three parts of its gain when it was taken, each 0 to 1."""

    place: int
    doubt: float
    novelty: float
    rarity: float

    @property
    def gain(self) -> float:
        return self.doubt + self.novelty + self.rarity


def choose(
    candidates: Sequence[Candidate], known: Mapping[tuple[str, str], float], count: int
) -> list[Choice]:
    """Up to `count` texts, the most useful first; of texts that are nearly the same only one.

    - doubt: the share of all texts of which the model is surer;
    - novelty: the share of its n-grams that neither training nor a text taken before has;
    - rarity: of its rarest label, seen n times, 1 / sqrt(1 + n).

    Args:
        candidates: To choose from.
        known: How often each label is known already.
        count: How many to take at most.
    """
    margins = sorted(candidate.margin for candidate in candidates)
    counts: defaultdict[tuple[str, str], float] = defaultdict(float, known)
    covered, taken = set[int](), list[Choice]()

    def now(place: int) -> Choice:
        candidate = candidates[place]
        surer = len(margins) - bisect.bisect_right(margins, candidate.margin)
        novelty = len(candidate.new - covered) / max(1, len(candidate.ngrams))
        rarest = min((counts[label] for label in candidate.labels), default=None)
        rarity = 0.0 if rarest is None else (1 + rarest) ** -0.5
        return Choice(place, surer / len(margins), novelty, rarity)

    queue = [(-now(place).gain, place, 0) for place in range(len(candidates))]
    heapq.heapify(queue)
    while queue and len(taken) < count:
        _, place, when = heapq.heappop(queue)
        candidate = candidates[place]
        if any(alike(candidate, candidates[choice.place]) for choice in taken):
            continue
        choice = now(place)
        if when < len(taken):  # its gain is of an earlier round
            heapq.heappush(queue, (-choice.gain, place, len(taken)))
            continue
        taken.append(choice)
        covered |= candidate.new
        for label in candidate.labels:
            counts[label] += 1
    return taken


def alike(one: Candidate, other: Candidate) -> bool:
    """Whether two texts share most of their n-grams (Jaccard 1912); without any they are alike."""
    union = len(one.ngrams | other.ngrams)
    return len(one.ngrams & other.ngrams) >= ALIKE * union
