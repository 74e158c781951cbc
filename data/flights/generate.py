"""Writes train.jsonl, valid.jsonl and test.jsonl from the grammar, the same bytes every time.

python data/flights/generate.py          rewrite the three files
python data/flights/generate.py --check  exit with 1 if the files on disk differ
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clauses import Companion, hold_out, load_clauses
from cues import draw_frames
from frames import LANGUAGES, Frame, Piece, Template, choose_cues, choose_words, load_frames, render
from holdout import split_frames
from lexicon import Deck, Lexicon
from noise import Typist, load_noise
from rows import Row, carrier, comparable, to_jsonl, to_row
from values import ValueMaker

HERE = Path(__file__).parent
SEED = 20260501
ATTEMPTS = 400

# Pairs of a hundred for each intent, as travellers ask: booking and searching most.
INTENT_SHARES = {
    "book": 25,
    "query": 19.5,
    "fare": 9,
    "change": 8,
    "baggage": 6,
    "status": 6,
    "cancel": 5,
    "refund": 5,
    "seat": 4.5,
    "other": 4,
    "meal": 4.5,
    "check_in": 3.5,
}
PAIRS = {"train": 2875, "valid": 200, "test": 250, "unseen_values": 200, "unseen_templates": 200}
# Of these pairs, about as many as this come from the cue bank, a quarter.
CUE_PAIRS = {"train": 718, "valid": 50, "test": 62}
CONTRAST_GROUPS = 90  # minimal pairs a language in each contrast part


@dataclass(frozen=True)
class Tools:
    """What draws the sentences of one split or part."""

    name: str
    pool: str  # the cities and airlines: train or unseen
    maker: ValueMaker
    typist: Typist
    companion: Companion
    wordings: dict[str, Deck[Template]]
    rng: random.Random


class Writer:
    """Draws pairs for all splits and keeps track of what is used already."""

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._noise = load_noise()
        self._unseen = self._lexicon.unseen_names()
        frames = load_frames()
        self._contrast_frames = [frame for frame in frames if frame.contrast]
        ordinary = [frame for frame in frames if not frame.contrast]
        self._frames, self._held_out = split_frames(ordinary, random.Random(f"{SEED} frames"))
        self._clauses, self._held_out_clauses = hold_out(
            load_clauses(), random.Random(f"{SEED} clauses")
        )
        self._cue_frames = draw_frames(CUE_PAIRS["train"], random.Random(f"{SEED} cues"))
        self._train_texts: set[str] = set()
        self._train_carriers: set[str] = set()
        self._contrast_carriers: set[str] = set()
        self._texts: set[str] = set()
        self._next_pair = 1

    def splits(self) -> dict[str, list[Row]]:
        """All rows of the three files. Contrasts and train come first: the rest keep clear."""
        contrasts = [row for part in ("cue_before", "cue_after") for row in self._contrasts(part)]
        train = self._part("train", self._frames)
        self._train_texts = {comparable(row["text"]) for row in train}
        valid = self._part("valid", self._frames)
        test = self._part("test", self._frames)
        with_places = [
            frame for frame in self._frames if frame.kinds() & {"from", "to", "via", "airline"}
        ]
        test += self._part("unseen_values", with_places, "unseen", "unseen_values")
        test += self._part("unseen_templates", self._held_out, part="unseen_templates")
        return {"train": train, "valid": valid, "test": test + contrasts}

    def _part(
        self, name: str, frames: list[Frame], pool: str = "train", part: str | None = None
    ) -> list[Row]:
        """The pairs of one split or named part."""
        rng = random.Random(f"{SEED} {name}")
        clauses = self._held_out_clauses if part == "unseen_templates" else self._clauses
        tools = Tools(
            name,
            pool,
            ValueMaker(self._lexicon, rng, pool),
            Typist(self._noise, rng),
            Companion(clauses, rng),
            _wording_decks(frames + self._cue_frames, rng),
            rng,
        )
        decks = _frame_decks(frames, rng)
        cued = self._cued(name, rng)
        rows = [row for frame in cued for row in self._pair(Deck([frame], rng), tools)]
        taken = Counter(frame.intent for frame in cued)
        for intent, count in _intents(PAIRS[name], list(decks)).items():
            for _ in range(count - taken[intent]):
                for row in self._pair(decks[intent], tools):
                    rows.append(row | {"parts": [part]} if part else row)
        return _in_pairs_shuffled(rows, rng)

    def _cued(self, name: str, rng: random.Random) -> list[Frame]:
        """The frames of the cue bank in a split: all in train, some of them in the others."""
        if name == "train":
            return self._cue_frames
        return rng.sample(self._cue_frames, CUE_PAIRS.get(name, 0))

    def _pair(self, deck: Deck[Frame], tools: Tools) -> list[Row]:
        """A new pair: no repeated text, nothing of train outside train, no name out of place."""
        for _ in range(ATTEMPTS):
            frame = deck.draw()
            values = tools.maker.draw(frame.kinds())
            around = tools.companion.draw(frame.intent)
            tie = tools.rng.randrange(2**16)
            rows: list[Row] = []
            carriers: set[str] = set()
            for language in LANGUAGES:
                template = tools.wordings[frame.templates[language][0].name].draw()
                words = choose_words(template.text, tools.rng, tie)
                bare = render(words, language, values)
                pieces = tools.typist.type(bare, language, frame.intent, around)
                rows.append(to_row(pieces, frame.intent, template, self._next_pair))
                carriers |= {carrier(bare), carrier(pieces)}
            known = carriers & self._contrast_carriers
            if tools.name == "unseen_templates":
                known |= carriers & self._train_carriers
            if not known and self._acceptable(rows, tools.pool):
                self._accept(rows)
                if tools.name == "train":
                    self._train_carriers |= carriers
                return rows
        raise RuntimeError("no new sentence found; the grammar is too small")

    def _acceptable(self, rows: list[Row], pool: str) -> bool:
        """Whether the texts are new and hold no unseen name where only seen ones may be."""
        for row in rows:
            if row["text"] in self._texts or comparable(row["text"]) in self._train_texts:
                return False
            if pool == "train" and any(name in row["text"].lower() for name in self._unseen):
                return False
        return True

    def _accept(self, rows: list[Row]) -> None:
        self._texts.update(row["text"] for row in rows)
        self._next_pair += 1

    def _contrasts(self, part: str) -> list[Row]:
        """Minimal pairs: the cue alone tells a departure from an arrival."""
        rng = random.Random(f"{SEED} {part}")
        maker = ValueMaker(self._lexicon, rng, "mixed")
        frames = [frame for frame in self._contrast_frames if frame.contrast == part]
        deck = Deck(frames, rng)
        wordings = _wording_decks(frames, rng)
        rows: list[Row] = []
        for group in range(1, CONTRAST_GROUPS + 1):
            for row in self._contrast_group(deck, wordings, maker, rng):
                number = group if part == "cue_before" else CONTRAST_GROUPS + group
                rows.append(row | {"parts": [part, "contrast"], "contrast": number})
        return rows

    def _contrast_group(
        self,
        deck: Deck[Frame],
        wordings: dict[str, Deck[Template]],
        maker: ValueMaker,
        rng: random.Random,
    ) -> list[Row]:
        """Two pairs with the same values: the departures, then the arrivals."""
        for _ in range(ATTEMPTS):
            frame = deck.draw()
            values = maker.draw(frame.kinds()) | {"city": maker.draw_city()}
            readings: dict[str, list[Row]] = {"departure_city": [], "arrival_city": []}
            carriers: set[str] = set()
            for language in LANGUAGES:
                template = wordings[frame.templates[language][0].name].draw()
                finish = _finisher(language, template.text, rng)
                cued = choose_cues(choose_words(template.text, rng), rng)
                for number, (role, text) in enumerate(zip(readings, cued, strict=True)):
                    pieces = finish(render(text.rstrip("?"), language, values, city_slot=role))
                    carriers.add(carrier(pieces))
                    readings[role].append(
                        to_row(pieces, frame.intent, template, self._next_pair + number)
                    )
            rows = [row for role in readings.values() for row in role]
            if self._acceptable(rows, "mixed") and len({row["text"] for row in rows}) == 4:
                self._contrast_carriers |= carriers
                self._accept(rows[:2])
                self._accept(rows[2:])
                return rows
        raise RuntimeError("no new contrast found; the grammar is too small")


def _finisher(language: str, text: str, rng: random.Random) -> Callable[[list[Piece]], list[Piece]]:
    """The same punctuation and case for both rows of a minimal pair."""
    question = text.endswith("?")
    mark = ("？" if question else "。") if language == "zh" else ("?" if question else ".")
    end = mark if rng.random() < (0.7 if question else 0.3) else ""
    case = rng.choices(["sentence", "as is", "lower"], weights=[70, 15, 15])[0]

    def finish(pieces: list[Piece]) -> list[Piece]:
        ended = [*pieces, Piece(end)] if end else list(pieces)
        if language == "en" and case == "lower":
            return [Piece(piece.text.lower(), piece.slot) for piece in ended]
        if language == "en" and case == "sentence":
            ended[0] = Piece(ended[0].text[:1].upper() + ended[0].text[1:], ended[0].slot)
        return ended

    return finish


def _frame_decks(frames: list[Frame], rng: random.Random) -> dict[str, Deck[Frame]]:
    """A deck of frames for each intent; its weight counts once for each of its wordings."""
    by_intent: dict[str, list[Frame]] = {}
    for frame in frames:
        wordings = max(len(templates) for templates in frame.templates.values())
        by_intent.setdefault(frame.intent, []).extend([frame] * (frame.weight * wordings))
    return {intent: Deck(items, rng) for intent, items in by_intent.items()}


def _wording_decks(frames: list[Frame], rng: random.Random) -> dict[str, Deck[Template]]:
    """A deck of wordings for each frame and language, under its first wording's name."""
    return {
        templates[0].name: Deck(templates, rng)
        for frame in frames
        for templates in frame.templates.values()
    }


def _intents(pairs: int, available: list[str]) -> dict[str, int]:
    """A split's pairs of each intent, by their shares; the first one takes the rounding."""
    shares = {intent: share for intent, share in INTENT_SHARES.items() if intent in available}
    total = sum(shares.values())
    counts = {intent: round(pairs * share / total) for intent, share in shares.items()}
    counts[next(iter(counts))] += pairs - sum(counts.values())
    return counts


def _in_pairs_shuffled(rows: list[Row], rng: random.Random) -> list[Row]:
    """Mix the intents, but keep the two rows of a pair together."""
    pairs = [rows[index : index + 2] for index in range(0, len(rows), 2)]
    rng.shuffle(pairs)
    return [row for pair in pairs for row in pair]


def main(arguments: list[str] | None = None) -> int:
    """Write or check the three files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only compare with the files on disk")
    check = parser.parse_args(arguments).check
    stale = []
    for split, rows in Writer().splits().items():
        path, text = HERE / f"{split}.jsonl", to_jsonl(rows)
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path.name}: {len(rows)} rows, {len(text.encode('utf-8'))} bytes")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        print(f"differ from the grammar: {', '.join(stale)}; run data/flights/generate.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
