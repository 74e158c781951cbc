"""Score a run or a published version, split by split and part by part.

The row `test/not_in_train` is the test set without texts that are in train, if there are any.
Labels that train does not have count like all others and are reported by name.
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
from pipeline.stages.evaluation.baseline import BASELINE, OLD_BASELINE, baseline_answers
from pipeline.stages.evaluation.compare import check_same_texts, print_comparison, print_parts
from pipeline.stages.evaluation.score_tables import ScoreRow, print_scores, print_unseen_labels
from pipeline.stages.evaluation.stress import stress_sets
from pipeline.stages.evaluation.train_overlap import (
    NOT_IN_TRAIN,
    TrainedOn,
    UnseenLabels,
    not_in_train,
    train_data,
    trained_on,
    unseen_labels,
    warn_of_repeats,
)
from pipeline.stages.run import Run
from pipeline.stages.training.assembly import outputs_of, read_vocabularies
from pipeline.task import Answer, Record, Scores, Task

Outputs = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Result:
    """The scores on one split or part (`test`, `test/contrast`), with the answers."""

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
class ScoredModel:
    """A model that is scored: its outputs, and what it was trained on."""

    task: Task
    config: Config
    outputs: Outputs
    trained: TrainedOn

    def answer(self, records: Sequence[Record]) -> list[Answer]:
        return answer_all(self.task, self.outputs, [record["text"] for record in records])


def of_run(run: Run) -> list[Result]:
    """Score the best weights of a run on every split but train, and all their parts.

    Writes `scores.json` and `errors.jsonl` (one line for each wrong prediction) into the run.
    """
    _note_changed_data(run)
    model = _model_of(run)
    splits = [name for name in run.data.info.splits if name != "train"]
    results = [
        result for split in splits for result in on_split(model, split, list(run.records(split)))
    ]
    scores = {result.split: result.as_dict() for result in results}
    artifacts.write_json(run.folder.scores, scores)
    write_errors(run.folder.errors, results)
    return results


def of_run_under_stress(run: Run, split: str) -> list[Result]:
    """Score the best weights of a run on the harder sets that the task makes of a split."""
    return _more(_model_of(run), run.data, split, list(run.records(split)), True, False)


def _model_of(run: Run) -> ScoredModel:
    trained = trained_on(run.vocabularies, run.data)
    return ScoredModel(run.task, run.config, outputs_of(run.best.service), trained)


def of_baseline(task: Task, config: Config, split: str) -> list[Result]:
    """Score the task's baseline on a split and on the harder sets made of it."""
    data = prepare.run(task, config)
    records = list(prepare.records(task, data, split))
    sets = {split: records, **stress_sets(task, config, data, split, records)}
    trained = trained_on(
        task.model.learn(config.settings, prepare.records(task, data, "train")), data
    )
    return [
        _scored(task, config, trained, name, sets[name], answers)
        for name, answers in baseline_answers(task, config, data, sets).items()
    ]


def of_version(
    task: Task,
    config: Config,
    outputs: Outputs,
    split: str,
    data: Path | None,
    vocabularies: Path,
    *,
    stress: bool = False,
    baseline: bool = False,
) -> list[Result]:
    """Score a published version on a split of its config's data, or on a file.

    Args:
        task: The task of the version.
        config: The config of the version.
        outputs: Maps texts to the outputs of its signature.
        split: A split, or a part of one (`test/contrast`).
        data: Examples to use instead, in any format that is detected; `split` may name a part. The
            results are then named after this file.
        vocabularies: The folder of the model's vocabularies.
        stress: Also score the harder sets that the task makes of these examples.
        baseline: Also score the baseline on all of these.
    """
    whole, _, part = split.partition("/")
    found, place = evaluated_data(task, config, whole, data)
    train = found if data is None else train_data(task, config)
    model = ScoredModel(task, config, outputs, trained_on(read_vocabularies(vocabularies), train))
    name = whole if data is None else data.resolve().name
    records = list(prepare.records(task, found, place))
    results = on_split(model, name, records)
    if part:
        results = _only(results, f"{name}/{part}", split)
        name, records = f"{name}/{part}", [records[i] for i in _parts(model, name, records)[part]]
    if stress or baseline:
        if train is None:
            raise InputError("--stress and --baseline need the training data that the config names")
        results += _more(model, train, name, records, stress, baseline)
    return results


def evaluated_data(
    task: Task, config: Config, split: str, data: Path | None
) -> tuple[store.Prepared, str]:
    """Return the dataset and split of the examples: the config's own, or a whole file."""
    if data is None:
        return prepare.run(task, config), split
    return prepare.run(task, prepare.on_file(task, config, data, "score")), "test"


def on_split(model: ScoredModel, name: str, records: Sequence[Record]) -> list[Result]:
    """Score a split: the whole split first, then without texts in train, then its parts.

    Args:
        model: The model.
        name: The name of the split.
        records: All records of the split.
    """
    warn_of_repeats(model.trained, name, records)
    answers = model.answer(records)
    return [
        scored(model, name, records, answers),
        *(
            scored(model, f"{name}/{part}", [records[i] for i in rows], [answers[i] for i in rows])
            for part, rows in _parts(model, name, records).items()
        ),
    ]


