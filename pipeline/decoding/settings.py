"""The settings of search and sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.decoding.step import END, PAD, START, UNKNOWN
from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a hypothesis may hold, and how it is scored.

    Args:
        length_penalty: alpha of Wu et al. 2016, eq. 14; 0 = none, higher = longer.
        coverage_penalty: beta of the same; 0 = none.
        no_repeat_ngram: n, where no n tokens in a row may come twice; 0 = no such rule.
        forbidden: Token ids that never come out; `<pad>` is always among them. A few: each step
            looks at so many more columns.
        below: Nor do token ids from this one on, where a table has rows that no token stands for;
            all candidates are below it. None = there are no such rows.

    Raises:
        InputError: A value is out of its range.
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
                f"forbidden is {self.forbidden}; expected {PAD} (<pad>) among them and not"
                f" {END} (</s>)"
            )
        if self.below is not None:
            at_least(self.below, END + 1, "below")


@dataclass(frozen=True, kw_only=True)
class Search(Rules):
    """Greedy decoding (beam_width 1) or beam search.

    Args:
        beam_width: Hypotheses kept a source.
        n_best: Hypotheses given a source, at most `beam_width`.
    """

    beam_width: int = 5
    n_best: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self.n_best, 1, "n_best")
        at_least(self.beam_width, self.n_best, "beam_width")


@dataclass(frozen=True, kw_only=True)
class Sampling(Rules):
    """Tokens drawn by their probabilities.

    Args:
        samples: Hypotheses drawn a source.
        temperature: Logits are divided by it: below 1 likelier tokens, above 1 rarer ones.
        top_k: Of the allowed tokens only so many likeliest are drawn from; 0 = all.
        top_p: Of these only the likeliest that together have this share (Holtzman et al. 2020,
            "The curious case of neural text degeneration", section 3.1); 1 = all.
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
            raise InputError(f"top_p is {self.top_p}; expected a share above 0, at most 1")


def at_least(value: float, least: float, name: str) -> None:
    """Refuse a value below `least`, or one that is no finite number."""
    if not least <= value < math.inf:
        raise InputError(f"{name} is {value}; expected at least {least}")
