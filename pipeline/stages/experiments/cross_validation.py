"""Cross-validation: a model that has not seen a training row answers it, for every row.

The training split is divided into k folds. A model is trained k times, each time without one fold,
which it then answers. The spread of the scores shows how much they vary with the data. The answers
together show which labels of the training data are likely wrong.

A fold is data of its own, with its rows held out, so it is trained and scored like any other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.metrics.label_errors import likely_label_errors, likely_multi_label_errors
from pipeline.report.terminal import note
from pipeline.runs import RunFolder
from pipeline.stages.data import prepare
from pipeline.stages.evaluation import evaluate
from pipeline.stages.evaluation.score_tables import ScoreRow, print_scores
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.experiments.seeds import SeedRun, spread_cell, spreads
from pipeline.stages.training import train
from pipeline.task import Answer, Record, Source, Task

HELD_OUT = "held_out"


@dataclass(frozen=True)
class Folds:
    """The folder of a cross-validation, one run for each fold, and likely label errors.

    `label_errors` is None if the task's answers do not score every label.
    """

    folder: Path
    runs: list[SeedRun]
    label_errors: list[dict[str, Any]] | None


def run(task: Task, config: Config, count: int, runs: Path = train.RUNS) -> Folds:
    """Train `count` models, each without its fold of the training rows, and score each on its fold.

    `runs/<name>_folds/<time>/` gets a run folder for each fold, `folds.json` (the spread of every
    metric) and `label_errors.jsonl` (see `label_errors`). These models are not for publishing: none
    of them has seen all the data.

    Args:
        task: The task of the config.
        config: All settings; its valid split chooses the epoch of each model.
        count: The number of folds, at least 2.
        runs: The folder of all run folders.

    Raises:
        InputError: Train has fewer different texts than folds.
    """
    data = prepare.run(task, config)
    records = list(prepare.records(task, data, "train"))
    places = divide(task, records, count, config.settings.train.seed)
    folder = artifacts.new_run(runs / f"{config.name}_folds")
    done: list[SeedRun] = []
    answers: dict[int, Answer] = {}
    for fold in range(count):
        note(f"{config.name}: fold {fold + 1} of {count}")
        rows = [row for row, place in enumerate(places) if place == fold]
        named = dataclasses.replace(config, name=f"fold{fold + 1}")
        part = prepare.run(task, named, held_out(task, data, folder, rows, named.name))
        trained = train.run(task, named, folder, data=part)
        results = evaluate.of_run(trained)
        done.append(SeedRun(trained, results))
        trained.release()
        whole = next(result for result in results if result.split == HELD_OUT)
        answers.update(zip(rows, whole.answers, strict=True))
    found = label_errors(task, records, [answers[row] for row in range(len(records))])
    folds = Folds(folder, done, found)
    _write(folds)
    return folds


def fold_spreads(runs: Sequence[SeedRun]) -> list[ScoreRow]:
    """Return a row for each split or part that all folds have, with the `Spread` of every metric.

    Counts of held-out rows are summed over the folds; metrics are computed for each fold.
    """
    splits = [{result.split for result in fold.results} for fold in runs]
    shared = frozenset.intersection(*map(frozenset, splits))
    kept = [
        dataclasses.replace(fold, results=[r for r in fold.results if r.split in shared])
        for fold in runs
    ]
    sizes = Counter[str]()
    for fold in kept:
        sizes.update({r.split: r.examples for r in fold.results if r.split.startswith(HELD_OUT)})
    return [row._replace(examples=sizes.get(row.name, row.examples)) for row in spreads(kept)]


def divide(task: Task, records: Sequence[Record], count: int, seed: int) -> list[int]:
    """Return the fold of each record, counted from 0.

    Records with the same text (ignoring case and outer spaces) share a fold. Each label is spread
    as evenly as possible: a text is put into the fold with the fewest records of its rarest label,
    and of several such folds into the smallest. The seed decides the order of the texts.

    Raises:
        InputError: There are fewer different texts than folds.
    """
    found = [_labels(task, record) for record in records]
    frequency = Counter(label for labels in found for label in labels)
    rarest: dict[str, tuple[int, str]] = {}  # of each text; the first of its records decides
    for record, labels in zip(records, found, strict=True):
        stratum = min(((frequency[label], label) for label in labels), default=(0, ""))
        rarest.setdefault(text_key(record["text"]), stratum)
    if len(rarest) < count:
        raise InputError(
            f"--folds {count}: train has {len(rarest)} different texts; expected at least one for"
            " each fold"
        )
    sizes = Counter(text_key(record["text"]) for record in records)
    of_label, totals = Counter[Any](), [0] * count
    fold_of = {}
    for text in sorted(rarest, key=lambda text: (rarest[text], _drawn(text, seed))):
        stratum = rarest[text]
        fold = min(range(count), key=lambda f: (of_label[stratum, f], totals[f], f))
        of_label[stratum, fold] += sizes[text]
        totals[fold] += sizes[text]
        fold_of[text] = fold
    return [fold_of[text_key(record["text"])] for record in records]


def held_out(
    task: Task, data: store.Prepared, folder: Path, rows: Sequence[int], name: str
) -> Source[Record]:
    """Return the same data with these rows of train as the split `held_out`.

    The rows are written to `folder`, since the key of the prepared data depends on them.
    """
    out = frozenset(rows)
    file = folder / f"{name}.json"
    artifacts.write_json(file, {"of": data.builder_config.name, HELD_OUT: sorted(out)})

    def train() -> Iterable[Record]:
        return prepare.records(task, data, "train")

    splits = {
        "train": lambda: _without(train(), out),
        "valid": lambda: prepare.records(task, data, "valid"),
        HELD_OUT: lambda: _only(train(), out),
    }
    return Source(splits, [file], Counter(data.info.metadata["repairs"]))


def label_errors(
    task: Task, records: Sequence[Record], answers: Sequence[Answer]
) -> list[dict[str, Any]] | None:
    """Return rows whose label is likely wrong, by answers of models that did not see them.

    The most certain comes first. Each row has `source` (file:line), `text`, the `given` label, the
    `suggested` one and its `score`; lists of labels if texts may have several. None if the answers
    have no `scores`. See `pipeline.metrics.label_errors`.
    """
    if not all("scores" in answer for answer in answers):
        return None
    given = [_labels(task, record) for record in records]
    scores = [answer["scores"] for answer in answers]
    found: Iterable[tuple[int, Any, float]]
    several = any("labels" in answer for answer in answers)
    if several:
        found = likely_multi_label_errors(given, scores)
    else:
        found = likely_label_errors([label for (label,) in given], scores)
    return [
        {
            "source": records[row]["source"],
            "text": records[row]["text"],
            "given": given[row] if several else given[row][0],
            "suggested": suggested,
            "score": round(score, 6),
        }
        for row, suggested, score in found
    ]


def print_spreads(name: str, headline: str, found: Folds) -> None:
    """Print mean, deviation and range of every metric on valid and the held-out rows."""
    title = f"{name}: mean ± SD and range of {len(found.runs)} folds"
    print_scores(title, headline, fold_spreads(found.runs), spread_cell)


def _labels(task: Task, record: Record) -> list[str]:
    return [label for labels in task.answers.labels(record).values() for label in labels]


def _drawn(text: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _without(records: Iterable[Record], out: frozenset[int]) -> Iterable[Record]:
    return (record for row, record in enumerate(records) if row not in out)


def _only(records: Iterable[Record], out: frozenset[int]) -> Iterable[Record]:
    return (record for row, record in enumerate(records) if row in out)


def _write(folds: Folds) -> None:
    scores = {
        row.name: {name: spread.as_dict() for name, spread in row.metrics.items()}
        for row in fold_spreads(folds.runs)
    }
    runs = [fold.run.folder.path.relative_to(folds.folder).as_posix() for fold in folds.runs]
    artifacts.write_json(RunFolder(folds.folder).folds, {"runs": runs, "scores": scores})
    if folds.label_errors is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in folds.label_errors)
        artifacts.write_file(RunFolder(folds.folder).label_errors, "".join(lines).encode())
