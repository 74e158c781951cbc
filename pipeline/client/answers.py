"""A server's answers as records. Which one a row is, its outputs' names tell; needs no TensorFlow.

The lists of a row may end in padding; here it is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Slot:
    """A span of the text: `text[start:end] == value`."""

    name: str
    value: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class SlotAnswer:
    """What a slot filling model says of a text."""

    text: str
    intent: str
    score: float
    rejected: bool
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class ClassAnswer:
    """What a classifier says of a text.

    Args:
        text: As it was asked.
        label: The likeliest.
        score: Its probability.
        scores: Of all labels.
        rejected: Whether `score` lies below the model's threshold.
        chosen: Those given, where a text may have several; else None.
    """

    text: str
    label: str
    score: float
    scores: Mapping[str, float]
    rejected: bool
    chosen: tuple[str, ...] | None = None


@dataclass(frozen=True)
class TranslationAnswer:
    """A translation; the numbers are those of the model's signature."""

    text: str
    translation: str
    score: float
    segments: int
    truncated: bool
    lost: int


@dataclass(frozen=True)
class NBestAnswer:
    """Several translations with their scores, the best first."""

    text: str
    translations: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class AlignmentAnswer:
    """What each token of a translation looks at.

    Args:
        text: As it was asked.
        source: Its tokens.
        target: Those of the translation.
        attention: A row for each target token, with a weight for each source token.
        truncated: Whether this is not all of the text.
    """

    text: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...]
    truncated: bool


@dataclass(frozen=True)
class PlainAnswer:
    """An answer of a signature that none of the others fits."""

    text: str
    outputs: Any


Answer = SlotAnswer | ClassAnswer | TranslationAnswer | NBestAnswer | AlignmentAnswer | PlainAnswer


def read_answer(text: str, row: Any) -> Answer:
    """The record that a row of `predictions` is."""
    if isinstance(row, Mapping):
        for names, read in READERS:
            if all(name in row for name in names):
                return read(text, row)
    return PlainAnswer(text, row)


def _slots(text: str, row: Row) -> SlotAnswer:
    fields = ("slot_names", "slot_values", "slot_starts", "slot_ends", "slot_scores")
    columns = [row[name][: row["slot_count"]] for name in fields]
    slots = tuple(Slot(*values) for values in zip(*columns, strict=True))
    return SlotAnswer(text, row["intent"], row["intent_score"], row["rejected"], slots)


def _classes(text: str, row: Row) -> ClassAnswer:
    labels = row["labels"]
    chosen = row.get("chosen")
    if chosen is not None:
        chosen = tuple(label for label, given in zip(labels, chosen, strict=True) if given)
    scores = dict(zip(labels, row["scores"], strict=True))
    return ClassAnswer(text, row["label"], row["score"], scores, row["rejected"], chosen)


def _translation(text: str, row: Row) -> TranslationAnswer:
    names = ("translation", "score", "segments", "truncated", "lost")
    return TranslationAnswer(text, *(row[name] for name in names))


def _n_best(text: str, row: Row) -> NBestAnswer:
    return NBestAnswer(text, tuple(zip(row["translations"], row["scores"], strict=True)))


def _alignment(text: str, row: Row) -> AlignmentAnswer:
    source, target = _real(row["source_tokens"]), _real(row["target_tokens"])
    weights = tuple(tuple(line[: len(source)]) for line in row["attention"][: len(target)])
    return AlignmentAnswer(text, source, target, weights, row["truncated"])


def _real(tokens: Sequence[str]) -> tuple[str, ...]:
    """Tokens up to the padding, which is empty strings."""
    end = max((place + 1 for place, token in enumerate(tokens) if token), default=0)
    return tuple(tokens[:end])


READERS: tuple[tuple[tuple[str, ...], Callable[[str, Row], Answer]], ...] = (
    (("intent", "slot_count", "slot_starts"), _slots),
    (("label", "labels", "scores"), _classes),
    (("translation", "segments"), _translation),
    (("translations", "scores"), _n_best),
    (("source_tokens", "target_tokens", "attention"), _alignment),
)
