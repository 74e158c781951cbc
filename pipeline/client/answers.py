"""The answers of a server as records; the names of a row's outputs determine the record.

Lists in a row may end in padding, which the records omit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast


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
    """The answer of a slot filling model: an intent and slots."""

    text: str
    intent: str
    score: float
    rejected: bool
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class ClassAnswer:
    """The answer of a text classifier.

    Args:
        text: The text of the request.
        label: The most probable label.
        score: Its probability.
        scores: The scores of all labels.
        rejected: Whether `score` is below the model's threshold.
        chosen: The assigned labels if a text may have several, otherwise None.
    """

    text: str
    label: str
    score: float
    scores: Mapping[str, float]
    rejected: bool
    chosen: tuple[str, ...] | None = None


@dataclass(frozen=True)
class TranslationAnswer:
    """A translation.

    Args:
        text: The text of the request.
        translation: Its translation.
        score: The score of the translation.
        segments: The number of segments translated separately.
        truncated: Whether the translation covers only part of the text.
        lost: The number of protected values missing from the translation.
    """

    text: str
    translation: str
    score: float
    segments: int
    truncated: bool
    lost: int


@dataclass(frozen=True)
class NBestAnswer:
    """Several translations with their scores, best first."""

    text: str
    translations: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class AlignmentAnswer:
    """The attention weights of a translation.

    Args:
        text: The text of the request.
        source: The tokens of the text.
        target: The tokens of the translation.
        attention: For each target token, the weights of the source tokens.
        truncated: Whether the translation covers only part of the text.
    """

    text: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...]
    truncated: bool


@dataclass(frozen=True)
class PlainAnswer:
    """The answer of any other signature."""

    text: str
    outputs: object


Answer = SlotAnswer | ClassAnswer | TranslationAnswer | NBestAnswer | AlignmentAnswer | PlainAnswer


class SlotRow(TypedDict):
    """The outputs of a slot filling model for one text."""

    intent: str
    intent_score: float
    rejected: bool
    slot_count: int
    slot_names: Sequence[str]
    slot_values: Sequence[str]
    slot_starts: Sequence[int]
    slot_ends: Sequence[int]
    slot_scores: Sequence[float]


class ClassRow(TypedDict):
    """The outputs of a text classifier for one text."""

    label: str
    score: float
    labels: Sequence[str]
    scores: Sequence[float]
    rejected: bool
    chosen: NotRequired[Sequence[bool]]


class TranslationRow(TypedDict):
    """The outputs of a translation model for one text."""

    translation: str
    score: float
    segments: int
    truncated: bool
    lost: int


class NBestRow(TypedDict):
    """The outputs of the signature `n_best` for one text."""

    translations: Sequence[str]
    scores: Sequence[float]


class AlignmentRow(TypedDict):
    """The outputs of the signature `align` for one text."""

    source_tokens: Sequence[str]
    target_tokens: Sequence[str]
    attention: Sequence[Sequence[float]]
    truncated: bool


def read_answer(text: str, row: object) -> Answer:
    """Return the record for a row of `predictions`."""
    if not isinstance(row, Mapping):
        return PlainAnswer(text, row)
    names = row.keys()
    if names >= {"intent", "slot_count", "slot_starts"}:
        return _slots(text, cast(SlotRow, row))
    if names >= {"label", "labels", "scores"}:
        return _classes(text, cast(ClassRow, row))
    if names >= {"translation", "segments"}:
        return _translation(text, cast(TranslationRow, row))
    if names >= {"translations", "scores"}:
        return _n_best(text, cast(NBestRow, row))
    if names >= {"source_tokens", "target_tokens", "attention"}:
        return _alignment(text, cast(AlignmentRow, row))
    return PlainAnswer(text, row)


def _slots(text: str, row: SlotRow) -> SlotAnswer:
    count = row["slot_count"]
    columns = zip(
        row["slot_names"][:count],
        row["slot_values"][:count],
        row["slot_starts"][:count],
        row["slot_ends"][:count],
        row["slot_scores"][:count],
        strict=True,
    )
    slots = tuple(Slot(*values) for values in columns)
    return SlotAnswer(text, row["intent"], row["intent_score"], row["rejected"], slots)


def _classes(text: str, row: ClassRow) -> ClassAnswer:
    labels, flags = row["labels"], row.get("chosen")
    chosen = None
    if flags is not None:
        chosen = tuple(label for label, flag in zip(labels, flags, strict=True) if flag)
    scores = dict(zip(labels, row["scores"], strict=True))
    return ClassAnswer(text, row["label"], row["score"], scores, row["rejected"], chosen)


def _translation(text: str, row: TranslationRow) -> TranslationAnswer:
    return TranslationAnswer(
        text, row["translation"], row["score"], row["segments"], row["truncated"], row["lost"]
    )


def _n_best(text: str, row: NBestRow) -> NBestAnswer:
    return NBestAnswer(text, tuple(zip(row["translations"], row["scores"], strict=True)))


def _alignment(text: str, row: AlignmentRow) -> AlignmentAnswer:
    source = _without_padding(row["source_tokens"])
    target = _without_padding(row["target_tokens"])
    weights = tuple(tuple(line[: len(source)]) for line in row["attention"][: len(target)])
    return AlignmentAnswer(text, source, target, weights, row["truncated"])


def _without_padding(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return the tokens before the padding, which is empty strings."""
    end = max((index + 1 for index, token in enumerate(tokens) if token), default=0)
    return tuple(tokens[:end])
