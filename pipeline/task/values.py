"""What passes through the seam: records, answers, scores, and the other values of the sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict

from typing_extensions import TypeVar

from pipeline.config import TaskSettings
from pipeline.errors import DataError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Vocabularies = Mapping[str, Any]  # name to terms, or to the bytes of a trained tokenizer
Purpose = Literal["learn", "score", "texts"]  # of reading a file; only `learn` needs all of it
OnError = Callable[[DataError], None]  # raises it, or keeps it so that reading continues


class Record(TypedDict):
    """What every task's record has; a task adds its annotations.

    Attributes:
        text: The text as it stands in the source.
        source: "file:line".
        parts: Named parts of the split that the example belongs to.
    """

    text: str
    source: str
    parts: NotRequired[list[str]]


class Answer(TypedDict):
    """What every task's answer has; a task adds what it predicts.

    Attributes:
        text: The text that was answered.
        scores: Label to score, where the answers of a task score every label.
        labels: The labels that are given, where a text may have several.
    """

    text: str
    scores: NotRequired[dict[str, float]]
    labels: NotRequired[list[str]]


S = TypeVar("S", bound=TaskSettings, default=TaskSettings)
R = TypeVar("R", bound=Record, default=Record)
A = TypeVar("A", bound=Answer, default=Answer)
T = TypeVar("T", bound="tf.Module", default="tf.Module")  # the tokenizer
M = TypeVar("M", bound="keras.Model", default="keras.Model")


class Dropped(NamedTuple, Generic[R]):
    """A well-formed record that a filter of the config left out, with the reason."""

    record: R
    why: str


class Detected(NamedTuple):
    """The data section of a config for a user's file, and a line on what was detected."""

    settings: dict[str, Any]
    seen: str


@dataclass(frozen=True)
class Source(Generic[R]):
    """The examples that a loader found.

    Attributes:
        splits: Split name to a function that reads its records.
        files: The files that the content depends on.
        repairs: How often each stated policy changed an example, counted while reading.
        dropped: Reads the examples that filters left out, one by one.
    """

    splits: Mapping[str, Callable[[], Iterable[R]]]
    files: Sequence[Path]
    repairs: Counter[str] = field(default_factory=Counter)
    dropped: Callable[[], Iterable[Dropped[R]]] = tuple


@dataclass(frozen=True)
class Advice:
    """A bad line explained to a person.

    Args:
        shown: The line, with the bad part marked.
        fix: What to write instead.
        safe: Whether `DataSide.repair` makes this change.
    """

    shown: str
    fix: str
    safe: bool


@dataclass(frozen=True)
class Table:
    """A table with a title, for the terminal and the report."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True)
class Scores:
    """The scores of a model on some examples.

    Args:
        metrics: Name to `{"value", "low", "high"}`, in percent, with a 95 % interval.
        tables: Detail for the terminal.
        errors: One JSON-ready dict for each example with a wrong prediction.
        counts: Name to the `metrics.intervals.Counts` of that metric, for comparing two models.
    """

    metrics: Mapping[str, Mapping[str, float]]
    tables: Sequence[Table]
    errors: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A model joined to its tokenizer: strings in, finished answers out.

    Args:
        module: A `tf.Module` that tracks every variable and table once.
        signatures: Name to the `tf.function` with an input signature that is exported.
        margin: Maps texts to the smallest gap between the two best scores of each row.
    """

    module: tf.Module
    signatures: Mapping[str, Any]
    margin: Callable[[Any], Any]


class Axis(NamedTuple):
    """The terms that the positions along an axis of a weight stand for.

    Attributes:
        terms: In order. An axis may be longer; its other positions are free.
        parts: Maps new terms to the positions, among `terms`, whose mean each one starts from. None
            if a new term starts as in a new model.
    """

    terms: Sequence[str]
    parts: Callable[[Sequence[str]], Sequence[Sequence[int]]] | None = None


class Layout(NamedTuple):
    """The weights of a model that grow with its vocabularies.

    Attributes:
        axes: Name of an axis to its terms.
        weights: Pattern of a weight's path (`*` matches anything but `/`) to the name of each of
            its axes; None for an axis that does not grow. A weight that no pattern matches keeps
            its shape.
        calibrated: Paths of the weights that `ModelSide.after_training` sets. They are not trained,
            and the old values are kept until then.
    """

    axes: Mapping[str, Axis]
    weights: Mapping[str, tuple[str | None, ...]]
    calibrated: Collection[str] = ()
