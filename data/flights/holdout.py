"""Draws the wordings that are kept out of training, for the part `unseen_templates`.

The draw is random over all frames: a couple of a Chinese and an English wording at a time, which
are the same line of an aligned frame, or any two of another.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace

from frames import LANGUAGES, Frame, Template

HELD_OUT_SHARE = 0.08
FEWEST_KEPT = 2  # wordings a frame keeps in train, a language


@dataclass(frozen=True)
class Couple:
    """A wording of each language that are held out together."""

    frame: int
    wordings: tuple[Template, ...]


def split_frames(frames: list[Frame], rng: random.Random) -> tuple[list[Frame], list[Frame]]:
    """The frames less the wordings held out, and frames of those alone."""
    couples = _couples(frames, rng)
    left = Counter(frames[couple.frame].source for couple in couples)
    wanted = round(HELD_OUT_SHARE * len(couples))
    rng.shuffle(couples)
    # One couple of each intent first, then the rest as they come.
    seen: set[str] = set()
    firsts, others = [], []
    for couple in couples:
        frame = frames[couple.frame]
        first = frame.intent not in seen and left[frame.source] > FEWEST_KEPT
        (firsts if first else others).append(couple)
        if first:
            seen.add(frame.intent)
    held: dict[int, list[Couple]] = {}
    for couple in firsts + others:
        source = frames[couple.frame].source
        if wanted and left[source] > FEWEST_KEPT:
            held.setdefault(couple.frame, []).append(couple)
            left[source] -= 1
            wanted -= 1
    kept = [_without(frame, held.get(number, [])) for number, frame in enumerate(frames)]
    return (
        [frame for frame in kept if frame.templates["zh"]],
        [_only(frames[number], held[number]) for number in sorted(held)],
    )


def _couples(frames: list[Frame], rng: random.Random) -> list[Couple]:
    """All wordings, as many couples a frame as the language with fewer has."""
    couples = []
    for number, frame in enumerate(frames):
        shuffled = [
            rng.sample(frame.templates[language], len(frame.templates[language]))
            for language in LANGUAGES
        ]
        couples += [Couple(number, wordings) for wordings in zip(*shuffled, strict=False)]
    return couples


def _without(frame: Frame, couples: list[Couple]) -> Frame:
    """A frame less the wordings of its couples."""
    held = {wording for couple in couples for wording in couple.wordings}
    return replace(
        frame,
        templates={
            language: [template for template in templates if template not in held]
            for language, templates in frame.templates.items()
        },
    )


def _only(frame: Frame, couples: list[Couple]) -> Frame:
    """A frame of the wordings of its couples."""
    wordings = zip(*(couple.wordings for couple in couples), strict=True)
    return replace(
        frame, templates=dict(zip(LANGUAGES, map(list, wordings), strict=True)), weight=1
    )
