"""Combines the cues of the cue bank with its carrier sentences.

Each carrier gets a cue for a departure and the mirrored cue for an arrival, so that only the cue
determines the role of the city.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from frames import LANGUAGES, Frame, Template, check_frame
from lexicon import GRAMMAR, Deck

MIN_CARRIERS = 4  # per cue in train
ROLES = ("from", "to")


@dataclass(frozen=True)
class Cue:
    """A cue for a departure and the mirrored cue for an arrival, by language."""

    name: str
    kind: str
    words: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Carrier:
    """A sentence with a placeholder for a cue, by language; `takes` has its kinds of cue."""

    name: str
    intent: str
    words: dict[str, str]
    takes: tuple[str, ...]


def load_bank(path: Path = GRAMMAR / "cues.yaml") -> tuple[list[Cue], list[Carrier]]:
    """Read the cues and the carriers."""
    bank = yaml.safe_load(path.read_text(encoding="utf-8"))
    cues, carriers = [], []
    for kind, lines in bank["cues"].items():
        for number, line in enumerate(lines.splitlines(), start=1):
            sides = [tuple(side.split(" / ")) for side in line.strip().split(" | ")]
            cues.append(Cue(f"{kind[0]}{number}", kind, dict(zip(LANGUAGES, sides, strict=True))))
    for group in bank["carriers"]:
        for line in group["lines"].splitlines():
            intent, *texts = line.strip().split(" | ")
            words = dict(zip(LANGUAGES, texts, strict=True))
            name = f"x{len(carriers) + 1}"
            carriers.append(Carrier(name, intent, words, tuple(group["takes"])))
    return cues, carriers


def mirrored_frames(cue: Cue, carrier: Carrier) -> list[Frame]:
    """Return the departure frame and the arrival frame of a cue in a carrier."""
    frames = []
    for number, role in enumerate(ROLES):
        templates = {}
        for language in LANGUAGES:
            words = cue.words[language][number].replace("{}", f"{{{role}}}")
            text = carrier.words[language].replace("{cue}", words)
            name = f"{carrier.name}{language[0]}-{cue.name}{role[0]}"
            templates[language] = [Template(name, language, text)]
        frames.append(Frame(carrier.intent, templates, contrast=None, source=carrier.name))
        check_frame(frames[-1])
    return frames


def draw_frames(pairs: int, rng: random.Random) -> list[Frame]:
    """Draw at least `pairs` frames, with at least MIN_CARRIERS carriers per cue and role."""
    cues, carriers = load_bank()
    decks = {
        kind: Deck([carrier for carrier in carriers if kind in carrier.takes], rng)
        for kind in {cue.kind: None for cue in cues}
    }
    frames: list[Frame] = []
    used: dict[str, list[Carrier]] = {cue.name: [] for cue in cues}
    for cue in _rounds(cues, rng):
        carriers_of_cue = used[cue.name]
        if len(carriers_of_cue) >= MIN_CARRIERS and len(frames) >= pairs:
            break
        carrier = decks[cue.kind].draw(lambda item, taken=carriers_of_cue: item in taken)
        carriers_of_cue.append(carrier)
        frames += mirrored_frames(cue, carrier)
    return frames


def _rounds(cues: list[Cue], rng: random.Random) -> Iterator[Cue]:
    """Yield all cues repeatedly, in a new order each time."""
    while True:
        yield from rng.sample(cues, len(cues))
