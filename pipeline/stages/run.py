"""A run in memory: task, config and folder, with the data prepared and the model built once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic

from pipeline.config import Config, load_config
from pipeline.datasets import store
from pipeline.errors import InputError
from pipeline.runs import RunFolder
from pipeline.stages.data import prepare
from pipeline.stages.training import checkpoint
from pipeline.stages.training.assembly import Assembly, assemble, read_vocabularies
from pipeline.task import A, M, R, S, T, Task, Vocabularies
from pipeline.tasks import find_task, schema_of


@dataclass
class Run(Generic[S, R, A, T, M]):
    """A training and what it left.

    Args:
        task: The task of the config.
        config: All settings.
        folder: The files of the run.
        data: The prepared dataset of the config.
    """

    task: Task[S, R, A, T, M]
    config: Config[S]
    folder: RunFolder
    data: store.Prepared

    @property
    def settings(self) -> S:
        """The settings of the config."""
        return self.config.settings

    def records(self, split: str) -> Iterator[R]:
        """Read the records of a split, in the source's order."""
        return prepare.records(self.task, self.data, split)

    @property
    def vocabularies(self) -> Vocabularies:
        """The vocabularies as the run's folder has them."""
        return read_vocabularies(self.folder.vocabularies)

    def assemble(self) -> Assembly[T, M]:
        """Build the model anew, with random weights."""
        return assemble(self.task, self.config, self.folder.vocabularies)

    @cached_property
    def best(self) -> Assembly[T, M]:
        """A fresh build of the model with the best weights; evaluation and export share it.

        Raises:
            InputError: The run has not finished an epoch.
        """
        if not self.folder.best.exists():
            name = self.folder.best.name
            raise InputError(f"{self.folder}: no {name} here; train until an epoch is finished")
        parts = self.assemble()
        checkpoint.load(self.folder.best, parts.model)
        return parts

    def release(self) -> None:
        """Drop the model from memory; the next use of `best` builds it again."""
        self.__dict__.pop("best", None)


def open_run(path: Path, overrides: Sequence[str] = ()) -> Run:
    """Open the run in a folder under `runs/<name>/`.

    Args:
        path: The folder.
        overrides: Settings to change, as `key.key=value`.

    Raises:
        InputError: The folder holds no run.
    """
    folder = RunFolder(path)
    if not folder.config.is_file():
        raise InputError(f"{path}: not a run folder; expected one that `train` made, under runs/")
    config = load_config(folder.config, schema_of, overrides, name=path.resolve().parent.name)
    task = find_task(config.task)
    return Run(task, config, folder, prepare.run(task, config))
