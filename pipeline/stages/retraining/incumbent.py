"""The incumbent: the published version that is retrained, read from its folder alone."""

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
class Incumbent:
    """A published version and the old rows.

    Args:
        version: The folder of the version.
        manifest: The manifest of the version.
        task: The task of the version.
        config: The settings of the version, with the user's overrides.
        data: The data settings of the version, without overrides.
        vocabularies: The vocabularies of the version.
        train: Old training rows: the replay rows, or the user's old data.
        learnt: Training rows of the version that travel with it: the replay rows.
        valid: Validation rows of the version; empty if they do not travel with it.
        exam: Exam rows of the version, or the user's.
        is_whole: Whether `train` is all that the version was trained on.
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
        """Return the positions of answers with a label that this version lacks."""
        suggested = map(self.task.answers.suggest, answers)
        return {place for place, record in enumerate(suggested) if not self.knows(record)}

    def knows(self, record: Record) -> bool:
        """Return whether the version has all labels of a record."""
        return all(
            label in self.vocabularies[kind]
            for kind, labels in self.task.answers.labels(record).items()
            for label in labels
        )

    def refuse_newer(self) -> None:
        """Refuse to publish if another version was published meanwhile.

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
    """Hold the only retraining of a model; wait for another one, which this one would undo.

    The lock is on the model's folder; it leaves no file and ends with the process.

    Args:
        model: `saved_models/<name>`, or one version's folder.

    Raises:
        InputError: There is no version, or the folder is not writable.
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
) -> Incumbent:
    """Read the folder of a version.

    Args:
        path: `saved_models/<name>` (its newest version), or one version's folder.
        overrides: `key.key=value`.
        exam: Rows to use instead of its exam rows, in any format that is detected.
        old_data: Its old training data, to use instead of its replay rows.

    Raises:
        InputError: There is no version, or a set of rows is neither stored nor given.
        PipelineError: The version was changed since it was published.
    """
    folder = artifacts.find_version(path).resolve()
    version = VersionFolder(folder)
    newest = artifacts.versions(folder.parent)[-1]
    manifest = artifacts.verify(folder)
    config = load_config(version.config, schema_of, overrides, manifest["name"])
    if folder.parent.name != config.name or not folder.name.isdecimal():
        raise InputError(f"{folder}: expected the folder <models>/{config.name}/<number>")
    if newest != int(folder.name):
        reason = f"version {folder.name} is retrained and compared with, not {newest}"
        note(f"{config.name}: {reason}")
    _say_unusual(config)
    task = find_task(config.task)
    exam_rows = _rows(task, config, exam, version.exam, "exam")
    # A user's file may have rows of all splits; the stored rows are divided already.
    valid = without(bundled_rows.read(task, config, version.valid), exam_rows if exam else ())
    train = _rows(task, config, old_data, version.replay, "old-data")
    others = [*(exam_rows if exam or old_data else ()), *(valid if old_data else ())]
    kept = without(train, others)
    if len(kept) < len(train):
        note(f"left out {len(train) - len(kept)} old rows that are also in the exam or valid set")
    if old_data:
        _say_missing(old_data, len(kept), version)
    return Incumbent(
        version=version,
        manifest=manifest,
        task=task,
        config=config,
        data=load_config(version.config, schema_of, name=manifest["name"]).settings.data,
        vocabularies=read_vocabularies(version.vocabularies),
        train=kept,
        learnt=bundled_rows.read(task, config, version.replay) if old_data else kept,
        valid=valid,
        exam=exam_rows,
        is_whole=old_data is not None or has_all(version, len(train)),
        newest=newest,
    )


def has_all(version: VersionFolder, replayed: int) -> bool:
    """Return whether this number of replay rows is all that a version was trained on.

    A retraining that had only a sample of the earlier rows has not seen them all, so even a replay
    set with all of its own training rows is not the whole.
    """
    given = version.verdict  # only a retrained version has one
    begun = not given.exists() or artifacts.read_json(given).get("whole", False)
    return bool(begun and replayed >= artifacts.read_json(version.data_profile)["examples"])


def without(records: Sequence[Record], others: Sequence[Record]) -> list[Record]:
    """Return the records whose text is in no other record."""
    known = {text_key(record["text"]) for record in others}
    return [record for record in records if text_key(record["text"]) not in known]


def _say_unusual(config: Config) -> None:
    """Log the `retrain` settings that differ from the defaults.

    A setting is kept in all later versions; without this note, a gate that was widened for one file
    would stay wider unnoticed.
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
    """Warn that old data lacks rows of other new files that were learnt since."""
    learnt = artifacts.read_json(version.data_profile)["examples"]
    if rows < learnt:
        trained = f"version {version.path.name} was trained on {learnt}"
        note(f"{file}: {rows} rows, but {trained}; the others may be forgotten")


def _rows(task: Task, config: Config, given: Path | None, own: Path, option: str) -> list[Record]:
    """Return the rows of the user's file, or those that travel with the version."""
    if given is not None:
        settings = prepare.on_file(task, config, given).settings
        rows = list(task.data.load(settings).splits["test"]())
        if not rows:
            raise InputError(f"{given}: no rows; expected annotated examples for --{option}")
        return rows
    found = bundled_rows.read(task, config, own)
    if not found:
        raise InputError(f"{own}: no such rows travel with this version; give --{option} PATH")
    return found
