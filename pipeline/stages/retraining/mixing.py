"""One dataset of old and new rows, and how often an epoch shows each."""

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
from pipeline.stages.retraining.incumbent import Incumbent, without
from pipeline.stages.retraining.new_data import NewData, NewParts, key_of
from pipeline.stages.run import Run
from pipeline.stages.training.warm_start import Mix
from pipeline.task import Record, Task

LENDING = -1  # a seed that no earlier division used
NEW = "new"  # the split of the new rows for the gate


class MixedData(NamedTuple):
    """The data of a retraining.

    Attributes:
        config: The config that reads it.
        old: The number of old rows in train; they come first.
        lent: Training rows used for validation, old ones (if the version has no validation rows)
            and new ones. They must return to the replay rows if no validation rows are stored.
    """

    config: Config
    old: int
    lent: Sequence[Record]


def write(old: Incumbent, new: NewData, parts: NewParts, folder: RunFolder) -> MixedData:
    """Write the data of a retraining.

    Train starts with the old rows, without those that conflict with new rows, those whose text is
    in a held-out part of the new data, and those of the user's old data that a new row replaces.
    Valid and test have old and new rows; the split `new` has the held-out new rows.

    Args:
        old: The incumbent.
        new: The new data.
        parts: The new rows by use.
        folder: The folder of the run.
    """
    conflicting = [before for before, _ in new.conflicts]
    train = without(old.train, [*conflicting, *parts.valid, *parts.held_out])
    train = _replaced(old.task, train, parts.train)
    lent: list[Record] = []
    if not old.valid:
        train, lent = lend(train, old.config.settings.retrain.valid)
        reason = (
            f"no validation rows are stored with the version; using {len(lent)} old training rows"
        )
        note(f"{old.config.name}: {reason}")
    valid = without([*old.valid, *lent], [*conflicting, *parts.train, *parts.held_out])
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
    return MixedData(config, len(train), [*lent, *parts.valid])


def lend(train: Sequence[Record], share: float) -> tuple[list[Record], list[Record]]:
    """Divide rows for training and validation; the text decides, so the result is repeatable."""
    readers = carve(lambda: train, lambda r: r["text"], {"valid": share}, LENDING)
    return [*readers["train"]()], [*readers["valid"]()]


def give_back(
    run: Run, lent: Sequence[Record], train: Sequence[Record], version: VersionFolder
) -> None:
    """Write the replay rows of a candidate again if the lent rows would be lost.

    This happens if validation rows do not travel with a version: each retraining would lose a tenth
    of the old and the new rows. The next one lends the same old rows, since the text decides.

    Args:
        run: The run of the candidate.
        lent: The lent rows of `write`.
        train: The training rows of the candidate.
        version: The folder of the candidate.
    """
    settings = run.settings
    if lent and not settings.export.valid_rows:
        everything, size = [*lent, *train], settings.export.replay_rows
        chosen = replay.choose(run.task, lambda: everything, size, settings.train.seed)
        bundled_rows.write(run.task, version.replay, chosen)


def _replaced(task: Task, old: Sequence[Record], new: Sequence[Record]) -> list[Record]:
    """Remove one old row for each duplicate among the new rows."""
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
    """Return how often an epoch shows old and new rows, so that `new_share` of them are new."""
    wanted = settings.new_share / (1 - settings.new_share)  # shown new rows for each shown old row
    ratio = wanted * old / max(1, new)  # how often a new row is shown for each old one
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


def _of_old(old: Incumbent) -> dict[str, Any]:
    """Return the settings that describe the new file alone, as they were before."""
    return {key: getattr(old.data, key) for key in prepare.SAID_OF_A_FILE if hasattr(old.data, key)}


def _named(file: Path) -> str:
    """Return the path for a config: relative to the project if possible."""
    whole = file.resolve()
    return str(whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole)
