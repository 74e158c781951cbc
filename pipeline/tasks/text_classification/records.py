"""An example of text classification, checked once, and its form in the dataset store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired

import tensorflow_datasets as tfds

from pipeline.errors import RowError
from pipeline.task import Answer, Record

SHOWN = 160  # characters of a text that a person is shown


class TextRecord(Record):
    """A text with its labels in the dataset store."""

    labels: list[str]


class TextAnswer(Answer):
    """What a user gets for one text.

    `scores` has all labels, the most likely first. `labels` has those that are given, where a text
    may have several.
    """

    label: str
    score: float
    rejected: NotRequired[bool]


@dataclass(frozen=True)
class Example:
    """A text with its labels.

    Args:
        text: Exactly as it stands in the source.
        labels: In the source's order; exactly one, unless the data are multi-label.
        source: "file:line".
    """

    text: str
    labels: tuple[str, ...]
    source: str = ""

    def error(
        self, wrong: str, expected: str, label: str | None = None, fix: str = "", safe: bool = False
    ) -> RowError:
        """An error at the example's file and line, which shows its text, and the label if given."""
        path, _, line = self.source.rpartition(":")
        shown = shorten(self.text if label is None else f"[{label}] {self.text}")
        return RowError(path, int(line or 0), wrong, expected, shown, fix, safe)

    def to_record(self) -> TextRecord:
        """The record of `features`."""
        return {"text": self.text, "labels": list(self.labels), "source": self.source}


def from_record(record: TextRecord) -> Example:
    """The inverse of `Example.to_record`."""
    return Example(record["text"], tuple(record["labels"]), record["source"])


def to_json(record: TextRecord) -> dict[str, Any]:
    """One line of JSONL, which the `jsonl` format reads back, label column `labels`."""
    return {"text": record["text"], "labels": list(record["labels"])}


def features() -> tfds.features.FeaturesDict:
    """What the store keeps of one example."""
    text = tfds.features.Text
    return tfds.features.FeaturesDict(
        {"text": text(), "labels": tfds.features.Sequence(text()), "source": text()}
    )


def check(example: Example, multi_label: bool = False, mendable: bool = False) -> None:
    """Refuses strings that are not UTF-8, empty texts, and labels that are not as they should be.

    Args:
        example: With the labels that the file has.
        multi_label: Whether there may be any number of labels, not exactly one.
        mendable: Whether `repair` can write the file anew.

    Raises:
        RowError: With the example's file and line.
    """
    try:
        "".join((example.text, *example.labels)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise example.error("half of a surrogate pair", "whole characters") from error
    if not example.text.strip():
        raise example.error("the text is empty", "a text", ", ".join(example.labels))
    for label in example.labels:
        _check_label(example, label, mendable)
    repeated = [label for label, times in Counter(example.labels).items() if times > 1]
    if repeated:
        wrong, fix = f"the label {repeated[0]!r} stands twice", f"{repeated[0]!r} once"
        raise example.error(wrong, "each label once", repeated[0], fix, multi_label and mendable)
    if not multi_label and len(example.labels) != 1:
        count, names = len(example.labels), ", ".join(example.labels)
        wrong = f"{count} labels ({names})" if count else "it states no label"
        raise example.error(wrong, "exactly one (or set data.multi_label to true)", names)


def _check_label(example: Example, label: str, mendable: bool) -> None:
    inner = label.strip()
    if not inner:
        stated = "it states no label" if len(example.labels) == 1 else "one of its labels is empty"
        raise example.error(stated, "a label's name", label)
    if "\n" in inner or "\r" in inner:
        raise example.error(f"the label {label!r} holds a line break", "a label of one line", label)
    if label != inner:
        wrong, expected = f"white space round the label {label!r}", "the label alone"
        raise example.error(wrong, expected, label, f"{inner!r}", mendable)


def named(example: Example, names: Mapping[str, str]) -> Example:
    """The example with its labels by their names; two that have one name are one.

    A label that is itself one of the names stays as it is.

    Raises:
        RowError: A label is not listed.
    """
    if not names:
        return example
    known = set(names.values())
    for label in example.labels:
        if label not in names and label not in known:
            listed = shorten(", ".join(names))
            raise example.error(f"the label {label!r}", f"one of data.labels: {listed}", label)
    labels = dict.fromkeys(names.get(label, label) for label in example.labels)
    return replace(example, labels=tuple(labels))


def shorten(text: str, room: int = SHOWN) -> str:
    """A text for a person: on one line, cut where it is long, control characters spelled out."""
    cut = text if len(text) <= room else f"{text[:room]}…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
