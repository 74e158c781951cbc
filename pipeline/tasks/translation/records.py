"""A pair of texts: checked once, and in the form of the dataset store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired

import tensorflow_datasets as tfds

from pipeline.errors import RowError
from pipeline.task import Answer, Record

SHOWN = 160  # characters of a text that a person is shown


class PairRecord(Record):
    """A text and its translation in the dataset store."""

    target: str


class PairAnswer(Answer):
    """What a user gets for one text.

    `score` is the mean log-probability of the translation's tokens. `segments` is the number of
    segments that were translated one by one, `truncated` is whether one was cut, and `lost` counts
    protected codes and names that the translation does not have.
    """

    translation: str
    score: float
    segments: NotRequired[int]
    truncated: NotRequired[bool]
    lost: NotRequired[int]


@dataclass(frozen=True)
class Example:
    """A text and its translation.

    Args:
        text: The text in the source language, exactly as in the file.
        target: The text in the target language, exactly as in the file.
        source: "file:line"; for two aligned files that of the source language.
        parts: Named parts of the split that the example belongs to.
    """

    text: str
    target: str
    source: str = ""
    parts: tuple[str, ...] = ()

    def error(self, wrong: str, expected: str, fix: str = "", safe: bool = False) -> RowError:
        """Return an error with the example's file and line that shows both sides."""
        path, _, line = self.source.rpartition(":")
        shown = f"{shorten(self.text)} ||| {shorten(self.target)}"
        return RowError(path, int(line or 0), wrong, expected, shown, fix, safe)

    def to_record(self) -> PairRecord:
        """Return the record of `features`."""
        return {
            "text": self.text,
            "target": self.target,
            "source": self.source,
            "parts": list(self.parts),
        }


def from_record(record: PairRecord) -> Example:
    """Return the example of a record; the inverse of `to_record`."""
    return Example(record["text"], record["target"], record["source"], tuple(record["parts"]))


def to_json(record: PairRecord) -> dict[str, Any]:
    """Return one line of JSONL, which the `jsonl` format reads back."""
    parts = {"parts": list(record["parts"])} if record["parts"] else {}
    return {"text": record["text"], "target": record["target"], **parts}


def features() -> tfds.features.FeaturesDict:
    """Return the features of one example in the store."""
    text = tfds.features.Text
    return tfds.features.FeaturesDict(
        {
            "text": text(),
            "target": text(),
            "source": text(),
            "parts": tfds.features.Sequence(text()),
        }
    )


def check(example: Example) -> None:
    """Refuse strings that are not UTF-8 and empty sides.

    Raises:
        RowError: Names the example's file and line.
    """
    try:
        "".join((example.text, example.target, *example.parts)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise example.error("half of a surrogate pair", "whole characters") from error
    empty = empty_sides(example)
    if empty:
        wrong = f"the {' and the '.join(empty)} side {'are' if len(empty) > 1 else 'is'} empty"
        raise example.error(wrong, "both (data.filters.empty leaves such pairs out of train)")


def empty_sides(example: Example) -> list[str]:
    """Return the sides, `source` or `target`, that contain only whitespace."""
    sides = {"source": example.text, "target": example.target}
    return [name for name, text in sides.items() if not text.strip()]


def shorten(text: str, room: int = SHOWN) -> str:
    """A text for a person: on one line, cut where it is long, control characters spelled out."""
    cut = text if len(text) <= room else f"{text[:room]}…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
