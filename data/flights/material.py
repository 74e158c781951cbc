"""The frames and clauses of the grammar for each split, and the decks that draw them."""

from __future__ import annotations

import random
from typing import Any

from clauses import Clause, hold_out, load_clauses
from cues import draw_frames
from frames import Frame, Template, load_frames
from holdout import split_frames
from lexicon import Deck, Lexicon
from noise import load_noise

SEED = 20260501
ATTEMPTS = 400
CUE_FRAMES = 718  # minimum number of frames drawn from the cue bank

# Percentage of pairs per intent; booking and searching are the most frequent requests.
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


class Material:
    """The grammar, split into what train may use and what is held out."""

    def __init__(self) -> None:
        self.lexicon = Lexicon()
        self.noise: dict[str, Any] = load_noise()
        self.unseen = self.lexicon.unseen_names()
        frames = load_frames()
        self.contrast_frames = [frame for frame in frames if frame.contrast]
        ordinary = [frame for frame in frames if not frame.contrast]
        self.frames, self.held_out = split_frames(ordinary, random.Random(f"{SEED} frames"))
        self._clauses = hold_out(load_clauses(), random.Random(f"{SEED} clauses"))
        self.cue_frames = draw_frames(CUE_FRAMES, random.Random(f"{SEED} cues"))

    def with_places(self) -> list[Frame]:
        """Return the frames that name a city or an airline."""
        places = {"from", "to", "via", "airline"}
        return [frame for frame in self.frames if frame.kinds() & places]

    def clauses(self, part: str | None) -> list[Clause]:
        """Return the clauses of a split or named part."""
        return self._clauses[part == "unseen_templates"]


def frame_decks(frames: list[Frame], rng: random.Random) -> dict[str, Deck[Frame]]:
    """Return a deck of frames per intent; a frame occurs weight times its number of wordings."""
    by_intent: dict[str, list[Frame]] = {}
    for frame in frames:
        wordings = max(len(templates) for templates in frame.templates.values())
        by_intent.setdefault(frame.intent, []).extend([frame] * (frame.weight * wordings))
    return {intent: Deck(items, rng) for intent, items in by_intent.items()}


def wording_decks(frames: list[Frame], rng: random.Random) -> dict[str, Deck[Template]]:
    """Return a deck of wordings per frame and language, keyed by the first wording's name."""
    return {
        templates[0].name: Deck(templates, rng)
        for frame in frames
        for templates in frame.templates.values()
    }


def intent_counts(pairs: int, available: list[str]) -> dict[str, int]:
    """Return the number of pairs per intent; the first intent absorbs the rounding error."""
    shares = {intent: share for intent, share in INTENT_SHARES.items() if intent in available}
    total = sum(shares.values())
    counts = {intent: round(pairs * share / total) for intent, share in shares.items()}
    counts[next(iter(counts))] += pairs - sum(counts.values())
    return counts
