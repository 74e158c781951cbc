"""A config's files become a dataset on disk, once."""

from __future__ import annotations

from pathlib import Path

from pipeline.artifacts import file_digest
from pipeline.config import ROOT, Config
from pipeline.datasets import store
from pipeline.datasets.lines import content_key
from pipeline.report.terminal import note
from pipeline.task import Task

PREPARED = ROOT / "data" / "prepared"


def run(task: Task, config: Config, folder: Path = PREPARED) -> store.Prepared:
    """The prepared dataset of a config: read from the source now, or found as it was left.

    What a stated policy repaired is said every time, not only when it was done.
    """
    source = task.load(config.settings.data)
    key = content_key(source.files, task.name, config.settings.data.model_dump(mode="json"))
    builder = store.prepare(
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
    counts = ", ".join(
        f"{name} {split.num_examples}" for name, split in builder.info.splits.items()
    )
    note(f"{config.name}: {counts} examples (data/prepared/{key})")
    for what, count in builder.info.metadata["repairs"].items():
        note(f"{config.name}: {what}: {count}")
    return builder
