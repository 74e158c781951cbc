"""Completes the requests of the pairs to sentences, in the same way in both languages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from clauses import Surroundings
from frames import Piece
from lexicon import GRAMMAR
from noise import EN_POLITE, ZH_POLITE, capitalise, strip

OPENER_SHARE, CLOSER_SHARE = 0.10, 0.08
MARKS = {"zh": ("。", "？"), "en": (".", "?")}
COMMA, GAP = {"zh": "，", "en": ", "}, {"zh": "", "en": " "}
NO_WORDS = {"zh": "", "en": ""}

Item = TypeVar("Item")


class Tied:
    """A choice that is the same in both languages: the option `number` modulo their count."""

    def __init__(self, number: int) -> None:
        self._number = number

    def choice(self, options: Sequence[Item]) -> Item:
        """Choose an option; replaces `choice` of a random generator."""
        return options[self._number % len(options)]


@dataclass(frozen=True)
class Politeness:
    """Polite words around a request, by language."""

    opener: dict[str, str]
    question_opener: dict[str, str]
    closer: dict[str, str]


class Courtesy:
    """A sampler of the politeness of one split."""

    def __init__(self, rng: random.Random, path: Path = GRAMMAR / "politeness.yaml") -> None:
        lists = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._rng = rng
        self._words = {
            use: [dict(zip(("zh", "en"), line.split(" | "), strict=True)) for line in lines]
            for use, lines in ((use, block.splitlines()) for use, block in lists.items())
        }

    def draw(self, requests: dict[str, list[Piece]], intent: str) -> Politeness:
        """Draw polite words; none if a side is already polite or the intent is "other"."""
        chances = self._rng.random(), self._rng.random()
        asks = all(is_question(pieces) for pieces in requests.values())
        use = self._rng.choice(["openers", "question_openers"]) if asks else "openers"
        opener, closer = (
            self._rng.choice(self._words[use]),
            self._rng.choice(self._words["closers"]),
        )
        if intent == "other" or _polite(requests):
            return Politeness(NO_WORDS, NO_WORDS, NO_WORDS)
        opener = opener if chances[0] < OPENER_SHARE else NO_WORDS
        return Politeness(
            NO_WORDS if use == "question_openers" else opener,
            opener if use == "question_openers" else NO_WORDS,
            closer if chances[1] < CLOSER_SHARE else NO_WORDS,
        )


def phrase(
    request: list[Piece], language: str, around: Surroundings, politeness: Politeness
) -> list[Piece]:
    """Return a rendered template with clauses and politeness around it, cleanly written."""
    gap, comma = GAP[language], COMMA[language]
    ended, asks = without_mark(request), is_question(request)
    pieces = _spaced(politeness.opener[language], gap)
    if around.lead:
        mark = MARKS[language][1] + gap if around.lead.is_question else comma
        pieces += [Piece(around.lead.text(language)), Piece(mark)]
    pieces += [*_spaced(politeness.question_opener[language], gap), *ended]
    closer = "" if around.tail else politeness.closer[language]
    if around.tail:
        mark = MARKS[language][1] + gap if asks else comma
        pieces += [Piece(mark), Piece(around.tail.text(language))]
        asks = around.tail.is_question
    elif closer:
        pieces += [Piece(MARKS[language][1] + gap if asks else comma), Piece(closer)]
        asks = False
    pieces = strip([*pieces, Piece(MARKS[language][asks])])
    return capitalise(pieces) if language == "en" else pieces


def is_question(pieces: list[Piece]) -> bool:
    """Return whether a rendered template is a question."""
    return pieces[-1].slot is None and pieces[-1].text.endswith("?")


def without_mark(pieces: list[Piece]) -> list[Piece]:
    """Return a rendered template without its question mark."""
    return [*pieces[:-1], Piece(pieces[-1].text[:-1])] if is_question(pieces) else pieces


def _spaced(words: str, gap: str) -> list[Piece]:
    return [Piece(words + gap)] if words else []


def _polite(requests: dict[str, list[Piece]]) -> bool:
    zh, en = (
        "".join(piece.text for piece in requests[language] if piece.slot is None)
        for language in ("zh", "en")
    )
    return bool(ZH_POLITE.search(zh) or EN_POLITE.search(en))
