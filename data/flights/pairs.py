"""Draws the Chinese-English translation pairs, `pairs/{train,valid,test}.jsonl`.

They come from the same grammar as the slot corpus, with the same held-out names, wordings, clauses
and contrasts. The slot corpus combines any wordings of a frame; here each wording is paired with
one of the other language, and their choices are tied, so that a sentence has one translation. Both
sides have the same politeness and are cleanly written; `zh_typed` and `en_typed` are the same
sentences typed carelessly.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clauses import ClauseSampler
from frames import LANGUAGES, Frame, Piece, Template, choose_cues, choose_words, render
from lexicon import Deck, Value
from material import ATTEMPTS, SEED, Material, frame_decks, intent_counts
from noise import Typist, keep_apart
from phrasing import Courtesy, Tied, phrase
from rows import Row, carrier, carrier_of, comparable, slots_of, text_of
from values import ValueMaker

COUNTS = {"train": 9_000, "valid": 300, "test": 250, "unseen_values": 200, "unseen_templates": 200}
CUED = {"train": 2_250, "valid": 75, "test": 62}  # pairs of these from the cue bank: a quarter
CONTRAST_GROUPS = 90  # groups of two pairs in each contrast part
TYPED_SHARE = 0.5  # of the sides of ordinary pairs that are typed carelessly
ROLES = ("departure_city", "arrival_city")
NEW_CARRIERS = ("unseen_templates", "contrast")  # parts whose carriers must not occur in train

Sides = dict[str, list[Piece]]


@dataclass(frozen=True)
class Draw:
    """A drawn pair: both sides clean, both sides as typed, and the requests alone."""

    intent: str
    clean: Sides
    typed: Sides
    bare: Sides

    def texts(self) -> set[str]:
        """Return all four texts in comparable form."""
        return {
            comparable(text_of(pieces))
            for sides in (self.clean, self.typed)
            for pieces in sides.values()
        }

    def carriers(self) -> set[str]:
        """Return the carriers of the texts: the words without the values."""
        return {
            carrier(pieces)
            for sides in (self.clean, self.typed, self.bare)
            for pieces in sides.values()
        }

    def row(self, number: int, with_slots: bool) -> Row:
        """Return the row of the pair in the file."""
        row: Row = {language: text_of(self.clean[language]) for language in LANGUAGES}
        for language in LANGUAGES:
            typed = text_of(self.typed[language])
            if typed != row[language]:
                row[f"{language}_typed"] = typed
        row["pair"] = number
        if with_slots:
            row |= {
                "intent": self.intent,
                "slots": {language: slots_of(self.clean[language]) for language in LANGUAGES},
            }
        return row


class PairWriter:
    """A writer of the three files; train is drawn last and avoids the texts of the others."""

    def __init__(self, material: Material, corpus: dict[str, list[Row]]) -> None:
        self._material = material
        others = corpus["valid"] + corpus["test"]
        self._texts = {comparable(row["text"]) for row in others}
        parts = [row for row in others if set(row.get("parts", ())) & set(NEW_CARRIERS)]
        self._carriers = {carrier_of(row) for row in parts}
        self._used: set[str] = set()
        self._number = 0

    def splits(self) -> dict[str, list[Row]]:
        """Return the rows of the three files."""
        material = self._material
        test = self._part("test", material.frames)
        with_places = material.with_places()
        test += self._part("unseen_values", with_places, "unseen", "unseen_values")
        test += self._part("unseen_templates", material.held_out, part="unseen_templates")
        test += [row for part in ("cue_before", "cue_after") for row in self._contrasts(part)]
        valid = self._part("valid", material.frames)
        return {"train": self._part("train", material.frames), "valid": valid, "test": test}

    def _part(
        self, name: str, frames: list[Frame], pool: str = "train", part: str | None = None
    ) -> list[Row]:
        rng = random.Random(f"{SEED} pairs {name}")
        tools = Samplers.of(self._material, rng, pool, part)
        cued = self._cued(name, rng)
        decks = frame_decks(frames, rng)
        wanted = Counter(intent_counts(COUNTS[name], list(decks))) - Counter(f.intent for f in cued)
        rows = []
        for deck in [Deck([f], rng) for f in cued] + [
            d for i, d in decks.items() for _ in range(wanted[i])
        ]:
            drawn = self._new(tools.draws(deck), name, pool)
            row = self._accept(drawn, name, part in NEW_CARRIERS)
            rows.append(row | {"parts": [part]} if part else row)
        rng.shuffle(rows)
        return rows

    def _cued(self, name: str, rng: random.Random) -> list[Frame]:
        """Draw frames of the cue bank, each about equally often."""
        deck = Deck(self._material.cue_frames, rng)
        return [deck.draw() for _ in range(CUED.get(name, 0))]

    def _new(self, draws: Iterable[Draw], name: str, pool: str) -> Draw:
        """Return the first new pair without a misplaced unseen name or a leak into train."""
        for drawn in draws:
            texts = drawn.texts()
            if texts & self._used or (pool == "train" and self._names_unseen(drawn)):
                continue
            if name != "train" or not (texts & self._texts or drawn.carriers() & self._carriers):
                return drawn
        raise RuntimeError(f"no new pair found in {ATTEMPTS} attempts; the grammar is too small")

    def _names_unseen(self, drawn: Draw) -> bool:
        sides = [*drawn.clean.values(), *drawn.typed.values()]  # a typo can produce a name, too
        written = [text_of(pieces).lower() for pieces in sides]
        return any(name in text for name in self._material.unseen for text in written)

    def _accept(self, drawn: Draw, name: str, new_carriers: bool) -> Row:
        self._number += 1
        self._used |= drawn.texts()
        if name != "train":
            self._texts |= drawn.texts()
        if new_carriers:
            self._carriers |= drawn.carriers()
        return drawn.row(self._number, with_slots=name != "train")

    def _contrasts(self, part: str) -> list[Row]:
        """Draw groups of two pairs that differ in the cue: the departure, then the arrival."""
        rng = random.Random(f"{SEED} pairs {part}")
        tools = Samplers.of(self._material, rng, "mixed", None)
        deck = Deck([f for f in self._material.contrast_frames if f.contrast == part], rng)
        rows = []
        for group in range(1, CONTRAST_GROUPS + 1):
            number = group if part == "cue_before" else CONTRAST_GROUPS + group
            for drawn in self._new_contrast(tools, deck):
                row = self._accept(drawn, part, new_carriers=True)
                rows.append(row | {"parts": [part, "contrast"], "contrast": number})
        return rows

    def _new_contrast(self, tools: Samplers, deck: Deck[Frame]) -> list[Draw]:
        for _ in range(ATTEMPTS):
            drawn = tools.contrast(deck.draw())
            texts = [drawn[0].texts(), drawn[1].texts()]
            if not (texts[0] | texts[1]) & self._used and not texts[0] & texts[1]:
                return drawn
        raise RuntimeError(
            f"no new contrast found in {ATTEMPTS} attempts; the grammar is too small"
        )


@dataclass(frozen=True)
class Samplers:
    """The samplers of the pairs of one split or part."""

    maker: ValueMaker
    typist: Typist
    clauses: ClauseSampler
    courtesy: Courtesy
    couples: dict[str, Deck[tuple[Template, ...]]]
    rng: random.Random

    @staticmethod
    def of(material: Material, rng: random.Random, pool: str, part: str | None) -> Samplers:
        """Build the samplers of a part around one random generator."""
        return Samplers(
            ValueMaker(material.lexicon, rng, pool),
            Typist(material.noise, rng),
            ClauseSampler(material.clauses(part), rng),
            Courtesy(rng),
            {},
            rng,
        )

    def draws(self, deck: Deck[Frame]) -> Iterator[Draw]:
        """Yield up to ATTEMPTS pairs of a deck's frames."""
        for _ in range(ATTEMPTS):
            yield self._draw(deck.draw())

    def contrast(self, frame: Frame) -> list[Draw]:
        """Draw two pairs with the same values and the two cues; neither is typed carelessly."""
        values = self.maker.draw(frame.kinds()) | {"city": self.maker.draw_city()}
        tied = Tied(self.rng.randrange(2**16))
        readings: list[Sides] = [{}, {}]
        for template in self._couple(frame):
            cued = choose_cues(choose_words(template.text, tied), tied)
            for sides, role, text in zip(readings, ROLES, cued, strict=True):
                sides[template.language] = render(text, template.language, values, city_slot=role)
        return [self._complete(frame, sides, around=False) for sides in readings]

    def _draw(self, frame: Frame) -> Draw:
        values = self.maker.draw(frame.kinds())
        return self._complete(frame, self._requests(frame, values), around=True)

    def _requests(self, frame: Frame, values: dict[str, Value]) -> Sides:
        number = self.rng.randrange(2**16)
        return {
            template.language: render(
                choose_words(template.text, Tied(number), number), template.language, values
            )
            for template in self._couple(frame)
        }

    def _complete(self, frame: Frame, bare: Sides, around: bool) -> Draw:
        """Complete the requests; `around` adds clauses, politeness and careless typing."""
        clauses = self.clauses.draw(frame.intent if around else None)
        politeness = self.courtesy.draw(bare, frame.intent if around else "other")
        clean = {
            language: keep_apart(phrase(bare[language], language, clauses, politeness))
            for language in LANGUAGES
        }
        typed = {
            language: self.typist.retype(pieces, language)
            if around and self.rng.random() < TYPED_SHARE
            else pieces
            for language, pieces in clean.items()
        }
        return Draw(frame.intent, clean, typed, bare)

    def _couple(self, frame: Frame) -> tuple[Template, ...]:
        """Draw one wording per language, paired in order; the shorter list repeats."""
        name = frame.templates[LANGUAGES[0]][0].name
        if name not in self.couples:
            lists: list[Any] = [frame.templates[language] for language in LANGUAGES]
            longest = max(map(len, lists))
            couples = [tuple(each[n % len(each)] for each in lists) for n in range(longest)]
            self.couples[name] = Deck(couples, self.rng)
        return self.couples[name].draw()
