"""Answers of a cheap reference model to the same examples.

The baseline is fitted once for each training set; its answers are kept beside the prepared data.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.datasets.lines import content_key
from pipeline.report.terminal import note
from pipeline.stages.data import prepare
from pipeline.task import Answer, Record, Task

BASELINE = "baseline"
OLD_BASELINE = "floor"  # its name in the scores of older runs
PACKAGES = ("scikit-learn", "sklearn-crfsuite")


def baseline_answers(
    task: Task, config: Config, train: store.Prepared, sets: Mapping[str, Sequence[Record]]
) -> dict[str, list[Answer]]:
    """Return the baseline's answers to every set by name, fitting it if it is not fitted yet.

    Raises:
        InputError: The optional packages that the baseline needs are not installed.
    """
    records = [record for rows in sets.values() for record in rows]
    file = _file(task, config, train, records)
    if file.exists():
        answers = artifacts.read_json(file)
    else:
        note(f"{config.name}: fitting the baseline (once for this data, some minutes)")
        answers = task.judge.baseline(
            config.settings, prepare.records(task, train, "train"), records
        )
        artifacts.write_json(file, answers)
    left = iter(answers)
    return {name: [next(left) for _ in rows] for name, rows in sets.items()}


def _file(task: Task, config: Config, train: store.Prepared, records: Sequence[Record]) -> Path:
    """Return the file of the answers, named by all that they depend on."""
    side = Path(inspect.getfile(type(task.judge)))
    own = side.with_name("baseline.py")
    source = own if own.is_file() else side
    settings = config.settings.model_dump(mode="json")["data"]
    asked = [task.data.to_json(record) for record in records]
    key = content_key([source], task.name, settings, [_version(p) for p in PACKAGES], asked)
    return Path(train.data_dir).parent / f"{BASELINE}-{key}.json"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
