"""Cross-validation: every training row answered once by a model that has not seen it.

The training split is cut into k folds. A model is trained k times, each time without one fold, and
answers that one. The spread of its scores says how far they move with the data; the answers, put
together, show which labels of the training data are likely wrong.

A fold is a task of its own, whose `load` gives the config's data with the fold held out, so it is
prepared, trained and scored like any other data.
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
from pipeline.metrics.label_errors import multi_label_suspects, suspects
from pipeline.report.terminal import note
from pipeline.stages.data import prepare
from pipeline.stages.evaluation import evaluate
from pipeline.stages.evaluation.score_tables import Row, print_scores
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.experiments.seeds import SeedRun, spread_cell, spreads
from pipeline.stages.training import train
from pipeline.task import Answer, Record, Source, Task

HELD_OUT = "held_out"
FILE, LABEL_ERRORS = "folds.json", "label_errors.jsonl"


@dataclass(frozen=True)
class Folds:
    """What k trainings left: the folder of it all, a run a fold, rows with suspected labels.

    `label_errors` is None where the task's answers do not score every label.
    """

    folder: Path
    runs: list[SeedRun]
    label_errors: list[dict[str, Any]] | None


def run(task: Task, config: Config, count: int, runs: Path = train.RUNS) -> Folds:
    """Trains `count` models, each without its fold of the training rows, and scores each on it.

    `runs/<name>_folds/<time>/` gets a run folder a fold, `folds.json` (the spread of every metric)
    and `label_errors.jsonl` (see `label_errors`). Nothing of it is meant to be published: none of
    these models has seen all the data.

    Args:
        task: The config's.
        config: All settings; its valid split chooses each model's epoch, as always.
        count: How many; at least 2.
        runs: Where run folders go.

    Raises:
        InputError: Train has fewer different texts than folds.
    """
    data = prepare.run(task, config)
    records = list(store.records(data, "train"))
    places = divide(task, records, count, config.settings.train.seed)
    folder = artifacts.new_run(runs / f"{config.name}_folds")
    done: list[SeedRun] = []
    answers: dict[int, Answer] = {}
    for fold in range(count):
        note(f"{config.name}: fold {fold + 1} of {count}")
        rows = [row for row, place in enumerate(places) if place == fold]
        named = dataclasses.replace(config, name=f"fold{fold + 1}")
        part = held_out(task, data, folder, rows, named.name)
        home = train.run(part, named, runs=folder)
        results = evaluate.of_run(part, named, home)
        done.append(SeedRun(named, home, results))
        whole = next(result for result in results if result.split == HELD_OUT)
        answers.update(zip(rows, whole.answers, strict=True))
    found = label_errors(task, records, [answers[row] for row in range(len(records))])
    folds = Folds(folder, done, found)
    _write(folds)
    return folds


def fold_spreads(runs: Sequence[SeedRun]) -> list[Row]:
    """A row for each split or part that all folds have, with the `Spread` of every metric.

    Of the held-out rows all are counted; the metrics are of each fold for itself.
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
    """The fold of each record, from 0.

    Records of one text (case and outer space aside) share a fold. Each label is spread over all
    folds as evenly as it goes: a text goes to the fold that has the fewest records of its rarest
    label, of these to the smallest; which text comes first, the seed alone decides.

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
            f"--folds {count}: train has {len(rarest)} different texts; expected at least as many"
            " as folds"
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
) -> Task:
    """The task on the same data, but that these rows of train are the split `held_out`.

    Which rows they are is written to `folder`: it is a part of what the content depends on.
    """
    out = frozenset(rows)
    file = folder / f"{name}.json"
    artifacts.write_json(file, {"of": data.builder_config.name, HELD_OUT: sorted(out)})

    def load(*_: Any) -> Source:
        return Source(
            {
                "train": lambda: _without(store.records(data, "train"), out),
                "valid": lambda: store.records(data, "valid"),
                HELD_OUT: lambda: _only(store.records(data, "train"), out),
            },
            [file],
            Counter(data.info.metadata["repairs"]),
        )

    return dataclasses.replace(task, load=load)


def label_errors(
    task: Task, records: Sequence[Record], answers: Sequence[Answer]
) -> list[dict[str, Any]] | None:
    """Rows whose label is likely wrong, by answers of models that did not see them; surest first.

    Each has `source` (file:line), `text`, the `given` label, the `suggested` one and its `score`;
    where texts have several labels each, lists of them. None where the answers hold no `scores`.
    See `pipeline.metrics.label_errors`.
    """
    if not all("scores" in answer for answer in answers):
        return None
    given = [_labels(task, record) for record in records]
    scores = [answer["scores"] for answer in answers]
    found: Iterable[tuple[int, Any, float]]
    several = any("labels" in answer for answer in answers)
    if several:
        found = multi_label_suspects(given, scores)
    else:
        found = suspects([label for (label,) in given], scores)
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
    """Mean and deviation, below them the range, for every metric on valid and the held-out rows."""
    title = f"{name}: mean ± SD and range of {len(found.runs)} folds"
    print_scores(title, headline, fold_spreads(found.runs), spread_cell)


def _labels(task: Task, record: Record) -> list[str]:
    return [label for labels in task.labels(record).values() for label in labels]


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
    runs = [fold.folder.relative_to(folds.folder).as_posix() for fold in folds.runs]
    artifacts.write_json(folds.folder / FILE, {"runs": runs, "scores": scores})
    if folds.label_errors is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in folds.label_errors)
        artifacts.write_file(folds.folder / LABEL_ERRORS, "".join(lines).encode())
