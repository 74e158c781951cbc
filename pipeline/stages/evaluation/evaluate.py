"""Scores of a run or a published version, split by split, part by part.

A row `test/not_in_train` is the test set without the texts that training has, where it has any;
labels that training never had are counted like all others, and reported by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.predictor import answer_all
from pipeline.report.terminal import note, print_table
from pipeline.stages.data import prepare
from pipeline.stages.evaluation.baseline import FLOOR, floor_answers
from pipeline.stages.evaluation.compare import check_same_texts, print_comparison, print_parts
from pipeline.stages.evaluation.score_tables import Row, print_scores, print_unseen_labels
from pipeline.stages.evaluation.stress import stress_sets
from pipeline.stages.evaluation.train_overlap import (
    NOT_IN_TRAIN,
    Seen,
    UnseenLabels,
    not_in_train,
    seen_in,
    train_data,
    unseen_labels,
    warn_of_repeats,
)
from pipeline.stages.training import checkpoint, environment
from pipeline.stages.training.assembly import assemble, outputs_of, read_vocabularies
from pipeline.stages.training.epochs import BEST
from pipeline.task import Answer, Record, Scores, Task

SCORES, ERRORS = "scores.json", "errors.jsonl"
Outputs = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Result:
    """The scores on one split or part (`test`, `test/contrast`), and the answers scored."""

    split: str
    examples: int
    scores: Scores
    unseen_labels: UnseenLabels = field(default_factory=dict)
    answers: Sequence[Answer] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "split": self.split,
            "examples": self.examples,
            "metrics": self.scores.metrics,
            "unseen_labels": self.unseen_labels,
        }


@dataclass(frozen=True)
class Model:
    """What is scored: a task's model by its answers, and what it was trained on."""

    task: Task
    config: Config
    outputs: Outputs
    seen: Seen

    def answer(self, records: Sequence[Record]) -> list[Answer]:
        return answer_all(self.task, self.outputs, [record["text"] for record in records])


def of_run(task: Task, config: Config, folder: Path) -> list[Result]:
    """Scores the best weights of a run on every split but train, and all their parts.

    Writes `scores.json` and `errors.jsonl` (the wrong predictions, a line each) into the run.
    """
    data = prepare.run(task, config)
    _say_if_changed(folder, data)
    outputs = outputs_of(load_best(task, config, folder).service)
    model = Model(task, config, outputs, seen_in(read_vocabularies(folder), data))
    splits = [name for name in data.info.splits if name != "train"]
    results = [
        result
        for split in splits
        for result in on_split(model, split, list(store.records(data, split)))
    ]
    scores = {result.split: result.as_dict() for result in results}
    artifacts.write_json(folder / SCORES, scores)
    write_errors(folder / ERRORS, results)
    return results


def of_run_under_stress(task: Task, config: Config, folder: Path, split: str) -> list[Result]:
    """Scores the best weights of a run on the harder sets that the task makes of a split."""
    data = prepare.run(task, config)
    outputs = outputs_of(load_best(task, config, folder).service)
    model = Model(task, config, outputs, seen_in(read_vocabularies(folder), data))
    return _more(model, data, split, list(store.records(data, split)), True, False)


def of_floor(task: Task, config: Config, split: str) -> list[Result]:
    """Scores the task's cheap reference model on a split and on the harder sets made of it."""
    data = prepare.run(task, config)
    records = list(store.records(data, split))
    sets = {split: records, **stress_sets(task, config, data, split, records)}
    seen = seen_in(task.fit(config.settings, store.records(data, "train")), data)
    return [
        _scored(task, config, seen, name, sets[name], answers)
        for name, answers in floor_answers(task, config, data, sets).items()
    ]


def load_best(task: Task, config: Config, folder: Path) -> Any:
    """The parts of a run with its best weights.

    Raises:
        InputError: The run has not finished an epoch.
    """
    if not (folder / BEST).exists():
        raise InputError(f"{folder}: no {BEST} here; train until an epoch is finished")
    parts = assemble(task, config, folder)
    checkpoint.load(folder / BEST, parts.model)
    return parts


def of_version(
    task: Task,
    config: Config,
    outputs: Outputs,
    split: str,
    data: Path | None,
    home: Path,
    *,
    stress: bool = False,
    floor: bool = False,
) -> list[Result]:
    """Scores a published version on a split of its config's data, or on a file.

    Args:
        task: The version's.
        config: The version's.
        outputs: Texts to the outputs of its signature.
        split: A split, or a part of one (`test/contrast`).
        data: Examples to use instead, in any format that can be told; `split` may name a part.
            The results are then named by this file.
        home: The folder with the model's vocabularies.
        stress: Score also on the harder sets that the task makes of these examples.
        floor: Score also what a cheap reference model answers, on all of these.
    """
    whole, _, part = split.partition("/")
    found, place = evaluated_data(task, config, whole, data)
    train = found if data is None else train_data(task, config)
    model = Model(task, config, outputs, seen_in(read_vocabularies(home), train))
    name = whole if data is None else data.resolve().name
    records = list(store.records(found, place))
    results = on_split(model, name, records)
    if part:
        results = _only(results, f"{name}/{part}", split)
        name, records = f"{name}/{part}", [records[i] for i in _parts(model, name, records)[part]]
    if stress or floor:
        if train is None:
            raise InputError("--stress and --floor need the training data that the config names")
        results += _more(model, train, name, records, stress, floor)
    return results


def evaluated_data(
    task: Task, config: Config, split: str, data: Path | None
) -> tuple[store.Prepared, str]:
    """Where the examples are, and under which split: the config's own, or a file's, whole."""
    if data is None:
        return prepare.run(task, config), split
    return prepare.run(task, prepare.on_file(task, config, data)), "test"


