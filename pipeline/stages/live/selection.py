"""Choose texts to annotate: uncertain, new, with rare labels, and different from each other.

The choice is greedy: take the text with the largest gain, then lower the gains of the others by
what it covers. Gains never rise, so most of them need not be computed again (Minoux 1978,
"Accelerated greedy algorithms").
"""

from __future__ import annotations

import bisect
import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

ALIKE = 0.8  # two texts that share more of their n-grams count as the same


class CandidateText(NamedTuple):
    """A text that may be chosen.

    Args:
        margin: The smallest gap between the model's two best answers.
        ngrams: The ids of its n-grams.
        new: The ids of n-grams that training did not have.
        labels: The predicted labels, as (kind, label).
    """

    margin: float
    ngrams: frozenset[int]
    new: frozenset[int]
    labels: tuple[tuple[str, str], ...]


class Choice(NamedTuple):
    """A chosen text: its position, and the three parts of its gain when chosen, each 0 to 1."""

    place: int
    doubt: float
    novelty: float
    rarity: float

    @property
    def gain(self) -> float:
        return self.doubt + self.novelty + self.rarity


def choose(
    candidates: Sequence[CandidateText], known: Mapping[tuple[str, str], float], count: int
) -> list[Choice]:
    """Choose up to `count` texts, the most useful first; of near duplicates only one.

    - doubt: the share of all texts with a larger margin;
    - novelty: the share of its n-grams that neither training nor a chosen text has;
    - rarity: 1 / sqrt(1 + n) for its rarest label, seen n times.

    Args:
        candidates: The texts to choose from.
        known: How often each label was seen in training.
        count: The largest number of texts to choose.
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
        if when < len(taken):  # this gain is from an earlier round
            heapq.heappush(queue, (-choice.gain, place, len(taken)))
            continue
        taken.append(choice)
        covered |= candidate.new
        for label in candidate.labels:
            counts[label] += 1
    return taken


def alike(one: CandidateText, other: CandidateText) -> bool:
    """Return whether two texts share most n-grams (Jaccard 1912); two without any are alike."""
    union = len(one.ngrams | other.ngrams)
    return len(one.ngrams & other.ngrams) >= ALIKE * union
