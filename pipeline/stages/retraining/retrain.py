"""A published version and new data become the next version, or a verdict that says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.config import Config
from pipeline.datasets import store
from pipeline.errors import RejectedError
from pipeline.predictor import load
from pipeline.report.terminal import note, print_table
from pipeline.stages.data import prepare
from pipeline.stages.evaluation import evaluate, report
from pipeline.stages.live import drift
from pipeline.stages.publishing import drift_reference, export
from pipeline.stages.retraining import (
    candidate_start,
    gate,
    incumbent,
    interpolate,
    mixing,
    new_data,
    verdict,
)
from pipeline.stages.retraining.incumbent import Published
from pipeline.stages.training import train
from pipeline.stages.training.assembly import Assembly
from pipeline.stages.training.warm_start import Answers, Warm
from pipeline.task import Layout, Record

REMAP = "remap.json"
GROWN = ("axis", "before", "after")
MOVED = ("axis", "times", "copied", "new", "dropped")


class Outcome(NamedTuple):
    """What retraining came to.

    Attributes:
        verdict: Of the gate.
        version: What was published; None where it was rejected.
        folder: Of the run.
    """

    verdict: verdict.Verdict
    version: Path | None
    folder: Path


def run(
    model: Path,
    data: Path,
    overrides: Sequence[str] = (),
    *,
    exam: Path | None = None,
    old_data: Path | None = None,
    exam_rows: new_data.ExamRows = "refuse",
    force: str | None = None,
    runs: Path = train.RUNS,
) -> Outcome:
    """Trains a published model on with new data, and publishes it if the gate lets it.

    Where another process retrains the model it waits, and goes on from what that has published.

    Args:
        model: `saved_models/<name>` (its newest version), or one version's folder.
        data: New annotated rows, in any format that can be told.
        overrides: `key.key=value` of its settings, above all of `retrain`.
        exam: Rows to use instead of the exam set that travels with the version.
        old_data: Its old training data, instead of the replay set that travels.
        exam_rows: What becomes of new rows whose text stands in the exam set.
        force: The reason why the candidate is published even if it is rejected.
        runs: Where run folders go.

    Raises:
        InputError: There is no such version, the data have bad lines or rows of the exam, or a set
            of rows is missing.
        GateError: The candidate answers differently once it is exported, or another version was
            published meanwhile.
    """
    with incumbent.alone(model):
        old = incumbent.open_version(model, overrides, exam, old_data)
        return _run(old, data, exam_rows, force, runs)


def _run(
    old: Published, data: Path, exam_rows: new_data.ExamRows, force: str | None, runs: Path
) -> Outcome:
    found = new_data.compare(old, new_data.read(old, data))
    new_data.show(old.task, data.name, found)
    found = new_data.without_known(data, new_data.without_exam_rows(data, found, exam_rows))
    settings = old.config.settings
    parts = new_data.divide(old.task, found.records, settings.retrain, settings.train.seed)
    drifted = _drift(old, data.name, found)
    folder = artifacts.new_run(runs / old.config.name)
    mixed = mixing.write(old, found, parts, folder)
    way = _train(old, mixed.config, parts, folder, mixed.old)
    facts = {
        "parent": old.version.name,
        "data": {
            "name": data.name,
            "sha256": artifacts.file_digest(data) if data.is_file() else None,
            **found.facts(),
            **{part: len(rows) for part, rows in parts._asdict().items()},
        },
        "replayed": mixed.old,
        "whole": old.is_whole,
        "way": way,
        "drift": drifted,
    }
    outcome = _publish(old, mixed, folder, facts, parts.held_out, force)
    report.run(old.task, mixed.config, folder)
    return outcome


def _drift(old: Published, name: str, found: new_data.News) -> dict[str, Any] | None:
    """How the new texts differ from those that the version was made on: printed, refused never.

    New data are to have what the old ones lack; a gate on drift would reject the very rows that the
    model needs.
    """
    if not (old.extra / drift_reference.FILE).exists():
        without = "no counts of held-out rows travel with this version (export.drift_rows)"
        note(f"{old.config.name}: drift is not told: {without}")
        return None
    told = drift.run(load(old.version), [record["text"] for record in found.records])
    drift.print_drift(f"{old.config.name}: drift of {name}", told)
    return told.as_dict()


def _train(
    old: Published, config: Config, new: new_data.Parts, folder: Path, count: int
) -> dict[str, Any] | None:
    """Fits the candidate; `count` rows of its training data are old ones.

    Returns:
        How far it went from its old weights, and what was seen on the way; None where it went all
        the way without a look (`retrain.between`).
    """
    task = old.task
    prepared = prepare.run(task, config)
    prepare.say(config, prepared)
    vocabularies = task.grow(config.settings, old.vocabularies, old.train, new.train)
    train.begin(folder, task, config, prepared, vocabularies)
    known, layout = (
        task.layout(config.settings, each) for each in (old.vocabularies, vocabularies)
    )
    rows = [
        (name, len(axis.terms), len(layout.axes[name].terms)) for name, axis in known.axes.items()
    ]
    print_table(f"{config.name}: what the model knows", GROWN, rows)
    before = candidate_start.read(old.extra / export.WEIGHTS, known, old.is_whole)
    start = _Start(old, before, layout, config, folder, len(new.valid))
    warm = Warm(
        start=start.set,
        steps=before.steps if config.settings.retrain.optimizer else 0,
        mix=mixing.mix(
            count, prepared.info.splits["train"].num_examples - count, config.settings.retrain
        ),
        end=start.settle,
    )
    train.fit(task, mixing.training(config), folder, prepared, warm)
    return start.way


@dataclass
class _Start:
    """Where the training begins, and how much of its way is gone in the end.

    Args:
        old: The version.
        before: Its weights.
        layout: Of the candidate.
        config: The candidate's.
        folder: Of the run.
        new: How many of the validation rows are new.

    Attributes:
        weights: As they were before the first step.
        way: What `settle` found, JSON-ready; None before it, and where it has nothing to look for.
    """

    old: Published
    before: candidate_start.Old
    layout: Layout
    config: Config
    folder: Path
    new: int
    weights: list[Any] = field(default_factory=list)
    way: dict[str, Any] | None = None

    def set(self, parts: Assembly) -> None:
        """Sets weights and optimizer, and says what was copied."""
        name = self.config.name
        lines = candidate_start.start_weights(self.before, parts.model, self.layout)
        artifacts.write_json(self.folder / REMAP, [line._asdict() for line in lines])
        print_table(f"{name}: weights, row by row", MOVED, candidate_start.summed(lines))
        self.weights = interpolate.trainable(parts.model)
        if self.config.settings.retrain.optimizer:
            without = candidate_start.start_optimizer(self.before, parts.model, self.layout)
            if without:
                said = f"anew for {len(without)} weights, such as {without[0]}"
                note(f"{name}: the optimizer begins {said}")

    def settle(self, parts: Assembly, valid: Sequence[Record], answer: Answers) -> None:
        """Goes back to where no more is lost than must be."""
        settings = self.config.settings.retrain
        if not settings.between:
            return
        name, known = self.config.name, len(valid) - self.new
        if not known:
            note(f"{name}: no old row is left to tell by what is forgotten on the way")
        look = interpolate.looks(self.old, valid, self.new, answer)
        most = interpolate.tolerated(settings.exam_drop, known)
        share, points = interpolate.choose(parts.model, self.weights, look, most)
        note(f"{name}: {100 * share:.0f} % of the way from the old weights to the trained ones")
        seen = [{"share": at, **point._asdict()} for at, point in points.items()]
        self.way = {"share": share, "tolerated": most, "seen": seen}
        print_table(f"{name}: on the way", verdict.WAY, verdict.way_rows(self.way))


def _publish(
    old: Published,
    mixed: mixing.Mixed,
    folder: Path,
    facts: dict[str, Any],
    held_out: Sequence[Any],
    force: str | None,
) -> Outcome:
    task, config = old.task, mixed.config
    evaluate.of_run(task, config, folder)
    prepared = prepare.run(task, config)
    judged: list[verdict.Verdict] = []

    def judge(candidate: export.Candidate) -> None:
        rows = list(store.records(prepared, "train"))
        given = gate.run(replace(old, config=config), candidate, held_out, rows)
        given = replace(
            given, facts={**given.facts, **facts}, forced=None if given.blessed else force
        )
        judged.append(given)
        artifacts.write_json(folder / verdict.FILE, given.as_dict())
        verdict.show(config.name, given)
        if not given.blessed and force is None:
            raise RejectedError(f"{config.name}: rejected: {given.reason}; nothing published")
        old.refuse_newer()
        extra = candidate.folder / artifacts.EXTRA
        artifacts.write_json(extra / verdict.FILE, given.as_dict())
        mixing.give_back(task, config, mixed.lent, rows, extra)

    root = old.version.parent.parent
    try:
        version = export.run(task, config, folder, root, old.version.name, gate=judge)
    except RejectedError:
        return Outcome(judged[0], None, folder)
    return Outcome(judged[0], version, folder)