def on_split(model: Model, name: str, records: Sequence[Record]) -> list[Result]:
    """The whole split first, then without what stands in train, then its parts by name.

    Args:
        model: Whose answers are scored.
        name: What the split is called.
        records: All of its records.
    """
    warn_of_repeats(model.seen, name, records)
    answers = model.answer(records)
    return [
        scored(model, name, records, answers),
        *(
            scored(model, f"{name}/{part}", [records[i] for i in rows], [answers[i] for i in rows])
            for part, rows in _parts(model, name, records).items()
        ),
    ]


def scored(model: Model, name: str, records: Sequence[Record], answers: Sequence[Answer]) -> Result:
    """One row: the scores of the answers, and the labels that training never had."""
    return _scored(model.task, model.config, model.seen, name, records, answers)


def _scored(
    task: Task,
    config: Config,
    seen: Seen,
    name: str,
    records: Sequence[Record],
    answers: Sequence[Answer],
) -> Result:
    scores = task.score(config.settings, records, answers)
    return Result(name, len(records), scores, unseen_labels(task, seen, records), answers)


def _only(results: Sequence[Result], name: str, asked: str) -> list[Result]:
    chosen = [result for result in results if result.split == name]
    if not chosen:
        known = ", ".join(result.split for result in results)
        raise InputError(f"split {asked}: no such part; there are {known}")
    return chosen


def _parts(model: Model, name: str, records: Sequence[Record]) -> Mapping[str, list[int]]:
    """The rows of each part; first of the one without what stands in train, where there is one."""
    new = not_in_train(model.seen, name, records)
    parts: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        for part in record.get("parts", ()):
            parts.setdefault(part, []).append(row)
    return ({NOT_IN_TRAIN: new} if new else {}) | {part: parts[part] for part in sorted(parts)}


def _more(
    model: Model,
    train: store.Prepared,
    name: str,
    records: Sequence[Record],
    stress: bool,
    floor: bool,
) -> list[Result]:
    """The rows of the harder sets, and of the floor on the records and on each of these sets."""
    task, config = model.task, model.config
    harder = stress_sets(task, config, train, name, records) if stress else {}
    results = [scored(model, kind, rows, model.answer(rows)) for kind, rows in harder.items()]
    if floor:
        sets = {name: records, **harder}
        results += [
            scored(model, f"{kind}/{FLOOR}", sets[kind], answers)
            for kind, answers in floor_answers(task, config, train, sets).items()
        ]
    return results


def print_results(name: str, headline: str, results: Sequence[Result]) -> None:
    """One row a split or part; the headline metric comes first, with its 95 % interval."""
    rows = [Row(result.split, result.examples, result.scores.metrics) for result in results]
    print_scores(name, headline, rows, _cell)
    whole = {r.split: r.unseen_labels for r in results if "/" not in r.split} or {
        r.split: r.unseen_labels for r in results
    }
    print_unseen_labels(name, whole)


def print_comparisons(results: Sequence[Result]) -> None:
    """For every row that the floor was scored on, whether the model is better than it."""
    by_name = {result.split: result for result in results}
    for name, result in by_name.items():
        if f"{name}/{FLOOR}" in by_name:
            floor = by_name[f"{name}/{FLOOR}"].scores
            print_comparison(name, ("model", FLOOR), result.scores, floor)


def compare(headline: str, first: Sequence[Result], second: Sequence[Result]) -> None:
    """Prints what two models score on the same examples, and which differences are no chance.

    Args:
        headline: The metric that parts are compared by.
        first: The results of one, the whole set before its parts.
        second: Those of the other.

    Raises:
        InputError: They answered different texts.
    """
    whole, other = first[0], second[0]
    names = ("first", "second")
    check_same_texts(names, whole.answers, other.answers)
    print_comparison(whole.split, names, whole.scores, other.scores)
    parts = {result.split: result.scores for result in second[1:]}
    pairs = {r.split: (r.scores, parts[r.split]) for r in first[1:] if r.split in parts}
    if pairs:
        print_parts(whole.split, headline, names, pairs)


def add_scores(folder: Path, results: Sequence[Result]) -> None:
    """Adds rows to a run's `scores.json`, or renews them there."""
    file = folder / SCORES
    old = artifacts.read_json(file) if file.exists() else {}
    artifacts.write_json(file, old | {result.split: result.as_dict() for result in results})


def print_detail(result: Result) -> None:
    """The tables of one result, e.g. a row a slot."""
    for table in result.scores.tables:
        print_table(f"{result.split}: {table.title}", table.columns, table.rows)


def write_errors(file: Path, results: Sequence[Result]) -> None:
    """One JSON line for each wrong prediction; an example counts once, under its whole split."""
    lines = [
        json.dumps({"split": result.split, **error}, ensure_ascii=False)
        for result in results
        if "/" not in result.split
        for error in result.scores.errors
    ]
    artifacts.write_file(file, "".join(f"{line}\n" for line in lines).encode())


def _say_if_changed(folder: Path, data: store.Prepared) -> None:
    trained_on = artifacts.read_json(folder / environment.FILE)["data"]["key"]
    if trained_on != data.builder_config.name:
        note(
            f"{folder}: its data has changed since it was trained; these scores are on the new data"
        )


def _cell(metric: Mapping[str, float], with_interval: bool) -> str:
    value = f"{metric['value']:.2f}"
    return f"{value}\n{metric['low']:.1f}-{metric['high']:.1f}" if with_interval else value
