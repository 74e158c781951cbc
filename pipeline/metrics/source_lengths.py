"""Scores by the length of the source: where a decoder without attention falls behind.

The question of Bahdanau et al. 2015, figure 2 (https://arxiv.org/abs/1409.0473).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.metrics.intervals import Counts, Interval

# A character of a script without spaces counts as a word, so that one rule serves all languages.
_WORD = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]|[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)

EDGES = (1, 6, 11, 16, 21, 31, 51)  # the first length of each bucket


class LengthScore(NamedTuple):
    """The scores of the examples whose source has `shortest` to `longest` words; None: no end."""

    shortest: int
    longest: int | None
    examples: int
    scores: Mapping[str, Interval]

    @property
    def name(self) -> str:
        """As a person writes it: 6–10."""
        return f"{self.shortest}+" if self.longest is None else f"{self.shortest}–{self.longest}"


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; each Chinese character is one."""
    return _WORD.findall(text.lower())


def by_length(
    sources: Sequence[str], counts: Mapping[str, Counts], edges: Sequence[int] = EDGES
) -> list[LengthScore]:
    """Scores each bucket of source lengths by itself; buckets without an example are left out.

    Args:
        sources: The source of each example.
        counts: Name to the counts of the same examples, in the same order.
        edges: The least number of words of each bucket, rising; shorter ones go to the first.

    Raises:
        ValueError: Counts are of another number of examples, or the edges do not rise.
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise ValueError(f"expected rising edges of the buckets; received {list(edges)}")
    for name, counted in counts.items():
        if len(counted.rows) != len(sources):
            raise ValueError(
                f"expected counts of {len(sources)} examples; received {len(counted.rows)} of"
                f" {name!r}"
            )
    lengths = [len(words(source)) for source in sources]
    places = np.maximum(np.searchsorted(np.array(edges), lengths, side="right") - 1, 0)
    ends = [edge - 1 for edge in edges[1:]]
    found = []
    for place, shortest in enumerate(edges):
        chosen = places == place
        if chosen.any():
            scores = {
                name: Counts(counted.rows[chosen], counted.score).interval()
                for name, counted in counts.items()
            }
            longest = ends[place] if place < len(ends) else None
            found.append(LengthScore(shortest, longest, int(chosen.sum()), scores))
    return found
