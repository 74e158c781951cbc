"""The settings of search and sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.decoding.step import END, PAD, START, UNKNOWN
from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a hypothesis may contain, and how it is scored.

    Args:
        length_penalty: Alpha of Wu et al. 2016, eq. 14; 0 means none, higher prefers longer.
        coverage_penalty: Beta of the same equation; 0 means none.
        no_repeat_ngram: Size of n-grams that may not occur twice; 0 allows all.
        forbidden: Token ids that are never generated; must contain `<pad>`. Keep them few: each
            step inspects this many more columns.
        below: Only token ids below this one are generated, for a table with rows that stand for no
            token. None means that every row is a token.

    Raises:
        InputError: A value is out of range.
    """

    length_penalty: float = 0.0
    coverage_penalty: float = 0.0
    no_repeat_ngram: int = 0
    forbidden: tuple[int, ...] = (PAD, UNKNOWN, START)
    below: int | None = None

    def __post_init__(self) -> None:
        at_least(self.length_penalty, 0, "length_penalty")
        at_least(self.coverage_penalty, 0, "coverage_penalty")
        at_least(self.no_repeat_ngram, 0, "no_repeat_ngram")
        if PAD not in self.forbidden or END in self.forbidden:
            raise InputError(
                f"forbidden is {self.forbidden}; expected {PAD} (<pad>) in it and not {END} (</s>)"
            )
        if self.below is not None:
            at_least(self.below, END + 1, "below")


@dataclass(frozen=True, kw_only=True)
class Search(Rules):
    """Greedy decoding (beam_width 1) or beam search.

    Args:
        beam_width: Hypotheses kept for a source.
        n_best: Hypotheses returned for a source, at most `beam_width`.
    """

    beam_width: int = 5
    n_best: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self.n_best, 1, "n_best")
        at_least(self.beam_width, self.n_best, "beam_width")


@dataclass(frozen=True, kw_only=True)
class Sampling(Rules):
    """Sampling: tokens are drawn by their probabilities.

    Args:
        samples: Hypotheses drawn for a source.
        temperature: Divides the logits: below 1 favours likely tokens, above 1 rare ones.
        top_k: Draw from this many of the most likely allowed tokens; 0 means all.
        top_p: Of these, draw from the most likely ones whose probabilities sum to this share
            (Holtzman et al. 2020, "The curious case of neural text degeneration", section 3.1); 1
            means all.
    """

    samples: int = 1
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self.samples, 1, "samples")
        at_least(self.top_k, 0, "top_k")
        if not 0 < self.temperature < math.inf:
            raise InputError(f"temperature is {self.temperature}; expected a number above 0")
        if not 0 < self.top_p <= 1:
            raise InputError(f"top_p is {self.top_p}; expected a share above 0 and at most 1")


def at_least(value: float, least: float, name: str) -> None:
    """Check that a value is a finite number of at least `least`.

    Raises:
        InputError: It is not.
    """
    if not least <= value < math.inf:
        raise InputError(f"{name} is {value}; expected at least {least}")
