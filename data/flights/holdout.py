"""Draws the wordings that are held out of training for the part `unseen_templates`.

The draw is random over all frames. It takes one Chinese and one English wording at a time: the same
line of an aligned frame, or any two wordings of another frame.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace

from frames import LANGUAGES, Frame, Template

HELD_OUT_SHARE = 0.08
MIN_KEPT = 2  # wordings per language that a frame keeps in train


@dataclass(frozen=True)
class Couple:
    """One wording per language; a couple is held out together."""

    frame: int
    wordings: tuple[Template, ...]


def split_frames(frames: list[Frame], rng: random.Random) -> tuple[list[Frame], list[Frame]]:
    """Return the frames without the held-out wordings, and frames of the held-out ones."""
    couples = _couples(frames, rng)
    left = Counter(frames[couple.frame].source for couple in couples)
    wanted = round(HELD_OUT_SHARE * len(couples))
    rng.shuffle(couples)
    # One couple of each intent comes first, then the others in random order.
    seen: set[str] = set()
    firsts, others = [], []
    for couple in couples:
        frame = frames[couple.frame]
        first = frame.intent not in seen and left[frame.source] > MIN_KEPT
        (firsts if first else others).append(couple)
        if first:
            seen.add(frame.intent)
    held: dict[int, list[Couple]] = {}
    for couple in firsts + others:
        source = frames[couple.frame].source
        if wanted and left[source] > MIN_KEPT:
            held.setdefault(couple.frame, []).append(couple)
            left[source] -= 1
            wanted -= 1
    kept = [_without(frame, held.get(number, [])) for number, frame in enumerate(frames)]
    return (
        [frame for frame in kept if frame.templates["zh"]],
        [_only(frames[number], held[number]) for number in sorted(held)],
    )


def _couples(frames: list[Frame], rng: random.Random) -> list[Couple]:
    """Return the couples of all frames; the shorter list of wordings limits their number."""
    couples = []
    for number, frame in enumerate(frames):
        shuffled = [
            rng.sample(frame.templates[language], len(frame.templates[language]))
            for language in LANGUAGES
        ]
        couples += [Couple(number, wordings) for wordings in zip(*shuffled, strict=False)]
    return couples


def _without(frame: Frame, couples: list[Couple]) -> Frame:
    """Return a frame without the wordings of its couples."""
    held = {wording for couple in couples for wording in couple.wordings}
    return replace(
        frame,
        templates={
            language: [template for template in templates if template not in held]
            for language, templates in frame.templates.items()
        },
    )


def _only(frame: Frame, couples: list[Couple]) -> Frame:
    """Return a frame with only the wordings of its couples."""
    wordings = zip(*(couple.wordings for couple in couples), strict=True)
    return replace(
        frame, templates=dict(zip(LANGUAGES, map(list, wordings), strict=True)), weight=1
    )
