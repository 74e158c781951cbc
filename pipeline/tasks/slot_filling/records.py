"""An example of slot filling, checked once, and its form in the dataset store."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, NotRequired, TypedDict

import numpy as np
import tensorflow_datasets as tfds

from pipeline.errors import RowError
from pipeline.task import Answer, Record

INTENT_SEPARATOR = "#"
AROUND = 40  # characters of a text that are shown on each side of a marked span


class SlotColumns(TypedDict):
    """The spans of a record, as columns of equal length."""

    slot: list[str]
    start: list[int]
    end: list[int]


class TokenColumns(TypedDict):
    """The source's own tokens of a record, as columns of equal length."""

    start: list[int]
    end: list[int]


class UtteranceRecord(Record):
    """An utterance in the dataset store: columns in place of rows."""

    intent: str
    slots: SlotColumns
    tokens: TokenColumns


class IntentAnswer(TypedDict):
    """The intent of an answer; the baseline gives no score."""

    label: str
    score: NotRequired[float]


class SlotAnswer(TypedDict):
    """One slot of an answer: `text[start:end]` is `value`.

    `stray` is True where the first tag is an `I-`; strict scores do not count such a slot.
    """

    slot: str
    value: str
    start: int
    end: int
    score: NotRequired[float]
    stray: NotRequired[bool]


class UtteranceAnswer(Answer):
    """What a user gets for one utterance."""

    intent: IntentAnswer
    slots: list[SlotAnswer]
    rejected: NotRequired[bool]


class Span(NamedTuple):
    """A slot's value: code points into the text, end exclusive."""

    slot: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    """A text with its intent and spans.

    Args:
        text: Exactly as it stands in the source.
        intent: One label; several are joined by `#`; empty where the source states none.
        spans: In order, without overlaps once `settle` has seen them.
        tokens: (start, end) of the source's own tokens where it has them; scores are computed on
            these, so that they compare with published ones.
        parts: Named parts of the split that the example belongs to.
        source: "file:line".
    """

    text: str
    intent: str
    spans: tuple[Span, ...]
    tokens: tuple[tuple[int, int], ...] = ()
    parts: tuple[str, ...] = ()
    source: str = ""

    def error(
        self, wrong: str, expected: str, *spans: Span, fix: str = "", safe: bool = False
    ) -> RowError:
        """An error at the utterance's file and line, which shows its text with `spans` marked."""
        path, _, line = self.source.rpartition(":")
        shown = marked(self.text, spans)
        return RowError(path, int(line or 0), wrong, expected, shown, fix, safe)

    def to_record(self) -> UtteranceRecord:
        """The record of `features`: lists of columns instead of lists of rows."""
        return {
            "text": self.text,
            "intent": self.intent,
            "slots": {
                "slot": [span.slot for span in self.spans],
                "start": [span.start for span in self.spans],
                "end": [span.end for span in self.spans],
            },
            "tokens": {
                "start": [start for start, _ in self.tokens],
                "end": [end for _, end in self.tokens],
            },
            "parts": list(self.parts),
            "source": self.source,
        }


def from_record(record: UtteranceRecord) -> Utterance:
    """The inverse of `Utterance.to_record`."""
    slots, tokens = record["slots"], record["tokens"]
    spans = zip(slots["slot"], slots["start"], slots["end"], strict=True)
    return Utterance(
        text=record["text"],
        intent=record["intent"],
        spans=tuple(Span(*span) for span in spans),
        tokens=tuple(zip(tokens["start"], tokens["end"], strict=True)),
        parts=tuple(record["parts"]),
        source=record["source"],
    )


def to_json(record: UtteranceRecord) -> dict[str, Any]:
    """One line of the embedded JSONL, which the `jsonl` format reads back."""
    utterance = from_record(record)
    line: dict[str, Any] = {"text": utterance.text}
    if utterance.intent:
        line["intent"] = utterance.intent
    line["slots"] = [span._asdict() for span in utterance.spans]
    if utterance.tokens:
        line["tokens"] = [list(token) for token in utterance.tokens]
    if utterance.parts:
        line["parts"] = list(utterance.parts)
    return line


def features() -> tfds.features.FeaturesDict:
    """What the store keeps of one utterance."""
    text, number = tfds.features.Text, tfds.features.Scalar
    return tfds.features.FeaturesDict(
        {
            "text": text(),
            "intent": text(),
            "slots": tfds.features.Sequence(
                {"slot": text(), "start": number(np.int32), "end": number(np.int32)}
            ),
            "tokens": tfds.features.Sequence({"start": number(np.int32), "end": number(np.int32)}),
            "parts": tfds.features.Sequence(text()),
            "source": text(),
        }
    )


def words(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of the words between spaces and tabs; other white space is part of a word."""
    return tuple(match.span() for match in re.finditer(r"[^ \t]+", text))


def marked(text: str, spans: Sequence[Span]) -> str:
    """The text with `[spans](slot)` marked, for a person: on one line, cut where it is long.

    Of spans that overlap only the first is marked; a span beyond the text is cut at its end.
    """
    pieces, place, last = list[str](), 0, len(text)
    inside = [Span(s, min(max(a, 0), last), min(max(b, 0), last)) for s, a, b in spans]
    for slot, start, end in sorted(inside, key=lambda span: span.start):
        if place <= start <= end:
            before = text[place:start]
            if len(before) > 2 * AROUND:
                before = f"…{before[-AROUND:]}" if not pieces else f"{before[:AROUND]}…"
            pieces += [before, f"[{text[start:end]}]({slot})"]
            place = end
    rest, room = text[place:], AROUND if pieces else 4 * AROUND
    pieces.append(rest if len(rest) <= 2 * room else f"{rest[:room]}…")
    # Control characters and line breaks would spoil the terminal.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in "".join(pieces))


def tag_names(slots: Sequence[str]) -> list[str]:
    """Tag ids to names: `O` 0, then `B-` and `I-` of each slot in turn."""
    return ["O", *(f"{prefix}-{slot}" for slot in slots for prefix in "BI")]


def overlaps(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """The first two spans that share a character, if any."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    for left, right in itertools.pairwise(ordered):
        if right.start < left.end:
            return left, right
    return None


def trimmed(text: str, span: Span) -> Span | None:
    """The span without white space at its edges; None if it covers nothing else."""
    value = text[span.start : span.end]
    start = span.start + len(value) - len(value.lstrip())
    end = start + len(value.strip())
    return Span(span.slot, start, end) if start < end else None


def settle(utterance: Utterance, repairs: Counter[str]) -> Utterance:
    """Drops exact repeats, then the shorter of two overlapping spans (the later, of equals).

    What is dropped is counted in `repairs`.
    """
    spans = list(dict.fromkeys(utterance.spans))
    repairs["exact repeats dropped"] += len(utterance.spans) - len(spans)
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if overlaps([*kept, span]):
            repairs["shorter overlapping spans dropped"] += 1
        else:
            kept.append(span)
    return replace(utterance, spans=tuple(sorted(kept, key=lambda span: span.start)))
