"""Scores of a run or a published version, split by split, part by part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.predictor import answer_all
from pipeline.report.terminal import Cell, note, print_table
from pipeline.stages import environment, prepare, weights
from pipeline.stages.assemble import assemble, outputs_of
from pipeline.stages.epochs import BEST
from pipeline.task import Record, Scores, Task

SCORES, ERRORS = "scores.json", "errors.jsonl"
Outputs = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Result:
    """The scores on one split or part (`test`, `test/contrast`)."""

    split: str
    examples: int
    scores: Scores

    def as_dict(self) -> dict[str, Any]:
        return {"split": self.split, "examples": self.examples, "metrics": self.scores.metrics}


def of_run(task: Task, config: Config, folder: Path) -> list[Result]:
    """Scores the best weights of a run on every split but train, and all their parts.

    Writes `scores.json` and `errors.jsonl` (the wrong predictions, a line each) into the run.
    """
    data = prepare.run(task, config)
    _say_if_changed(folder, data)
    outputs = outputs_of(load_best(task, config, folder).service)
    splits = [name for name in data.info.splits if name != "train"]
    results = [
        result for split in splits for result in on_split(task, config, data, outputs, split)
    ]
    scores = {result.split: result.as_dict() for result in results}
    artifacts.write_json(folder / SCORES, scores)
    write_errors(folder / ERRORS, results)
    return results


def load_best(task: Task, config: Config, folder: Path) -> Any:
    """The parts of a run with its best weights.

    Raises:
        InputError: The run has not finished an epoch.
    """
    if not (folder / BEST).exists():
        raise InputError(f"{folder}: no {BEST} here; train until an epoch is finished")
    parts = assemble(task, config, folder)
    weights.load(folder / BEST, parts.model)
    return parts


def of_version(
    task: Task, config: Config, outputs: Outputs, split: str, data: Path | None
) -> list[Result]:
    """Scores a published version on a split of its config's data, or on a file.

    Args:
        task: The version's.
        config: The version's.
        outputs: Texts to the outputs of its signature.
        split: A split, or a part of one (`test/contrast`).
        data: Examples to use instead, in any format that can be told; `split` may name a part.
            The results are then named by this file.
    """
    whole, _, part = split.partition("/")
    if data is not None:
        config, whole = _on_file(task, config, data), "test"
    results = on_split(task, config, prepare.run(task, config), outputs, whole)
    if data is not None:
        name = data.resolve().name
        results = [replace(r, split=name + r.split.removeprefix(whole)) for r in results]
    if not part:
        return results
    chosen = [result for result in results if result.split == f"{results[0].split}/{part}"]
    if not chosen:
        known = ", ".join(result.split for result in results)
        raise InputError(f"split {split}: no such part; there are {known}")
    return chosen


def on_split(
    task: Task, config: Config, data: store.Prepared, outputs: Outputs, split: str
) -> list[Result]:
    """The whole split first, then its parts by name."""
    records = list(store.records(data, split))
    answers = answer_all(task, outputs, [record["text"] for record in records])

    def scored(name: str, rows: Sequence[int]) -> Result:
        chosen = [records[i] for i in rows], [answers[i] for i in rows]
        return Result(name, len(rows), task.score(config.settings, *chosen))

    parts = _parts(records)
    return [
        scored(split, range(len(records))),
        *(scored(f"{split}/{part}", parts[part]) for part in sorted(parts)),
    ]


def print_results(name: str, headline: str, results: Sequence[Result]) -> None:
    """One row a split or part; the headline metric comes first, with its 95 % interval."""
    shown: dict[str, list[str]] = {}
    for metric in dict.fromkeys((headline, *(m for r in results for m in r.scores.metrics))):
        column = [_cell(r.scores.metrics.get(metric), metric == headline) for r in results]
        if not metric.endswith("_any_of") or column != shown.get(metric.removesuffix("_any_of")):
            shown[metric] = column  # where strict and any-of agree, one column says it
    rows: list[list[Cell]] = [
        [_indented(result.split), result.examples, *(column[row] for column in shown.values())]
        for row, result in enumerate(results)
    ]
    print_table(name, ("split", "n", *(metric.replace("_", " ") for metric in shown)), rows)


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


def _parts(records: Sequence[Record]) -> Mapping[str, list[int]]:
    parts: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        for part in record.get("parts", ()):
            parts.setdefault(part, []).append(row)
    return parts


def _cell(metric: Mapping[str, float] | None, with_interval: bool) -> str:
    if metric is None:
        return "-"
    value = f"{metric['value']:.2f}"
    return f"{value}\n{metric['low']:.1f}-{metric['high']:.1f}" if with_interval else value


def _indented(split: str) -> str:
    """A part goes under its split."""
    _, slash, part = split.partition("/")
    return f"  {part}" if slash else split


def _on_file(task: Task, config: Config, file: Path) -> Config:
    """The config with its data replaced by one file, whole: no split is carved out of it."""
    found, _ = task.guess(file)
    old = config.settings.data
    files = dict.fromkeys(("train", "valid", "test"), found["files"]["train"])
    data = type(old).model_validate({**old.model_dump(), **found, "files": files})
    return replace(config, settings=config.settings.model_copy(update={"data": data}))
