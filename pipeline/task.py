"""The seam: what a task is to the stages. One frozen record of functions, in the data's order.

Stages take a `Task` and never name one. A new task is a folder under `pipeline/tasks/` that fills
this record, and one word in `pipeline.tasks.TASKS`.

Words used below: a *record* is an example as the dataset store keeps it, a dict of plain values
(`features` says which); a *batch* is a dict of tensors, one row an example; an *answer* is the
plain dict that a user gets for one text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Answer = dict[str, Any]
Vocabularies = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Source:
    """What a loader found: one lazy reader a split, and the files that make its content."""

    splits: Mapping[str, Callable[[], Iterable[Record]]]
    files: Sequence[Path]
    repairs: Counter[str] = field(default_factory=Counter)  # what a stated policy mended, counted


@dataclass(frozen=True)
class Table:
    """A titled table for the terminal and the report."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True)
class Scores:
    """How a model did on some examples.

    Args:
        metrics: Name to `{"value", "low", "high"}`, in percent, with a 95 % interval.
        tables: Detail for the terminal.
        errors: One JSON-ready dict for each example with a wrong prediction.
    """

    metrics: Mapping[str, Mapping[str, float]]
    tables: Sequence[Table]
    errors: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Service:
    """A model joined to its tokenizer: strings in, finished answers out.

    Args:
        module: A `tf.Module` that tracks every variable and table once.
        signatures: Name to `tf.function` with an input signature; what is exported.
        margin: From texts to the least gap between the two best scores of each row.
    """

    module: Any
    signatures: Mapping[str, Any]
    margin: Callable[[Any], Any]


@dataclass(frozen=True)
class Task:
    """One task, as functions in the order in which the data flows through them.

    Attributes:
        name: The folder's name, the `task` key of a config.
        example: The shipped config that runs on embedded data.
        headline: The metric that early stopping and the tables go by; higher is better.
        settings: The class of the config file's settings.
        guess: `guess(path)`: a config (as a dict) for a user's own file, and what was detected.
        load: `load(data_settings, on_error)`: files to records, split by split.
        features: `features()`: the store's features (`tfds.features`) of one record.
        to_json: `to_json(record)`: the record as the embedded JSONL has it, for sets that travel.
        fit: `fit(settings, records)`: training records to vocabularies.
        length: `length(text)`: string tensor [] to int32 []: tokens, to bucket by.
        build_tokenizer: `build_tokenizer(settings, files)`: a `tf.Module` over vocabulary files.
        build_encoder: `build_encoder(settings, tokenizer, vocabularies, records)`: a function
            from (padded batch of records, seed) to (inputs, targets, weights) for `model.fit`.
        contract: `contract(tokenizer, vocabularies, texts)`: facts about the training texts.
        build_model: `build_model(settings, vocabularies)`: a Keras model (`keras.ops` only).
        losses: `losses(model)`: loss per model output.
        build_service: `build_service(tokenizer, model, vocabularies)`: -> Service.
        answers: `answers(texts, outputs)`: NumPy outputs of `serving_default` to plain dicts.
        score: `score(settings, records, answers)`: -> Scores.
    """

    name: str
    example: str
    headline: str
    settings: type[Any]
    guess: Callable[[Path], tuple[dict[str, Any], str]]
    load: Callable[..., Source]
    features: Callable[[], Any]
    to_json: Callable[[Record], dict[str, Any]]
    fit: Callable[[Any, Iterable[Record]], Vocabularies]
    length: Callable[[Any], Any]
    build_tokenizer: Callable[[Any, Path], Any]
    build_encoder: Callable[..., Callable[[Any, Any], tuple[Any, Any, Any]]]
    contract: Callable[..., dict[str, Any]]
    build_model: Callable[[Any, Vocabularies], Any]
    losses: Callable[[Any], dict[str, Any]]
    build_service: Callable[[Any, Any, Vocabularies], Service]
    answers: Callable[[Sequence[str], Mapping[str, Any]], list[Answer]]
    score: Callable[[Any, Sequence[Record], Sequence[Answer]], Scores]
