"""Turn a config's files into a dataset on disk, once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from pipeline.artifacts import file_digest
from pipeline.config import ROOT, Config
from pipeline.datasets import store
from pipeline.datasets.lines import content_key
from pipeline.report.terminal import note
from pipeline.task import A, M, Purpose, R, S, Source, T, Task

PREPARED = ROOT / "data" / "prepared"
SAID_OF_A_FILE = {"intent"}  # data settings that describe one file and not the next


def run(
    task: Task[S, R, A, T, M],
    config: Config[S],
    source: Source[R] | None = None,
    folder: Path = PREPARED,
) -> store.Prepared:
    """Prepare the dataset of a config; a source that has not changed is read only once.

    Args:
        task: The task of the config.
        config: All settings.
        source: The examples, if not those of the config's files.
        folder: The folder of all prepared datasets.
    """
    source = source or task.data.load(config.settings)
    key = content_key(source.files, task.name, config.settings.data.model_dump(mode="json"))

    @functools.cache
    def digests() -> dict[str, str]:  # the store asks for the metadata once for each split
        return {f"{f.parent.name}/{f.name}": file_digest(f) for f in source.files}

    return store.prepare(
        folder,
        key,
        task.data.features(),
        source.splits,
        metadata=lambda: {
            "task": task.name,
            "files": digests(),
            "repairs": dict(source.repairs),
        },
    )


def records(task: Task[S, R, A, T, M], data: store.Prepared, split: str) -> Iterator[R]:
    """Read the records of a split, in the source's order."""
    del task  # it gives the type: the store keeps what the task's loader made
    return cast(Iterator[R], store.records(data, split))


def say(config: Config, data: store.Prepared) -> None:
    """Log the number of examples, and each time what the config's policies repaired."""
    counts = ", ".join(f"{name} {split.num_examples}" for name, split in data.info.splits.items())
    note(f"{config.name}: {counts} examples (data/prepared/{data.builder_config.name})")
    for what, count in data.info.metadata["repairs"].items():
        note(f"{config.name}: {what}: {count}")


def on_file(
    task: Task[S, R, A, T, M], config: Config[S], file: Path, purpose: Purpose = "learn"
) -> Config[S]:
    """Return the config with one file as its data, read whole: no split is carved out of it.

    Raises:
        InputError: See `DataSide.adopt`.
    """
    return replace(config, settings=task.data.adopt(config.settings, file, purpose))
