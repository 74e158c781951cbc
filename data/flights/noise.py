"""Makes clean sentences look typed: adds politeness, and varies case, punctuation and spelling.

Noise operates on pieces, so spans move with the text. Typos occur outside slots only; case and
full-width digits change slots as well.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import dates
import yaml
from clauses import Surroundings, lead_pieces, tail_pieces
from frames import Piece
from lexicon import GRAMMAR

ZH_POLITE = re.compile("谢|你好|您好|嗨|喂|请|麻烦|劳驾|再见|拜拜|早上好")
EN_POLITE = re.compile(r"\b(please|thank|thanks|hi|hello|hey|kindly|bye|sorry|cheers|good)\b", re.I)
ZH_DIGIT_BORDER = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9])|(?<=[0-9])(?=[\u4e00-\u9fff])")
TYPO_WORD = re.compile(r"[A-Za-z]{4,}")

# Weights of the sentence endings, by language and whether the sentence is a question.
ENDS: dict[tuple[str, bool], dict[str, float]] = {
    ("zh", True): {"？": 66, "": 28, "?": 6},
    ("zh", False): {"": 72, "。": 22, "！": 3, "～": 1, "…": 1, "。。": 1},
    ("en", True): {"?": 66, "": 30, "??": 2, " ?": 2},
    ("en", False): {"": 66, ".": 29, "!": 3, "...": 1, "!!": 1},
}


def load_noise() -> dict[str, Any]:
    """Read the word lists of the noise."""
    lists: dict[str, Any] = yaml.safe_load((GRAMMAR / "noise.yaml").read_text(encoding="utf-8"))
    return lists


class Typist:
    """A simulator of careless typing for the sentences of one split."""

    def __init__(self, lists: dict[str, Any], rng: random.Random) -> None:
        self._lists = lists
        self._rng = rng

    def type(
        self, pieces: list[Piece], language: str, intent: str, around: Surroundings
    ) -> list[Piece]:
        """Return a typed version of a rendered template with the clauses around it."""
        question = pieces[-1].slot is None and pieces[-1].text.endswith("?")
        if question:
            pieces = [*pieces[:-1], Piece(pieces[-1].text[:-1])]
        opener, closer = "", ""
        if intent != "other":
            opener, closer = self._politeness(pieces, language, question)
        if around.tail:
            tail = tail_pieces(around.tail, language, question, self._rng)
            pieces, question, closer = [*pieces, *tail], around.tail.is_question, ""
        pieces = self._opened(pieces, language, opener, around)
        pieces = self._slip_zh(pieces) if language == "zh" else self._slip_en(pieces)
        pieces = strip([*pieces, *self._ending(language, question, closer)])
        if language == "en":
            pieces = self._case(pieces)
        if self._chance(0.015):
            pieces.append(Piece(" " + self._rng.choice(self._lists[language]["emoji"])))
        return pieces

    def retype(self, pieces: list[Piece], language: str) -> list[Piece]:
        """Return a carelessly typed version of a clean sentence, with the same words."""
        if self._chance(0.6):
            pieces = strip(pieces[:-1])
        pieces = self._slip_zh(pieces) if language == "zh" else self._case(self._slip_en(pieces))
        return strip(pieces)

    def _opened(
        self, pieces: list[Piece], language: str, opener: str, around: Surroundings
    ) -> list[Piece]:
        """Return the request with its opener and leading clause; a greeting comes first."""
        lead = lead_pieces(around.lead, language, self._rng) if around.lead else []
        opening = [Piece(opener)] if opener else []
        if opener in self._lists[language]["question_openers"]:
            return [*lead, *opening, *pieces]
        return [*opening, *lead, *pieces]

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _politeness(self, pieces: list[Piece], language: str, question: bool) -> tuple[str, str]:
        """Draw polite words before and after a sentence; none if it is already polite."""
        lists = self._lists[language]
        outside = "".join(piece.text for piece in pieces if piece.slot is None)
        if (ZH_POLITE if language == "zh" else EN_POLITE).search(outside):
            return "", ""
        openers = lists["openers"] + (2 * lists["question_openers"] if question else [])
        closers = lists["question_closers" if question else "closers"]
        return (
            self._rng.choice(openers) if self._chance(0.13) else "",
            self._rng.choice(closers) if self._chance(0.10) else "",
        )

    def _ending(self, language: str, question: bool, closer: str) -> list[Piece]:
        """Return the final punctuation; a question's closing word follows its question mark."""
        shares = ENDS[language, question]
        if closer and question and language == "zh":
            shares = {"？": 70, "，": 30}
        mark = Piece(dates.weighted(self._rng, shares))
        return [mark, Piece(closer)] if question else [Piece(closer), mark]

    def _slip_zh(self, pieces: list[Piece]) -> list[Piece]:
        """Add Chinese slips: homophones, odd commas, spaces at digits, full-width digits."""
        if self._chance(0.05):
            pieces = self._homophone(pieces)
        if self._chance(0.08):
            comma = self._rng.choice([" ", "", ","])
            pieces = _outside(pieces, lambda text: text.replace("，", comma))
        if self._chance(0.06):
            pieces = _space_digits(pieces)
        if self._chance(0.02):
            pieces = _everywhere(pieces, lambda text: text.translate(dates.FULL_WIDTH))
        return keep_apart(pieces)

    def _slip_en(self, pieces: list[Piece]) -> list[Piece]:
        """Add English slips: typos, missing apostrophes and commas, a double space."""
        if self._chance(0.06):
            pieces = self._typo(pieces)
        if self._chance(0.05):
            pieces = _outside(pieces, lambda text: text.replace("'", ""))
        if self._chance(0.08):
            pieces = _outside(pieces, lambda text: text.replace(",", ""))
        if self._chance(0.02):
            at = self._rng.randrange(len(pieces))
            doubled = _outside([pieces[at]], lambda text: text.replace(" ", "  ", 1))
            pieces = [*pieces[:at], *doubled, *pieces[at + 1 :]]
        return pieces

    def _case(self, pieces: list[Piece]) -> list[Piece]:
        """Change the case: mostly sentence case, sometimes lower, upper or title case."""
        case = dates.weighted(
            self._rng, {"sentence": 62, "as is": 18, "lower": 15, "upper": 2.5, "title": 2.5}
        )
        if case == "sentence":
            return capitalise(pieces)
        change: dict[str, Callable[[str], str]] = {
            "lower": str.lower,
            "upper": str.upper,
            "title": _title,
            "as is": str,
        }
        return _everywhere(pieces, change[case])

    def _homophone(self, pieces: list[Piece]) -> list[Piece]:
        """Replace one word outside the slots by a homophone."""
        table = self._lists["zh"]["homophones"]
        places = [
            (index, word)
            for index, piece in enumerate(pieces)
            if piece.slot is None
            for word in sorted(table)
            if word in piece.text
        ]
        if not places:
            return pieces
        index, word = self._rng.choice(places)
        changed = list(pieces)
        changed[index] = Piece(pieces[index].text.replace(word, table[word], 1))
        return changed

    def _typo(self, pieces: list[Piece]) -> list[Piece]:
        """Swap, drop or double one letter inside one longer word outside the slots."""
        places = [
            (index, match.start(), match.end())
            for index, piece in enumerate(pieces)
            if piece.slot is None
            for match in TYPO_WORD.finditer(piece.text)
        ]
        if not places:
            return pieces
        index, start, end = self._rng.choice(places)
        text = pieces[index].text
        at = self._rng.randrange(start + 1, end - 1)
        slip = self._rng.choice(["swap", "drop", "double"])
        middle = {
            "swap": text[at + 1] + text[at],
            "drop": text[at + 1],
            "double": text[at] + text[at] + text[at + 1],
        }[slip]
        changed = list(pieces)
        changed[index] = Piece(text[:at] + middle + text[at + 2 :])
        return changed


