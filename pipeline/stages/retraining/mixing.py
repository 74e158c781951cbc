"""Old rows and new ones as one data set of the run, and how often an epoch shows which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import ROOT, Config, RetrainSettings, TaskSettings, TrainSettings
from pipeline.datasets.splits import carve
from pipeline.report.terminal import note
from pipeline.runs import RunFolder, VersionFolder
from pipeline.stages.data import bundled_rows, prepare
from pipeline.stages.publishing import replay
from pipeline.stages.retraining.incumbent import Published, without
from pipeline.stages.retraining.new_data import News, Parts, key_of
from pipeline.stages.run import Run
from pipeline.stages.training.warm_start import Mix
from pipeline.task import Record, Task

LENDING = -1  # a seed that no division has had before: what it would draw again is not there
NEW = "new"  # the split of the new rows that the gate asks


class Mixed(NamedTuple):
    """The data of a run.

    Attributes:
        config: Reads them.
        old: How many rows of train are old; they come first.
        lent: Rows that choose the epoch, and are lost if no validation rows travel on: old training
            rows, where no others were there, and new ones.
    """

    config: Config
    old: int
    lent: Sequence[Record]


def write(old: Published, news: News, parts: Parts, folder: RunFolder) -> Mixed:
    """Writes the run's data.

    Train has the old rows first, without those that the new data annotate otherwise, those that
    stand in a part of the new data that is not learnt from, and, of the user's old data, those
    whose place a new row takes. Valid and test have both kinds; the split `new` is what of the new
    data is held out.

    Args:
        old: The version.
        news: What is new.
        parts: The new rows, divided.
        folder: Of the run.
    """
    quarrelled = [before for before, _ in news.quarrels]
    train = without(old.train, [*quarrelled, *parts.valid, *parts.held_out])
    train = _replaced(old.task, train, parts.train)
    lent: list[Record] = []
    if not old.valid:
        train, lent = lend(train, old.config.settings.retrain.valid)
        said = f"no validation rows travel with it: {len(lent)} of the old rows choose the epoch"
        note(f"{old.config.name}: {said}")
    valid = without([*old.valid, *lent], [*quarrelled, *parts.train, *parts.held_out])
    splits: dict[str, Sequence[Record]] = {
        "train": [*train, *parts.train],
        "valid": [*valid, *parts.valid],
        "test": [*old.exam, *without(parts.held_out, old.exam)],
        NEW: parts.held_out,
    }
    for split, records in splits.items():
        bundled_rows.write(old.task, folder.data / f"{split}.jsonl", records)
    files = {split: _named(folder.data / f"{split}.jsonl") for split in splits}
    settings = old.config.settings
    bundled = old.task.data.bundled_settings(settings, files)
    changed = {
        "data": bundled.data.model_copy(update=_of_old(old)),
        "retrain": bundled.retrain,  # has the names of columns that the next new file will have
    }
    config = replace(old.config, settings=settings.model_copy(update=changed))
    return Mixed(config, len(train), [*lent, *parts.valid])


def lend(train: Sequence[Record], share: float) -> tuple[list[Record], list[Record]]:
    """Rows to learn from and those that choose the epoch; of a text it is the same each time."""
    readers = carve(lambda: train, lambda r: r["text"], {"valid": share}, LENDING)
    return [*readers["train"]()], [*readers["valid"]()]


def give_back(
    run: Run, lent: Sequence[Record], train: Sequence[Record], version: VersionFolder
) -> None:
    """Writes the replay set of a candidate anew where the rows that were lent would be lost.

    That is where its validation rows do not travel either: each retraining would lose a tenth of
    what is old and of what is new. It lends the same old ones again, since a row's text decides.

    Args:
        run: The run of the candidate.
        lent: Of `write`.
        train: What the candidate was trained on.
        version: The folder of the candidate.
    """
    settings = run.settings
    if lent and not settings.export.valid_rows:
        everything, size = [*lent, *train], settings.export.replay_rows
        chosen = replay.choose(run.task, lambda: everything, size, settings.train.seed)
        bundled_rows.write(run.task, version.replay, chosen)


def _replaced(task: Task, old: Sequence[Record], new: Sequence[Record]) -> list[Record]:
    """Old rows without one for each new row that says the same; a file may have all there is."""
    left = Counter(key_of(task, record) for record in new)
    kept = []
    for record in old:
        key = key_of(task, record)
        if left[key] > 0:
            left[key] -= 1
        else:
            kept.append(record)
    return kept


def mix(old: int, new: int, settings: RetrainSettings) -> Mix:
    """How often an epoch shows old and new rows, so that `new_share` of what it shows is new."""
    wanted = settings.new_share / (1 - settings.new_share)  # new rows for each old one
    ratio = wanted * old / max(1, new)  # times that a new row stands for one of an old one
    most = settings.max_repeats
    times = (1, min(most, round(ratio))) if ratio >= 1 else (min(most, round(1 / ratio)), 1)
    return Mix(old, times) if old else Mix()


def train_settings(settings: TaskSettings) -> TrainSettings:
    """Return how the candidate is trained; it is published with its own `train` settings."""
    changed = {
        "epochs": settings.retrain.epochs,
        "learning_rate": settings.train.learning_rate * settings.retrain.learning_rate,
    }
    return settings.train.model_copy(update=changed)


def _of_old(old: Published) -> dict[str, Any]:
    """Settings that were said of the new file alone, as they were before."""
    return {key: getattr(old.data, key) for key in prepare.SAID_OF_A_FILE if hasattr(old.data, key)}


def _named(file: Path) -> str:
    """As a config names it: below the project, where it lies there."""
    whole = file.resolve()
    return str(whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole)
