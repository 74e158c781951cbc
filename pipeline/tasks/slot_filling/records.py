"""The utterance of slot filling, its record in the dataset store, and the answer to it."""

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
CONTEXT_LENGTH = 40  # characters shown on each side of a marked span


class SlotColumns(TypedDict):
    """The spans of a record, as columns of equal length."""

    slot: list[str]
    start: list[int]
    end: list[int]


class TokenColumns(TypedDict):
    """The tokens given by the source file, as columns of equal length."""

    start: list[int]
    end: list[int]


class UtteranceRecord(Record):
    """An utterance in the dataset store; spans and tokens are stored as columns."""

    intent: str
    slots: SlotColumns
    tokens: TokenColumns


class IntentAnswer(TypedDict):
    """The predicted intent; the baseline gives no score."""

    label: str
    score: NotRequired[float]


class SlotAnswer(TypedDict):
    """A predicted slot: `text[start:end]` is `value`.

    `stray` is True if the first tag is an `I-`; strict scores do not count such a slot.
    """

    slot: str
    value: str
    start: int
    end: int
    score: NotRequired[float]
    stray: NotRequired[bool]


class UtteranceAnswer(Answer):
    """The answer to one utterance."""

    intent: IntentAnswer
    slots: list[SlotAnswer]
    rejected: NotRequired[bool]


class Span(NamedTuple):
    """A slot and the position of its value: code points into the text, end exclusive."""

    slot: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    """A text with its intent and spans.

    Args:
        text: The text, unchanged from the source.
        intent: One label, or several joined by `#`; empty if the source gives none.
        spans: In order; `resolve_overlaps` removes overlaps.
        tokens: (start, end) of each token, if the source is tokenized. Scores are computed on
            these tokens, so that they are comparable with published scores.
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
        """Return an error at the utterance's file and line; it shows the text with spans marked."""
        path, _, line = self.source.rpartition(":")
        shown = mark_spans(self.text, spans)
        return RowError(path, int(line or 0), wrong, expected, shown, fix, safe)

    def to_record(self) -> UtteranceRecord:
        """Return the record that `features` describes."""
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
    """Return the utterance of a record; the inverse of `Utterance.to_record`."""
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
    """Return one line of the bundled JSONL, which the `jsonl` format reads back."""
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
    """Return the `tfds.features` of one record."""
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


def word_offsets(text: str) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of the words that spaces and tabs separate.

    Other white space is part of a word.
    """
    return tuple(match.span() for match in re.finditer(r"[^ \t]+", text))


def mark_spans(text: str, spans: Sequence[Span]) -> str:
    """Return the text on one line, with spans marked as `[value](slot)` and long parts cut.

    If spans overlap, only the first is marked; a span beyond the text is cut at its end.
    """
    pieces, position, length = list[str](), 0, len(text)
    inside = [Span(s, min(max(a, 0), length), min(max(b, 0), length)) for s, a, b in spans]
    for slot, start, end in sorted(inside, key=lambda span: span.start):
        if position <= start <= end:
            before = text[position:start]
            if len(before) > 2 * CONTEXT_LENGTH:
                cut = f"…{before[-CONTEXT_LENGTH:]}", f"{before[:CONTEXT_LENGTH]}…"
                before = cut[1] if pieces else cut[0]
            pieces += [before, f"[{text[start:end]}]({slot})"]
            position = end
    rest, room = text[position:], CONTEXT_LENGTH if pieces else 4 * CONTEXT_LENGTH
    pieces.append(rest if len(rest) <= 2 * room else f"{rest[:room]}…")
    # Control characters and line breaks would garble the terminal.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in "".join(pieces))


def tag_names(slots: Sequence[str]) -> list[str]:
    """Return the tag names by tag id: `O` is 0, then `B-` and `I-` of each slot in turn."""
    return ["O", *(f"{prefix}-{slot}" for slot in slots for prefix in "BI")]


def overlaps(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Return the first two spans that share a character, or None."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    for left, right in itertools.pairwise(ordered):
        if right.start < left.end:
            return left, right
    return None


def trimmed(text: str, span: Span) -> Span | None:
    """Return the span without white space at its edges; None if it covers only white space."""
    value = text[span.start : span.end]
    start = span.start + len(value) - len(value.lstrip())
    end = start + len(value.strip())
    return Span(span.slot, start, end) if start < end else None


def resolve_overlaps(utterance: Utterance, repairs: Counter[str]) -> Utterance:
    """Drop exact repeats, then the shorter of two overlapping spans (the later if equally long).

    `repairs` counts the dropped spans.
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