def _outside(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    """Change the text outside the slots."""
    return [piece if piece.slot else Piece(change(piece.text)) for piece in pieces]


def _everywhere(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    return [Piece(change(piece.text), piece.slot) for piece in pieces]


def _space_digits(pieces: list[Piece]) -> list[Piece]:
    """Put a space between each Chinese character and an adjacent digit."""
    spaced: list[Piece] = []
    for piece in pieces:
        if spaced and ZH_DIGIT_BORDER.search(spaced[-1].text[-1:] + piece.text[:1]):
            spaced.append(Piece(" "))
        spaced.append(Piece(ZH_DIGIT_BORDER.sub(" ", piece.text), piece.slot))
    return [piece for piece in spaced if piece.text]


def keep_apart(pieces: list[Piece]) -> list[Piece]:
    """Put a space between two adjacent values that would read as one."""
    kept: list[Piece] = []
    for piece in pieces:
        if (
            kept
            and kept[-1].slot
            and piece.slot
            and kept[-1].text[-1:].isalnum()
            and kept[-1].text[-1:].isascii()
            and piece.text[:1].isascii()
        ):
            kept.append(Piece(" "))
        kept.append(piece)
    return kept


def strip(pieces: list[Piece]) -> list[Piece]:
    """Drop empty pieces and the space at both ends."""
    kept = [piece for piece in pieces if piece.text]
    kept[0] = Piece(kept[0].text.lstrip(), kept[0].slot)
    kept[-1] = Piece(kept[-1].text.rstrip(), kept[-1].slot)
    return [piece for piece in kept if piece.text]


def capitalise(pieces: list[Piece]) -> list[Piece]:
    """Capitalise the start of each sentence, except an airline name (easyJet)."""
    capitalised: list[Piece] = []
    starts = True
    for piece in pieces:
        text = piece.text
        if starts and piece.slot != "airline":
            text = text[:1].upper() + text[1:]
        capitalised.append(Piece(text, piece.slot))
        starts = piece.slot is None and text.endswith((". ", "? ", "! "))
    return capitalised


def _title(text: str) -> str:
    return re.sub(r"(?<![\w'])[a-z]", lambda match: match[0].upper(), text)
