"""The seam: what a task is to the stages. A `Task` has four typed sides, in the data's order.

- `DataSide`: users' files become records, and records become files.
- `ModelSide`: records become vocabularies, a tokenizer, a Keras model and a service.
- `AnswerSide`: the outputs of the service become answers for people.
- `JudgeSide`: answers are scored against records and shown in the report.

Stages take a `Task` and never name one. A new task is a folder under `pipeline/tasks/` that
subclasses each side once, and one word in `pipeline.tasks.TASKS`. What a task does not need has a
default that does nothing.

Words used below: a *record* is an example as the dataset store keeps it, a dict of plain values
(`features` lists them); a *batch* is a dict of tensors, one row an example; an *answer* is the
plain dict that a user gets for one text.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NotRequired, TypedDict

from typing_extensions import TypeVar

from pipeline.config import TaskSettings
from pipeline.errors import DataError, InputError, RowError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

JSONL = "jsonl"

Vocabularies = Mapping[str, Any]  # name to terms, or to the bytes of a trained tokenizer
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


class DataSide(ABC, Generic[S, R]):
    """Users' files become records, and records become files.

    The defaults are those of a task that has one format: JSON lines with the keys of `to_json`.
    """

    def guess(
        self, path: Path, format_: str | None = None, known: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], str]:
        """Return a config's data section for a user's own file, and what was detected.

        By default any `.jsonl` file has the keys that `to_json` writes.

        Raises:
            InputError: The file is in no format of the task.
        """
        if (format_ or path.suffix.lstrip(".")) != JSONL or not path.is_file():
            raise InputError(f"{path}: expected a .jsonl file, the only format of this task")
        return {"format": JSONL, "files": {"train": str(path)}}, f"{path.name}: JSONL"

    def columns(self, settings: S) -> dict[str, Any]:
        """Return the names of the columns that the training file has."""
        return settings.data.columns.model_dump()

    def like(self, settings: S, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data section `guess` found, as a model with these settings must read it."""
        return dict(found)

    def unstated(self, settings: S, found: Any) -> str | None:
        """Explain which annotation a new file lacks that the model would mislearn."""
        return None

    @abstractmethod
    def features(self) -> Any:
        """Return the `tfds.features` of one record."""

    @abstractmethod
    def load(self, settings: S, on_error: OnError | None = None) -> Source[R]:
        """Find the examples of every split; bad lines go to `on_error`, which raises by default."""

    def read_as_is(self, settings: S, on_error: OnError | None = None) -> Iterable[R]:
        """Read the records of the training file without the policies that training applies.

        By default the records of the split `train`, for a task that has no policies.
        """
        return self.load(settings, on_error).splits["train"]()

    def write(self, records: Iterable[R], path: Path, format_: str | None, tags: str | None) -> str:
        """Write records to a file in a user's format, whole or not at all; return the format.

        The path's ending decides the format if `format_` is None. By default there is only JSONL,
        the lines of `to_json`.

        Raises:
            DataError: The format cannot hold a record.
            InputError: There is no such format.
        """
        if (format_ or path.suffix.lstrip(".")) != JSONL:
            raise InputError(f"{path}: expected a .jsonl file, the only format of this task")
        rows = [json.dumps(self.to_json(record), ensure_ascii=False) for record in records]
        path.write_bytes("".join(f"{row}\n" for row in rows).encode())
        return JSONL

    def to_json(self, record: R) -> dict[str, Any]:
        """Return the record as one line of the JSONL that travels with a version.

        By default all of it but where it stood in the source.
        """
        return {key: value for key, value in record.items() if key != "source"}

    def bundled_settings(self, settings: S, files: Mapping[str, str]) -> S:
        """Return the settings that read files of such JSONL, by split; all else stays."""
        old = settings.data
        form = {"format": JSONL, "files": dict(files), "columns": type(old.columns)()}
        return settings.model_copy(update={"data": old.model_copy(update=form)})

    def describe_errors(self, errors: Sequence[DataError]) -> list[Advice]:
        """Explain bad lines to a person, in order."""
        return [_advice(error) for error in errors]

    def repair(self, settings: S) -> Iterable[tuple[Path, Path, Sequence[tuple[int, str]]]]:
        """Write a copy of each file with safe repairs.

        Yields:
            The file, the copy, and for each repair its line and what was changed.
        """
        return ()

    def audit(self, splits: Mapping[str, Sequence[R]]) -> list[Table]:
        """Return tables of what is odd about well-formed records, split by split."""
        return []


def _advice(error: DataError) -> Advice:
    if isinstance(error, RowError):
        return Advice(error.shown, error.fix or f"write {error.expected}", error.safe)
    return Advice("", f"write {error.expected}", safe=False)


