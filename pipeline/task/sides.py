"""The four typed sides of a task; what a task does not need has a default that does nothing."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic

from pipeline.errors import DataError, InputError, RowError
from pipeline.task.values import (
    A,
    Advice,
    Detected,
    Layout,
    M,
    OnError,
    Purpose,
    R,
    S,
    Scores,
    Service,
    Source,
    T,
    Table,
    Vocabularies,
)

JSONL = "jsonl"


class DataSide(ABC, Generic[S, R]):
    """Users' files become records, and records become files.

    The defaults are those of a task that has one format: JSON lines with the keys of `to_json`.
    """

    def detect(self, path: Path, format_: str | None = None) -> Detected:
        """Return how to read a user's own file.

        By default any `.jsonl` file has the keys that `to_json` writes.

        Raises:
            InputError: The file is in no format of the task.
        """
        if (format_ or path.suffix.lstrip(".")) != JSONL or not path.is_file():
            raise InputError(f"{path}: expected a .jsonl file, the only format of this task")
        return Detected({"format": JSONL, "files": {"train": str(path)}}, f"{path.name}: JSONL")

    def adopt(self, settings: S, path: Path, purpose: Purpose = "learn") -> S:
        """Return the settings that read a new file, whole, for a model trained with `settings`.

        Raises:
            IncompleteDataError: `learn`, and the file lacks what the model would mislearn.
            InputError: The file cannot be read, or `retrain.columns` is wrong.
        """
        section = self.detect(path).settings
        files = dict.fromkeys(("train", "valid", "test"), section["files"]["train"])
        data = settings.data.model_copy(update={"format": section["format"], "files": files})
        return settings.model_copy(update={"data": data})

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
        """Return the settings that read such JSONL; `retrain.columns` keeps the user's columns."""
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
