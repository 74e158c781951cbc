"""Harder sets that the task makes of the evaluated examples."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config
from pipeline.datasets import store
from pipeline.report.terminal import note
from pipeline.stages.data import prepare
from pipeline.task import Record, Task

SEED = 1  # not the config's: models trained with different seeds get the same examples


def stress_sets(
    task: Task, config: Config, train: store.Prepared, name: str, records: Sequence[Record]
) -> dict[str, list[Record]]:
    """Return the task's stress sets as parts of their split, such as `test/stress_unseen`.

    Logs the sets that cannot be made: they need something that the data or the config lacks.
    """
    made = task.judge.stress(config.settings, prepare.records(task, train, "train"), records, SEED)
    for kind, rows in made.items():
        if not rows:
            note(f"{name}/{kind}: this data has nothing to make it of")
    return {f"{name}/{kind}": rows for kind, rows in made.items() if rows}