def scored(
    model: ScoredModel, name: str, records: Sequence[Record], answers: Sequence[Answer]
) -> Result:
    """Score answers, and count the labels that train does not have."""
    return _scored(model.task, model.config, model.trained, name, records, answers)


def _scored(
    task: Task,
    config: Config,
    trained: TrainedOn,
    name: str,
    records: Sequence[Record],
    answers: Sequence[Answer],
) -> Result:
    scores = task.judge.score(config.settings, records, answers)
    return Result(name, len(records), scores, unseen_labels(task, trained, records), answers)


def _only(results: Sequence[Result], name: str, asked: str) -> list[Result]:
    chosen = [result for result in results if result.split == name]
    if not chosen:
        known = ", ".join(result.split for result in results)
        raise InputError(f"split {asked}: no such part; there are {known}")
    return chosen


def _parts(model: ScoredModel, name: str, records: Sequence[Record]) -> Mapping[str, list[int]]:
    """Return the rows of each part; the part without texts in train comes first."""
    new = not_in_train(model.trained, name, records)
    parts: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        for part in record.get("parts", ()):
            parts.setdefault(part, []).append(row)
    return ({NOT_IN_TRAIN: new} if new else {}) | {part: parts[part] for part in sorted(parts)}


def _more(
    model: ScoredModel,
    train: store.Prepared,
    name: str,
    records: Sequence[Record],
    stress: bool,
    baseline: bool,
) -> list[Result]:
    """Score the harder sets, and the baseline on the records and on each of these sets."""
    task, config = model.task, model.config
    harder = stress_sets(task, config, train, name, records) if stress else {}
    results = [scored(model, kind, rows, model.answer(rows)) for kind, rows in harder.items()]
    if baseline:
        sets = {name: records, **harder}
        results += [
            scored(model, f"{kind}/{BASELINE}", sets[kind], answers)
            for kind, answers in baseline_answers(task, config, train, sets).items()
        ]
    return results


def print_results(name: str, headline: str, results: Sequence[Result]) -> None:
    """Print one row for each split or part; the headline comes first, with its 95 % interval."""
    rows = [ScoreRow(result.split, result.examples, result.scores.metrics) for result in results]
    print_scores(name, headline, rows, _cell)
    whole = {r.split: r.unseen_labels for r in results if "/" not in r.split} or {
        r.split: r.unseen_labels for r in results
    }
    print_unseen_labels(name, whole)


def print_comparisons(results: Sequence[Result]) -> None:
    """Compare the model with the baseline on every row where both are scored."""
    by_name = {result.split: result for result in results}
    for name, result in by_name.items():
        if f"{name}/{BASELINE}" in by_name:
            baseline = by_name[f"{name}/{BASELINE}"].scores
            print_comparison(name, ("model", BASELINE), result.scores, baseline)


def compare(headline: str, first: Sequence[Result], second: Sequence[Result]) -> None:
    """Print the scores of two models on the same examples, and which differences may be chance.

    Args:
        headline: The metric that parts are compared by.
        first: The results of the first model, the whole set before its parts.
        second: The results of the second model.

    Raises:
        InputError: The models answered different texts.
    """
    whole, other = first[0], second[0]
    names = ("first", "second")
    check_same_texts(names, whole.answers, other.answers)
    print_comparison(whole.split, names, whole.scores, other.scores)
    parts = {result.split: result.scores for result in second[1:]}
    pairs = {r.split: (r.scores, parts[r.split]) for r in first[1:] if r.split in parts}
    if pairs:
        print_parts(whole.split, headline, names, pairs)


def add_scores(file: Path, results: Sequence[Result]) -> None:
    """Add rows to a run's `scores.json`, or replace them there."""
    old = artifacts.read_json(file) if file.exists() else {}
    new = {result.split: result.as_dict() for result in results}
    outdated = {name.replace(f"/{BASELINE}", f"/{OLD_BASELINE}") for name in new}
    kept = {name: row for name, row in old.items() if name in new or name not in outdated}
    artifacts.write_json(file, kept | new)


def print_detail(result: Result) -> None:
    """Print the tables of one result, such as one row for each slot."""
    for table in result.scores.tables:
        print_table(f"{result.split}: {table.title}", table.columns, table.rows)


def write_errors(file: Path, results: Sequence[Result]) -> None:
    """Write one JSON line for each wrong prediction of a whole split."""
    lines = [
        json.dumps({"split": result.split, **error}, ensure_ascii=False)
        for result in results
        if "/" not in result.split
        for error in result.scores.errors
    ]
    artifacts.write_file(file, "".join(f"{line}\n" for line in lines).encode())


def _note_changed_data(run: Run) -> None:
    trained_on = artifacts.read_json(run.folder.environment)["data"]["key"]
    if trained_on != run.data.builder_config.name:
        note(
            f"{run.folder}: its data has changed since it was trained; these scores are on the new"
            " data"
        )


def _cell(metric: Mapping[str, float], with_interval: bool) -> str:
    value = f"{metric['value']:.2f}"
    return f"{value}\n{metric['low']:.1f}-{metric['high']:.1f}" if with_interval else value
