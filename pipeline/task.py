"""The seam: what a task is to the stages. One frozen record of functions, in the data's order.

Stages take a `Task` and never name one. A new task is a folder under `pipeline/tasks/` that fills
this record, and one word in `pipeline.tasks.TASKS`.

Words used below: a *record* is an example as the dataset store keeps it, a dict of plain values
(`features` says which); a *batch* is a dict of tensors, one row an example; an *answer* is the
plain dict that a user gets for one text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import DataError

Record = dict[str, Any]
Answer = dict[str, Any]
Vocabularies = Mapping[str, Any]  # name to terms, or to the bytes of a trained tokenizer


class Dropped(NamedTuple):
    """A well-formed record that a filter of the config left out, and why."""

    record: Record
    why: str


@dataclass(frozen=True)
class Source:
    """What a loader found: one lazy reader a split, and the files that make its content."""

    splits: Mapping[str, Callable[[], Iterable[Record]]]
    files: Sequence[Path]
    repairs: Counter[str] = field(default_factory=Counter)  # what a stated policy mended, counted
    dropped: Callable[[], Iterable[Dropped]] = tuple  # one by one what it left out, read anew


@dataclass(frozen=True)
class Advice:
    """A bad line for a person.

    Args:
        shown: What stands there, the bad place marked.
        fix: What to write instead.
        safe: Whether `Task.repair` does that by itself.
    """

    shown: str
    fix: str
    safe: bool


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
        counts: Name to the `metrics.intervals.Counts` of that metric, to compare two models by.
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
        signatures: Name to `tf.function` with an input signature; what is exported.
        margin: From texts to the least gap between the two best scores of each row.
    """

    module: Any
    signatures: Mapping[str, Any]
    margin: Callable[[Any], Any]


class Axis(NamedTuple):
    """What the places along an axis of a weight stand for.

    Attributes:
        terms: In order; an axis may be longer, its rest stands for nothing yet.
        parts: From new terms to the places, in the terms here, whose mean each starts from; None
            where a new term starts as it would in a new model.
    """

    terms: Sequence[str]
    parts: Callable[[Sequence[str]], Sequence[Sequence[int]]] | None = None


class Layout(NamedTuple):
    """Which weights of a model grow with what it knows.

    Attributes:
        axes: Name to what its places stand for.
        weights: Pattern of a weight's path (`*` stands for anything but `/`) to the name of each of
            its axes; None for one that does not grow. A weight without a pattern keeps its shape.
        calibrated: Paths of weights that `Task.calibrate` sets once training is over: neither
            learnt nor counted, the old ones hold until then.
    """

    axes: Mapping[str, Axis]
    weights: Mapping[str, tuple[str | None, ...]]
    calibrated: Collection[str] = ()