class ModelSide(ABC, Generic[S, R, T, M]):
    """Records become vocabularies, a tokenizer, a Keras model and a service.

    Attributes:
        over_limit: What happens to a text with more than `max_tokens` tokens, as a clause.
    """

    over_limit: str = "training uses their first tokens"

    @abstractmethod
    def learn(self, settings: S, records: Iterable[R]) -> Vocabularies:
        """Learn the vocabularies from training records."""

    def grow(
        self, settings: S, vocabularies: Vocabularies, old: Sequence[R], new: Sequence[R]
    ) -> Vocabularies:
        """Return the vocabularies with the terms of new records appended; old ids stay."""
        return vocabularies

    def layout(self, settings: S, vocabularies: Vocabularies) -> Layout:
        """Return which weights grow with these vocabularies."""
        return Layout({}, {})

    @abstractmethod
    def build_tokenizer(self, settings: S, folder: Path) -> T:
        """Build the tokenizer, a `tf.Module`, over the vocabulary files in `folder`."""

    @abstractmethod
    def build_encoder(
        self, settings: S, tokenizer: T, vocabularies: Vocabularies, records: Iterable[R]
    ) -> Any:
        """Return the `datasets.batches.Encoder` that makes what `model.fit` takes."""

    @abstractmethod
    def build_model(self, settings: S, vocabularies: Vocabularies) -> M:
        """Build the Keras model (`keras.ops` and layers only)."""

    @abstractmethod
    def losses(self, settings: S, model: M) -> dict[str, Any]:
        """Return the loss of each model output."""

    def before_training(
        self,
        settings: S,
        tokenizer: T,
        model: M,
        vocabularies: Vocabularies,
        records: Iterable[R],
    ) -> None:
        """Set the weights that are counted on the training records, before the first step."""
        return

    def after_training(
        self,
        settings: S,
        tokenizer: T,
        model: M,
        vocabularies: Vocabularies,
        records: Sequence[R],
    ) -> Mapping[str, float]:
        """Calibrate a trained model on held-out records; return what was set, by name."""
        return {}

    @abstractmethod
    def count_tokens(self, tokenizer: T, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Return the number of tokens of each text, and of its unknown ones."""

    def max_tokens(self, tokenizer: T) -> int | None:
        """Return the longest text, in tokens, that training uses whole; None for any."""
        return None

    @abstractmethod
    def build_service(self, tokenizer: T, model: M, vocabularies: Vocabularies) -> Service:
        """Join tokenizer and model to the graph that is exported."""


class AnswerSide(ABC, Generic[R, A]):
    """The outputs of the service become answers for people."""

    @abstractmethod
    def read(self, texts: Sequence[str], outputs: Mapping[str, Any]) -> list[A]:
        """Return the NumPy outputs of `serving_default` as one plain dict a text."""

    @abstractmethod
    def suggest(self, answer: A) -> R:
        """Return the record that the answer would be if it were right."""

    def confidence(self, answer: A) -> float:
        """Return how sure the answer is, 0 to 1."""
        return 1.0

    def labels(self, record: R) -> Mapping[str, Sequence[str]]:
        """Return the record's gold labels by the vocabulary that should list them."""
        return {}


class JudgeSide(ABC, Generic[S, R, A, T, M]):
    """Answers are scored against records and shown in the report."""

    @abstractmethod
    def score(self, settings: S, records: Sequence[R], answers: Sequence[A]) -> Scores:
        """Score the answers to the texts of `records`."""

    def stress(
        self, settings: S, train: Iterable[R], records: Sequence[R], seed: int
    ) -> Mapping[str, list[R]]:
        """Make harder sets of `records`, such as with other values; name to records."""
        return {}

    def baseline(self, settings: S, train: Iterable[R], records: Sequence[R]) -> list[A]:
        """Answer `records` with a cheap reference model that is fitted on `train`."""
        raise InputError("--baseline: this task has no baseline model")

    def report(
        self, settings: S, tokenizer: T, model: M, records: Sequence[R], answers: Sequence[A]
    ) -> Sequence[Any]:
        """Return what the report shows of a split, as `pipeline.report.page.Section`s."""
        return ()


@dataclass(frozen=True)
class Task(Generic[S, R, A, T, M]):
    """One task: settings S, records R, answers A, tokenizer T, model M.

    Attributes:
        name: The folder's name, the `task` key of a config.
        example: The shipped config that runs on embedded data.
        headline: The metric that early stopping and the tables use; higher is better.
        settings: The class of the config file's settings.
        space: What `tune` searches if a config names nothing, in the form of its `tune` block.
        data: Files to records and back.
        model: Records to a trained service.
        answers: Outputs to answers.
        judge: Answers to scores and a report.
    """

    name: str
    example: str
    headline: str
    settings: type[S]
    space: Mapping[str, Any]
    data: DataSide[S, R]
    model: ModelSide[S, R, T, M]
    answers: AnswerSide[R, A]
    judge: JudgeSide[S, R, A, T, M]
