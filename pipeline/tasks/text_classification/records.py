"""The example of text classification, its record in the dataset store, and the answer to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired

import tensorflow_datasets as tfds

from pipeline.errors import RowError
from pipeline.task import Answer, Record
from pipeline.userfiles.explain import shorten


class TextRecord(Record):
    """A labelled text in the dataset store."""

    labels: list[str]


class TextAnswer(Answer):
    """The answer to one text.

    `label` is the most likely label and `score` its probability. `scores` has all labels, the most
    likely first. In multi-label data, `labels` has the labels that are predicted.
    """

    label: str
    score: float
    rejected: NotRequired[bool]


@dataclass(frozen=True)
class Example:
    """A text with its labels.

    Args:
        text: The text, unchanged from the source.
        labels: In the order of the source; exactly one, unless the data is multi-label.
        source: "file:line".
    """

    text: str
    labels: tuple[str, ...]
    source: str = ""

    def error(
        self, wrong: str, expected: str, label: str | None = None, fix: str = "", safe: bool = False
    ) -> RowError:
        """Return an error at the example's file and line; it shows the text and `label`."""
        path, _, line = self.source.rpartition(":")
        shown = shorten(self.text if label is None else f"[{label}] {self.text}")
        return RowError(path, int(line or 0), wrong, expected, shown, fix, safe)

    def to_record(self) -> TextRecord:
        """Return the record that `features` describes."""
        return {"text": self.text, "labels": list(self.labels), "source": self.source}


def from_record(record: TextRecord) -> Example:
    """Return the example of a record; the inverse of `Example.to_record`."""
    return Example(record["text"], tuple(record["labels"]), record["source"])


def to_json(record: TextRecord) -> dict[str, Any]:
    """Return one line of JSONL, which the `jsonl` format reads back with label column `labels`."""
    return {"text": record["text"], "labels": list(record["labels"])}


def features() -> tfds.features.FeaturesDict:
    """Return the `tfds.features` of one record."""
    text = tfds.features.Text
    return tfds.features.FeaturesDict(
        {"text": text(), "labels": tfds.features.Sequence(text()), "source": text()}
    )


def check(example: Example, multi_label: bool = False, repairable: bool = False) -> None:
    """Reject invalid UTF-8, empty texts and invalid labels.

    Args:
        example: The example, with the labels of the file.
        multi_label: Whether a text may have any number of labels instead of exactly one.
        repairable: Whether `repair` can write the format of the file.

    Raises:
        RowError: The example is invalid; the error names its file and line.
    """
    try:
        "".join((example.text, *example.labels)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise example.error("half of a surrogate pair", "whole characters") from error
    if not example.text.strip():
        raise example.error("the text is empty", "a text", ", ".join(example.labels))
    for label in example.labels:
        _check_label(example, label, repairable)
    repeated = [label for label, count in Counter(example.labels).items() if count > 1]
    if repeated:
        wrong, fix = f"the label {repeated[0]!r} occurs twice", f"{repeated[0]!r} once"
        raise example.error(wrong, "each label once", repeated[0], fix, multi_label and repairable)
    if not multi_label and len(example.labels) != 1:
        count, names = len(example.labels), ", ".join(example.labels)
        wrong = f"{count} labels ({names})" if count else "no label"
        raise example.error(wrong, "exactly one (or set data.multi_label to true)", names)


def _check_label(example: Example, label: str, repairable: bool) -> None:
    stripped = label.strip()
    if not stripped:
        wrong = "no label" if len(example.labels) == 1 else "one of the labels is empty"
        raise example.error(wrong, "the name of a label", label)
    if "\n" in stripped or "\r" in stripped:
        wrong = f"the label {label!r} contains a line break"
        raise example.error(wrong, "a label on one line", label)
    if label != stripped:
        wrong, expected = f"white space around the label {label!r}", "the label without it"
        raise example.error(wrong, expected, label, f"{stripped!r}", repairable)


def rename_labels(example: Example, names: Mapping[str, str]) -> Example:
    """Return the example with each label replaced by its name; equal names are merged.

    A label that is already one of the names is kept.

    Raises:
        RowError: A label is neither a key nor a name of `names`.
    """
    if not names:
        return example
    known = set(names.values())
    for label in example.labels:
        if label not in names and label not in known:
            listed = shorten(", ".join(names))
            wrong = f"the label {label!r} is unknown"
            raise example.error(wrong, f"one of data.labels: {listed}", label)
    labels = dict.fromkeys(names.get(label, label) for label in example.labels)
    return replace(example, labels=tuple(labels))
