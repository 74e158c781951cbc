"""What a cheap reference model reaches on the same examples, and whether a model is told from it.

The floor is fitted once for each training set: its answers are kept beside the prepared data.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.datasets.lines import content_key
from pipeline.metrics.intervals import Difference, paired_bootstrap
from pipeline.report.terminal import note, print_table
from pipeline.task import Answer, Record, Scores, Task

FLOOR = "floor"
PACKAGES = ("scikit-learn", "sklearn-crfsuite")


def floor_answers(
    task: Task, config: Config, train: store.Prepared, sets: Mapping[str, Sequence[Record]]
) -> dict[str, list[Answer]]:
    """The floor's answers to every set by name; fitted now, or found as they were left.

    Raises:
        InputError: The optional packages that the floor needs are not installed.
    """
    records = [record for rows in sets.values() for record in rows]
    file = _file(task, config, train, records)
    if file.exists():
        answers = artifacts.read_json(file)
    else:
        note(f"{config.name}: fitting the floor (once for this data, some minutes)")
        answers = task.floor(config.settings, store.records(train, "train"), records)
        artifacts.write_json(file, answers)
    left = iter(answers)
    return {name: [next(left) for _ in rows] for name, rows in sets.items()}


def differences(model: Scores, floor: Scores) -> dict[str, Difference]:
    """By metric, the model's score less the floor's, of those that both have."""
    return {
        metric: paired_bootstrap(counted, floor.counts[metric])
        for metric, counted in model.counts.items()
        if metric in floor.counts
    }


def print_comparison(name: str, model: Scores, floor: Scores) -> None:
    """One row a metric; "not distinguishable" where the difference may be chance."""
    rows: list[list[Any]] = []
    for metric, found in differences(model, floor).items():
        values = (model.metrics[metric]["value"], floor.metrics[metric]["value"], found.value)
        interval = f"{found.low:.1f} to {found.high:.1f}"
        rows.append([metric.replace("_", " "), *values, interval, _verdict(found)])
    columns = ("metric", "model", FLOOR, "difference", "95 %", "the model is")
    print_table(f"{name}: against the floor (paired bootstrap over examples)", columns, rows)


def _verdict(difference: Difference) -> str:
    if not difference.distinguishable:
        return "not distinguishable"
    return "better" if difference.value > 0 else "worse"


def _file(task: Task, config: Config, train: store.Prepared, records: Sequence[Record]) -> Path:
    """Named by all that the answers depend on, the floor's own source included."""
    source = Path(inspect.getfile(task.floor))
    settings = config.settings.model_dump(mode="json")["data"]
    asked = [task.to_json(record) for record in records]
    key = content_key([source], task.name, settings, [_version(p) for p in PACKAGES], asked)
    return Path(train.data_dir).parent / f"{FLOOR}-{key}.json"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
