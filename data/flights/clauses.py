"""Everyday clauses around a request that contain no slot value.

Both rows of a pair get the same clauses. Some clauses are held out for `unseen_templates`, whose
rows have no others.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import dates
import yaml
from frames import Piece, choose_words
from lexicon import GRAMMAR, Deck

HELD_OUT_SHARE = 0.15
ONE_SHARE, TWO_SHARE = 0.35, 0.10
# Intents that express a wish, which tails refer to; sentences fit any request.
WISHES = {"book", "query", "fare", "change"}

# What joins a clause to the request, by language; a question ends with a question mark.
AFTER_LEAD = {
    "zh": {"，": 75, "。": 10, " ": 12, "！": 3},
    "en": {", ": 68, ". ": 24, " - ": 4, "... ": 4},
}
BEFORE_TAIL = {
    ("zh", False): {"，": 64, "。": 22, " ": 14},
    ("zh", True): {"？": 80, "，": 10, " ": 10},
    ("en", False): {", ": 52, ". ": 40, " - ": 5, "; ": 3},
    ("en", True): {"? ": 88, ", ": 8, " - ": 4},
}


@dataclass(frozen=True)
class Clause:
    """A clause in both languages; `use` is "leads", "tails" or "sentences"."""

    use: str
    zh: str
    en: str

    def text(self, language: str) -> str:
        """Return the words in a language, without a question mark."""
        return (self.zh if language == "zh" else self.en).rstrip("?")

    def resolve(self, tie: int) -> Clause:
        """Return the clause with its choices resolved by `tie`, alike in both languages."""
        rng = random.Random(tie)
        return Clause(self.use, choose_words(self.zh, rng, tie), choose_words(self.en, rng, tie))

    @property
    def is_question(self) -> bool:
        """Return whether the clause is a question."""
        return self.zh.endswith("?")


@dataclass(frozen=True)
class Surroundings:
    """The clauses before and after one request."""

    lead: Clause | None = None
    tail: Clause | None = None


def load_clauses(path: Path = GRAMMAR / "clauses.yaml") -> list[Clause]:
    """Read the clause bank."""
    bank = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Clause(use, *line.strip().split(" | "))
        for use, lines in bank.items()
        for line in lines.splitlines()
    ]


def hold_out(clauses: list[Clause], rng: random.Random) -> tuple[list[Clause], list[Clause]]:
    """Return the clauses for all rows, and those held out for `unseen_templates`."""
    held = set(rng.sample(clauses, round(HELD_OUT_SHARE * len(clauses))))
    return (
        [clause for clause in clauses if clause not in held],
        [clause for clause in clauses if clause in held],
    )


class ClauseSampler:
    """A sampler of the clauses of one split; all occur about equally often."""

    def __init__(self, clauses: list[Clause], rng: random.Random) -> None:
        self._rng = rng

        def deck(*uses: str) -> Deck[Clause]:
            return Deck([clause for clause in clauses if clause.use in uses], rng)

        self._leads = deck("leads", "sentences")
        self._tails = deck("tails", "sentences")
        self._sentences = deck("sentences")

    def draw(self, intent: str | None) -> Surroundings:
        """Draw no clause, one or two; none if `intent` is None."""
        if intent is None:
            return Surroundings()
        chance = self._rng.random()
        if chance >= ONE_SHARE + TWO_SHARE:
            return Surroundings()
        both = chance < TWO_SHARE
        first = both or self._rng.random() < 0.5
        lead = self._leads.draw() if first else None
        tails = self._tails if intent in WISHES else self._sentences
        tail = tails.draw(lambda clause: clause == lead) if both or not first else None
        tie = self._rng.randrange(2**16)
        return Surroundings(lead and lead.resolve(tie), tail and tail.resolve(tie))


def lead_pieces(clause: Clause, language: str, rng: random.Random) -> list[Piece]:
    """Return the pieces of a clause before a request, with the text that joins them."""
    joiner = dates.weighted(rng, AFTER_LEAD[language])
    if clause.is_question:
        joiner = "？" if language == "zh" else "? "
    return [Piece(clause.text(language)), Piece(joiner)]


def tail_pieces(clause: Clause, language: str, question: bool, rng: random.Random) -> list[Piece]:
    """Return the pieces of a clause after a request, with the text that joins them."""
    joiner = dates.weighted(rng, BEFORE_TAIL[language, question])
    return [Piece(joiner), Piece(clause.text(language))]