@dataclass(frozen=True)
class Task:
    """One task, as functions in the order in which the data flows through them.

    Attributes:
        name: The folder's name, the `task` key of a config.
        example: The shipped config that runs on embedded data.
        headline: The metric that early stopping and the tables go by; higher is better.
        settings: The class of the config file's settings.
        space: What `tune` searches where a config names nothing, as its `tune` block would.
        guess: `guess(path, format, known)`: a config's data section (as a dict) for a user's own
            file, and what was detected; the format only where the user says it; names of columns
            (as in `data.columns`) that count before usual ones where the file has them.
        columns: `columns(data_settings)`: such names, as the training file has them.
        like: `like(data_settings, found)`: what `guess` found of a new file, as a model that was
            trained with these settings is to read it: a translator's direction is its own.
        unstated: `unstated(data_settings, found_settings)`: what a new file leaves unsaid that a
            model trained with the first would learn wrongly, as a sentence; None where all is said.
        load: `load(data_settings, on_error)`: files to records, split by split.
        read: `read(data_settings, on_error)`: the records of the training file as they stand.
        write: `write(records, path, format, tags)`: records to a file in a user's format, whole,
            or a DataError; the format by the path's ending where it is None. Gives the format.
        explain: `explain(errors)`: bad lines for a person, in order.
        repair: `repair(data_settings)`: writes a copy of each file with what is safe mended;
            yields (file, copy, [(line, what was mended)]).
        audit: `audit(records split by split)`: tables of what is odd though well formed.
        features: `features()`: the store's features (`tfds.features`) of one record.
        to_json: `to_json(record)`: the record as the embedded JSONL has it, for sets that travel.
        travelling: `travelling(data_settings, files)`: the data settings that read files of such
            JSONL, split by split; all else stays.
        fit: `fit(settings, records)`: training records to vocabularies.
        grow: `grow(settings, vocabularies, old_records, new_records)`: the vocabularies with what
            the new records bring behind what is there.
        layout: `layout(settings, vocabularies)`: -> Layout, by which weights grow with these.
        build_tokenizer: `build_tokenizer(settings, files)`: a `tf.Module` over vocabulary files.
        build_encoder: `build_encoder(settings, tokenizer, vocabularies, records)`: a
            `pipeline.datasets.batches.Encoder`, from records to what `model.fit` takes.
        count_tokens: `count_tokens(tokenizer, texts)`: of each text, how many tokens it has, and
            how many of them are not known.
        contract: `contract(tokenizer, vocabularies, texts)`: facts about the training texts.
        build_model: `build_model(settings, vocabularies)`: a Keras model (`keras.ops` only).
        count: `count(settings, tokenizer, model, vocabularies, records)`: sets the weights that are
            counted on the training records, before the first step.
        losses: `losses(settings, model)`: loss per model output.
        calibrate: `calibrate(settings, tokenizer, model, vocabularies, records)`: sets what makes
            the scores of a trained model mean what they say, from held-out records; gives what it
            set, by name.
        build_service: `build_service(tokenizer, model, vocabularies)`: -> Service.
        answers: `answers(texts, outputs)`: NumPy outputs of `serving_default` to plain dicts.
        suggest: `suggest(answer)`: the record that an answer would be, were it right.
        confidence: `confidence(answer)`: how sure an answer is, 0 to 1.
        score: `score(settings, records, answers)`: -> Scores.
        labels: `labels(record)`: vocabulary name to the record's gold labels that it should list.
        stress: `stress(settings, train_records, records, seed)`: name to harder records made of
            `records`, e.g. with other values; empty where there is nothing to make them of.
        floor: `floor(settings, train_records, records)`: a cheap reference model's answers.
        report: `report(settings, tokenizer, model, records, answers)`: what the report shows of a
            split, as `pipeline.report.page.Section`s.
    """

    name: str
    example: str
    headline: str
    settings: type[Any]
    space: Mapping[str, Any]
    guess: Callable[..., tuple[dict[str, Any], str]]
    columns: Callable[[Any], dict[str, Any]]
    like: Callable[[Any, Mapping[str, Any]], dict[str, Any]]
    unstated: Callable[[Any, Any], str | None]
    load: Callable[..., Source]
    read: Callable[..., Iterable[Record]]
    write: Callable[[Iterable[Record], Path, str | None, str | None], str]
    explain: Callable[[Sequence[DataError]], list[Advice]]
    repair: Callable[[Any], Iterable[tuple[Path, Path, Sequence[tuple[int, str]]]]]
    audit: Callable[[Mapping[str, Sequence[Record]]], list[Table]]
    features: Callable[[], Any]
    to_json: Callable[[Record], dict[str, Any]]
    travelling: Callable[[Any, Mapping[str, str]], Any]
    fit: Callable[[Any, Iterable[Record]], Vocabularies]
    grow: Callable[[Any, Vocabularies, Sequence[Record], Sequence[Record]], Vocabularies]
    layout: Callable[[Any, Vocabularies], Layout]
    build_tokenizer: Callable[[Any, Path], Any]
    build_encoder: Callable[..., Any]
    count_tokens: Callable[[Any, Sequence[str]], list[tuple[int, int]]]
    contract: Callable[..., dict[str, Any]]
    build_model: Callable[[Any, Vocabularies], Any]
    count: Callable[[Any, Any, Any, Vocabularies, Iterable[Record]], None]
    losses: Callable[[Any, Any], dict[str, Any]]
    calibrate: Callable[..., Mapping[str, float]]
    build_service: Callable[[Any, Any, Vocabularies], Service]
    answers: Callable[[Sequence[str], Mapping[str, Any]], list[Answer]]
    suggest: Callable[[Answer], Record]
    confidence: Callable[[Answer], float]
    score: Callable[[Any, Sequence[Record], Sequence[Answer]], Scores]
    labels: Callable[[Record], Mapping[str, Sequence[str]]]
    stress: Callable[[Any, Iterable[Record], Sequence[Record], int], Mapping[str, list[Record]]]
    floor: Callable[[Any, Iterable[Record], Sequence[Record]], list[Answer]]
    report: Callable[[Any, Any, Any, Sequence[Record], Sequence[Answer]], Sequence[Any]]
