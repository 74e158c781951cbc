"""Scores by source length: decoders without attention lose quality on long sources.

As in figure 2 of Bahdanau et al. 2015 (https://arxiv.org/abs/1409.0473).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.metrics.intervals import Counts, Interval

# Characters of scripts without spaces count as words, so one rule serves all languages.
_WORD = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]|[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)

EDGES = (1, 6, 11, 16, 21, 31, 51)  # the smallest length of each bucket


class LengthScore(NamedTuple):
    """Scores of the examples with `shortest` to `longest` source words; None: no upper limit."""

    shortest: int
    longest: int | None
    examples: int
    scores: Mapping[str, Interval]

    @property
    def name(self) -> str:
        """The bucket as text: 6–10."""
        return f"{self.shortest}+" if self.longest is None else f"{self.shortest}–{self.longest}"


def words(text: str) -> list[str]:
    """Return the lower-case words of a text without punctuation; each Chinese character is one."""
    return _WORD.findall(text.lower())


def by_length(
    sources: Sequence[str], counts: Mapping[str, Counts], edges: Sequence[int] = EDGES
) -> list[LengthScore]:
    """Score each bucket of source lengths; skip empty buckets.

    Args:
        sources: The source of each example.
        counts: Metric name to the counts of the same examples, in the same order.
        edges: The smallest number of words of each bucket, increasing; shorter sources are in the
            first bucket.

    Raises:
        ValueError: The number of examples differs, or the edges do not increase.
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise ValueError(f"edges must be a non-empty increasing list; received {list(edges)}")
    for name, count in counts.items():
        if len(count.rows) != len(sources):
            raise ValueError(
                f"expected counts of {len(sources)} examples; received {len(count.rows)} for"
                f" {name!r}"
            )
    lengths = [len(words(source)) for source in sources]
    bucket_of = np.maximum(np.searchsorted(np.array(edges), lengths, side="right") - 1, 0)
    ends = [edge - 1 for edge in edges[1:]]
    rows = []
    for bucket, shortest in enumerate(edges):
        members = bucket_of == bucket
        if members.any():
            scores = {
                name: Counts(count.rows[members], count.score).interval()
                for name, count in counts.items()
            }
            longest = ends[bucket] if bucket < len(ends) else None
            rows.append(LengthScore(shortest, longest, int(members.sum()), scores))
    return rows
