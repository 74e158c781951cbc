"""Old rows and new ones as one data set of the run, and how often an epoch shows which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.config import ROOT, Config, RetrainSettings
from pipeline.datasets.splits import carve
from pipeline.stages import rows
from pipeline.stages.retraining.news import News, Parts
from pipeline.stages.retraining.published import Published, without
from pipeline.stages.warm import Mix
from pipeline.task import Record

FOLDER = "data"
NEW = "new"  # the split of the new rows that the gate asks


def write(old: Published, news: News, parts: Parts, folder: Path) -> tuple[Config, int]:
    """Writes the run's data, and gives the config that reads them and the number of old rows.

    Train has the old rows first, without those that the new data annotate otherwise and those that
    stand in a part of the new data that is not learnt from. Valid and test have both kinds; the
    split `new` is what of the new data is held out.

    Args:
        old: The version.
        news: What is new.
        parts: The new rows, divided.
        folder: Of the run.
    """
    quarrelled = [before for before, _ in news.quarrels]
    train = without(old.train, [*quarrelled, *parts.valid, *parts.held_out])
    valid = list(old.valid)
    if not valid:  # it did not travel: some of the old rows choose the epoch instead
        settings = old.config.settings
        shares = {"valid": settings.retrain.valid}
        readers = carve(lambda: train, lambda r: r["text"], shares, settings.train.seed)
        train, valid = ([*readers[name]()] for name in ("train", "valid"))
    splits: dict[str, Sequence[Record]] = {
        "train": [*train, *parts.train],
        "valid": [*without(valid, parts.train), *parts.valid],
        "test": [*old.exam, *without(parts.held_out, old.exam)],
        NEW: parts.held_out,
    }
    for split, records in splits.items():
        rows.write(old.task, folder / FOLDER / f"{split}.jsonl", records)
    files = {split: _named(folder / FOLDER / f"{split}.jsonl") for split in splits}
    settings = old.config.settings
    data = old.task.travelling(settings.data, files)
    config = replace(old.config, settings=settings.model_copy(update={"data": data}))
    return config, len(train)


def mix(old: int, new: int, settings: RetrainSettings) -> Mix:
    """How often an epoch shows old and new rows, so that `new_share` of what it shows is new."""
    wanted = settings.new_share / (1 - settings.new_share)  # new rows for each old one
    ratio = wanted * old / max(1, new)  # times that a new row stands for one of an old one
    most = settings.most_repeats
    times = (1, min(most, round(ratio))) if ratio >= 1 else (min(most, round(1 / ratio)), 1)
    return Mix(old, times) if old else Mix()


def training(config: Config) -> Config:
    """The settings that the candidate is fitted with; those it is published with stay."""
    settings = config.settings
    changed = {
        "epochs": settings.retrain.epochs,
        "learning_rate": settings.train.learning_rate * settings.retrain.learning_rate,
    }
    train = settings.train.model_copy(update=changed)
    return replace(config, settings=settings.model_copy(update={"train": train}))


def _named(file: Path) -> str:
    """As a config names it: below the project, where it lies there."""
    whole = file.resolve()
    return str(whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole)
