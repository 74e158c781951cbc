"""The version that is retrained: all that retraining needs, from its folder alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import Config, load_config
from pipeline.errors import GateError, InputError
from pipeline.report.terminal import note
from pipeline.runs import VersionFolder
from pipeline.stages.data import bundled_rows, prepare
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.training.assembly import read_vocabularies
from pipeline.task import Answer, Record, Task, Vocabularies
from pipeline.tasks import find_task, schema_of


@dataclass(frozen=True)
class Published:
    """A version and the rows that it is held to.

    Args:
        version: Its folder.
        manifest: What it was published with.
        task: Its task.
        config: Its settings, with those overridden that the user says.
        data: Its data settings, none overridden.
        vocabularies: Its own.
        train: Old training rows: its replay set, or the user's old data.
        learnt: Rows that it was trained on, as far as they travel: its replay set.
        valid: Rows that chose its epoch; empty where they did not travel.
        exam: Rows that it was examined with.
        is_whole: Whether `train` is all that it was trained on.
        newest: The number of the model's newest version when this one was opened.
    """

    version: VersionFolder
    manifest: dict[str, Any]
    task: Task
    config: Config
    data: Any
    vocabularies: Vocabularies
    train: Sequence[Record]
    learnt: Sequence[Record]
    valid: Sequence[Record]
    exam: Sequence[Record]
    is_whole: bool
    newest: int

    def taken(self, answers: Sequence[Answer]) -> set[int]:
        """Places of the answers that have a label which this version lacks."""
        suggested = map(self.task.answers.suggest, answers)
        return {place for place, record in enumerate(suggested) if not self.knows(record)}

    def knows(self, record: Record) -> bool:
        """Whether it has all labels of the record."""
        return all(
            label in self.vocabularies[kind]
            for kind, labels in self.task.answers.labels(record).items()
            for label in labels
        )

    def refuse_newer(self) -> None:
        """What was published meanwhile was neither learnt nor compared with.

        Raises:
            GateError: There is a newer version than when this one was opened.
        """
        home, number = self.version.path.parent, self.version.path.name
        newest = artifacts.versions(home)[-1]
        if newest != self.newest:
            raise GateError(
                f"{home}: version {newest} was published while this candidate was trained from"
                f" version {number}, and would be undone; nothing published: start again"
            )


@contextmanager
def alone(model: Path) -> Iterator[None]:
    """Waits for other retrainings of a model: begun side by side, the last would undo the first.

    The lock is on the model's folder; it leaves no file, and goes with the process.

    Args:
        model: `saved_models/<name>`, or one version's folder.

    Raises:
        InputError: There is no version, or none can be published there.
    """
    home = artifacts.find_version(model).resolve().parent
    if not os.access(home, os.W_OK):
        raise InputError(
            f"{home}: cannot be written to; expected to publish the next version there"
        )
    lock = os.open(home, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"{home}: waiting for another retraining of this model")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def open_version(
    path: Path,
    overrides: Sequence[str] = (),
    exam: Path | None = None,
    old_data: Path | None = None,
) -> Published:
    """Reads a version's folder.

    Args:
        path: `saved_models/<name>` (its newest version), or one version's folder.
        overrides: `key.key=value`.
        exam: Rows to use instead of its exam set, in any format that can be told.
        old_data: Its old training data, instead of its replay set.

    Raises:
        InputError: There is no version, or a set of rows did not travel and is not given.
        PipelineError: It was changed since it was published.
    """
    folder = artifacts.find_version(path).resolve()
    version = VersionFolder(folder)
    newest = artifacts.versions(folder.parent)[-1]
    manifest = artifacts.verify(folder)
    config = load_config(version.config, schema_of, overrides, manifest["name"])
    if folder.parent.name != config.name or not folder.name.isdecimal():
        raise InputError(f"{folder}: expected the folder <models>/{config.name}/<number>")
    if newest != int(folder.name):
        said = f"version {folder.name} is trained on and compared with, not {newest}"
        note(f"{config.name}: {said}")
    _say_unusual(config)
    task = find_task(config.task)
    asked = _rows(task, config, exam, version.exam, "exam")
    # A user's file may have all there ever was in it; what travels was divided already.
    valid = without(bundled_rows.read(task, config, version.valid), asked if exam else ())
    train = _rows(task, config, old_data, version.replay, "old-data")
    others = [*(asked if exam or old_data else ()), *(valid if old_data else ())]
    kept = without(train, others)
    if len(kept) < len(train):
        note(f"{len(train) - len(kept)} of the old rows stand in the exam or valid set: left out")
    if old_data:
        _say_missing(old_data, len(kept), version)
    return Published(
        version=version,
        manifest=manifest,
        task=task,
        config=config,
        data=load_config(version.config, schema_of, name=manifest["name"]).settings.data,
        vocabularies=read_vocabularies(version.vocabularies),
        train=kept,
        learnt=bundled_rows.read(task, config, version.replay) if old_data else kept,
        valid=valid,
        exam=asked,
        is_whole=old_data is not None or has_all(version, len(train)),
        newest=newest,
    )


def has_all(version: VersionFolder, replayed: int) -> bool:
    """Whether so many replay rows are all that a version has learnt from.

    What a retraining was shown is no more than a sample, if what it had of the rows before was one:
    then even a replay set with every row of it is not all.
    """
    given = version.verdict  # of a retraining
    begun = not given.exists() or artifacts.read_json(given).get("whole", False)
    return bool(begun and replayed >= artifacts.read_json(version.data_profile)["examples"])


def without(records: Sequence[Record], others: Sequence[Record]) -> list[Record]:
    """The records whose texts no other has."""
    known = {text_key(record["text"]) for record in others}
    return [record for record in records if text_key(record["text"]) not in known]


def _say_unusual(config: Config) -> None:
    """Names the `retrain` settings that are not the task's own.

    What is set once stays with the versions that come of it; a gate that is wider for one file
    would else be wider for all that follow, unseen.
    """
    now = config.settings.retrain
    usual = type(config.settings).model_fields["retrain"].get_default(call_default_factory=True)
    others = [
        f"{name} {value} (usually {getattr(usual, name)})"
        for name, value in now
        if name != "columns" and value != getattr(usual, name)
    ]
    if others:
        note(f"{config.name}: `retrain` settings, kept from now on: {', '.join(others)}")


def _say_missing(file: Path, rows: int, version: VersionFolder) -> None:
    """The same file each time lacks what was learnt since: the rows of other new files."""
    learnt = artifacts.read_json(version.data_profile)["examples"]
    if rows < learnt:
        told = f"version {version.path.name} learnt from {learnt}: the others may be forgotten"
        note(f"{file}: {rows} rows, and {told}")


def _rows(task: Task, config: Config, given: Path | None, own: Path, option: str) -> list[Record]:
    """The rows of the user's file, else those that travelled."""
    if given is not None:
        settings = prepare.on_file(task, config, given).settings
        said = list(task.data.load(settings).splits["test"]())
        if not said:
            raise InputError(f"{given}: no rows; expected annotated examples for --{option}")
        return said
    found = bundled_rows.read(task, config, own)
    if not found:
        raise InputError(f"{own}: no such rows travel with this version; give --{option} PATH")
    return found
