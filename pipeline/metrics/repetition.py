"""Loops: a decoder that says the same words again and again, which the reference does not.

A loop is a stretch of words that follows itself at once: three times in a row where it has one or
two words (a language may double a word: "very very", 考虑考虑), twice where it has three or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.source_lengths import words

Stretch: TypeAlias = tuple[str, ...]

LONGEST = 12  # words of a stretch
SHORT = 2  # stretches of so few words are a loop from their third time on


def loops(text: str) -> set[Stretch]:
    """The stretches of words that a text repeats at once, each by its first word in the alphabet.

    A stretch that is itself a repetition is left out: its part is there.
    """
    said = words(text)
    found: set[Stretch] = set()
    for size in range(1, min(LONGEST, len(said) // 2) + 1):
        needed = size * (2 if size <= SHORT else 1)
        run = 0  # how many words so far are what they were one stretch before
        for place in range(size, len(said)):
            run = run + 1 if said[place] == said[place - size] else 0
            stretch = tuple(said[place - size + 1 : place + 1])
            if run == needed and not _is_repetition(stretch):
                found.add(min(stretch[i:] + stretch[:i] for i in range(size)))
    return found


def repetition(hypotheses: Sequence[str], references: Sequence[str]) -> Counts:
    """The share of hypotheses with a loop that their reference lacks, in percent.

    Args:
        hypotheses: The translations.
        references: One each, in the same order.

    Returns:
        Rows (in a loop, 1) [sentences, 2], and their score.

    Raises:
        ValueError: The two differ in number.
    """
    pairs = zip(hypotheses, references, strict=True)
    rows = [(bool(loops(found) - loops(wanted)), 1) for found, wanted in pairs]
    return Counts(np.array(rows, np.int64).reshape(-1, 2), _share)


def _is_repetition(stretch: Stretch) -> bool:
    size = len(stretch)
    return any(
        size % part == 0 and stretch == stretch[:part] * (size // part) for part in range(1, size)
    )


def _share(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)
