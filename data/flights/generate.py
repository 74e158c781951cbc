"""Writes train.jsonl, valid.jsonl and test.jsonl from the grammar, always with the same bytes.

It also writes the translation pairs in the folder `pairs` (see `pairs.py`).

python data/flights/generate.py          rewrite the files
python data/flights/generate.py --check  exit with status 1 if the files on disk differ
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clauses import ClauseSampler
from frames import LANGUAGES, Frame, Piece, Template, choose_cues, choose_words, render
from glossaries import glossaries
from lexicon import Deck
from material import ATTEMPTS, CUE_FRAMES, SEED, Material, frame_decks, intent_counts, wording_decks
from noise import Typist
from pairs import PairWriter
from rows import Row, carrier, comparable, to_jsonl, to_row
from values import ValueMaker

HERE = Path(__file__).parent
PAIRS = {"train": 2875, "valid": 200, "test": 250, "unseen_values": 200, "unseen_templates": 200}
# About this many of these pairs, a quarter, come from the cue bank.
CUE_PAIRS = {"train": CUE_FRAMES, "valid": 50, "test": 62}
CONTRAST_GROUPS = 90  # minimal pairs per language in each contrast part


@dataclass(frozen=True)
class Samplers:
    """The samplers of the sentences of one split or part."""

    name: str
    pool: str  # of cities and airlines: train, unseen or mixed
    maker: ValueMaker
    typist: Typist
    clauses: ClauseSampler
    wordings: dict[str, Deck[Template]]
    rng: random.Random


class Writer:
    """A writer that draws the pairs of all splits and keeps track of texts already used."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._train_texts: set[str] = set()
        self._train_carriers: set[str] = set()
        self._contrast_carriers: set[str] = set()
        self._texts: set[str] = set()
        self._next_pair = 1

    def splits(self) -> dict[str, list[Row]]:
        """Return all rows of the files; later parts avoid the texts of contrasts and train."""
        contrasts = [row for part in ("cue_before", "cue_after") for row in self._contrasts(part)]
        train = self._part("train", self._material.frames)
        self._train_texts = {comparable(row["text"]) for row in train}
        valid = self._part("valid", self._material.frames)
        test = self._part("test", self._material.frames)
        with_places = self._material.with_places()
        test += self._part("unseen_values", with_places, "unseen", "unseen_values")
        held_out = self._material.held_out
        test += self._part("unseen_templates", held_out, part="unseen_templates")
        return {"train": train, "valid": valid, "test": test + contrasts}

    def _part(
        self, name: str, frames: list[Frame], pool: str = "train", part: str | None = None
    ) -> list[Row]:
        """Draw the pairs of one split or named part."""
        rng = random.Random(f"{SEED} {name}")
        tools = Samplers(
            name,
            pool,
            ValueMaker(self._material.lexicon, rng, pool),
            Typist(self._material.noise, rng),
            ClauseSampler(self._material.clauses(part), rng),
            wording_decks(frames + self._material.cue_frames, rng),
            rng,
        )
        decks = frame_decks(frames, rng)
        cued = self._cued(name, rng)
        rows = [row for frame in cued for row in self._pair(Deck([frame], rng), tools)]
        taken = Counter(frame.intent for frame in cued)
        for intent, count in intent_counts(PAIRS[name], list(decks)).items():
            for _ in range(count - taken[intent]):
                for row in self._pair(decks[intent], tools):
                    rows.append(row | {"parts": [part]} if part else row)
        return _in_pairs_shuffled(rows, rng)

    def _cued(self, name: str, rng: random.Random) -> list[Frame]:
        """Return the cue bank's frames for a split: all of them in train, a sample elsewhere."""
        if name == "train":
            return self._material.cue_frames
        return rng.sample(self._material.cue_frames, CUE_PAIRS.get(name, 0))

    def _pair(self, deck: Deck[Frame], tools: Samplers) -> list[Row]:
        """Draw a new pair: no text repeated or also in train, no misplaced unseen name."""
        for _ in range(ATTEMPTS):
            frame = deck.draw()
            values = tools.maker.draw(frame.kinds())
            around = tools.clauses.draw(frame.intent)
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
        raise RuntimeError(
            f"no new sentence found in {ATTEMPTS} attempts; the grammar is too small"
        )

    def _acceptable(self, rows: list[Row], pool: str) -> bool:
        """Return whether the texts are new and have no unseen name if the pool is train."""
        for row in rows:
            if row["text"] in self._texts or comparable(row["text"]) in self._train_texts:
                return False
            if pool == "train" and any(
                name in row["text"].lower() for name in self._material.unseen
            ):
                return False
        return True

    def _accept(self, rows: list[Row]) -> None:
        self._texts.update(row["text"] for row in rows)
        self._next_pair += 1

    def _contrasts(self, part: str) -> list[Row]:
        """Draw minimal pairs, in which only the cue distinguishes departure from arrival."""
        rng = random.Random(f"{SEED} {part}")
        maker = ValueMaker(self._material.lexicon, rng, "mixed")
        frames = [frame for frame in self._material.contrast_frames if frame.contrast == part]
        deck = Deck(frames, rng)
        wordings = wording_decks(frames, rng)
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
        """Draw two pairs with the same values: the departures, then the arrivals."""
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
        raise RuntimeError(
            f"no new contrast found in {ATTEMPTS} attempts; the grammar is too small"
        )


def _finisher(language: str, text: str, rng: random.Random) -> Callable[[list[Piece]], list[Piece]]:
    """Return a function that gives both rows of a minimal pair the same punctuation and case."""
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


def _in_pairs_shuffled(rows: list[Row], rng: random.Random) -> list[Row]:
    """Shuffle the pairs, keeping the two rows of a pair together."""
    pairs = [rows[index : index + 2] for index in range(0, len(rows), 2)]
    rng.shuffle(pairs)
    return [row for pair in pairs for row in pair]


def generate() -> dict[str, str]:
    """Return the name and text of every file."""
    material = Material()
    corpus = Writer(material).splits()
    pairs = PairWriter(material, corpus).splits()
    return {
        **{f"{split}.jsonl": to_jsonl(rows) for split, rows in corpus.items()},
        **{f"pairs/{split}.jsonl": to_jsonl(rows) for split, rows in pairs.items()},
        **{f"pairs/{name}.tsv": text for name, text in glossaries(material.lexicon).items()},
    }


def main(arguments: list[str] | None = None) -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="compare with the files on disk and write nothing"
    )
    check = parser.parse_args(arguments).check
    stale = []
    for name, text in generate().items():
        path = HERE / name
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{name}: {text.count(chr(10))} rows, {len(text.encode('utf-8'))} bytes")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"files differ from the grammar: {', '.join(stale)}; run data/flights/generate.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
