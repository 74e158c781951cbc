"""Harder sets made of the evaluated examples, as the task makes them."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config
from pipeline.datasets import store
from pipeline.report.terminal import note
from pipeline.task import Record, Task

SEED = 1  # not the config's: models trained with different seeds are asked the same


def stress_sets(
    task: Task, config: Config, train: store.Prepared, name: str, records: Sequence[Record]
) -> dict[str, list[Record]]:
    """The task's stress sets as parts of what they are made of, e.g. `test/stress_unseen`.

    Says which could not be made: they need something that the data or the config does not have.
    """
    made = task.stress(config.settings, store.records(train, "train"), records, SEED)
    for kind, rows in made.items():
        if not rows:
            note(f"{name}/{kind}: nothing in this data to make it of")
    return {f"{name}/{kind}": rows for kind, rows in made.items() if rows}
