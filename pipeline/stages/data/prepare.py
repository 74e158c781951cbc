"""A config's files become a dataset on disk, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.artifacts import file_digest
from pipeline.config import ROOT, Config
from pipeline.datasets import store
from pipeline.datasets.lines import content_key
from pipeline.errors import InputError
from pipeline.report.terminal import note
from pipeline.task import Task

PREPARED = ROOT / "data" / "prepared"
OF_A_FILE = {"columns", "header", "encoding"}  # data settings that another file has of its own
SAID_OF_A_FILE = {"intent"}  # data settings that, said of a file, say nothing of the next one


def run(task: Task, config: Config, folder: Path = PREPARED) -> store.Prepared:
    """The prepared dataset of a config: read from the source now, or found as it was left."""
    source = task.load(config.settings.data)
    key = content_key(source.files, task.name, config.settings.data.model_dump(mode="json"))
    return store.prepare(
        folder,
        key,
        task.features(),
        source.splits,
        metadata=lambda: {
            "task": task.name,
            "files": {f"{f.parent.name}/{f.name}": file_digest(f) for f in source.files},
            "repairs": dict(source.repairs),
        },
    )


def say(config: Config, data: store.Prepared) -> None:
    """What there is to train on; what a stated policy repaired is said each time, not only once."""
    counts = ", ".join(f"{name} {split.num_examples}" for name, split in data.info.splits.items())
    note(f"{config.name}: {counts} examples (data/prepared/{data.builder_config.name})")
    for what, count in data.info.metadata["repairs"].items():
        note(f"{config.name}: {what}: {count}")


def on_file(task: Task, config: Config, file: Path) -> Config:
    """The config with its data replaced by one file, whole: no split is carved out of it."""
    old = config.settings.data
    found = found_like(task, config, file)
    files = dict.fromkeys(("train", "valid", "test"), found["files"]["train"])
    kept = old.model_dump(exclude=OF_A_FILE)
    data = type(old).model_validate({**kept, **found, "files": files})
    return replace(config, settings=config.settings.model_copy(update={"data": data}))


def found_like(task: Task, config: Config, file: Path) -> dict[str, Any]:
    """How a file is read by a model with this config; a turn is said.

    Raises:
        InputError: It is in no format of the task, or `retrain.columns` names what is no column.
    """
    data, said = config.settings.data, config.settings.retrain.columns
    known = task.columns(data)
    if others := said.keys() - known.keys():
        expected = ", ".join(known)
        raise InputError(f"retrain.columns: {', '.join(sorted(others))}; expected {expected}")
    for role, name in said.items():  # of several columns one may be named alone
        alone = isinstance(name, str) and isinstance(known[role], tuple)
        known[role] = (name,) if alone else name
    try:
        type(data.columns).model_validate(known)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InputError(f"retrain.columns.{wrong['loc'][0]}: {wrong['msg']}") from error
    found, seen = task.guess(file, None, known)
    read = task.like(data, found)
    turned = [key for key in ("columns", "files") if read.get(key) != found.get(key)]
    if turned:
        note(f"{seen}; read the other way round, as the model needs it")
    return read
