"""Repetition loops: phrases that a hypothesis repeats and its reference does not.

A loop is a phrase that is immediately repeated: three times in a row for phrases of one or two
words (languages double words: "very very", 考虑考虑), twice for phrases of three words or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.intervals import Counts
from pipeline.metrics.source_lengths import words

Phrase: TypeAlias = tuple[str, ...]

MAX_WORDS = 12  # in a phrase
SHORT = 2  # phrases of at most this many words must occur three times


def loops(text: str) -> set[Phrase]:
    """Return the immediately repeated phrases of a text, rotated to a canonical form.

    The canonical form is the smallest rotation. A phrase that itself consists of repetitions is not
    listed, because its part is.
    """
    tokens = words(text)
    phrases: set[Phrase] = set()
    for size in range(1, min(MAX_WORDS, len(tokens) // 2) + 1):
        needed = size * (2 if size <= SHORT else 1)
        run = 0  # number of consecutive words that equal the word `size` positions before
        for index in range(size, len(tokens)):
            run = run + 1 if tokens[index] == tokens[index - size] else 0
            phrase = tuple(tokens[index - size + 1 : index + 1])
            if run == needed and not _is_repetition(phrase):
                phrases.add(min(phrase[i:] + phrase[:i] for i in range(size)))
    return phrases


def repetition(hypotheses: Sequence[str], references: Sequence[str]) -> Counts:
    """Compute the percentage of hypotheses with a loop that their reference does not have.

    Args:
        hypotheses: The translations.
        references: One reference per hypothesis, in the same order.

    Returns:
        Rows (has a loop, 1) [sentences, 2], and their score.

    Raises:
        ValueError: The numbers of hypotheses and references differ.
    """
    pairs = zip(hypotheses, references, strict=True)
    rows = [(bool(loops(hypothesis) - loops(reference)), 1) for hypothesis, reference in pairs]
    return Counts(np.array(rows, np.int64).reshape(-1, 2), _share)


def _is_repetition(phrase: Phrase) -> bool:
    size = len(phrase)
    return any(
        size % part == 0 and phrase == phrase[:part] * (size // part) for part in range(1, size)
    )


def _share(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100.0 * sums[..., 0] / np.maximum(sums[..., 1], 1)
