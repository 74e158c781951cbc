"""Retrain a published version with new data; publish the result if it passes the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import artifacts
from pipeline.errors import RejectedError
from pipeline.predictor import load
from pipeline.report.terminal import note, print_table
from pipeline.runs import RunFolder
from pipeline.stages.data import prepare
from pipeline.stages.evaluation.report_verdict import INTERPOLATION_COLUMNS, interpolation_rows
from pipeline.stages.live import drift
from pipeline.stages.publishing import export
from pipeline.stages.retraining import (
    candidate_start,
    gate,
    incumbent,
    interpolate,
    mixing,
    new_data,
    verdict,
)
from pipeline.stages.retraining.incumbent import Incumbent
from pipeline.stages.run import Run
from pipeline.stages.training import train
from pipeline.stages.training.assembly import Assembly
from pipeline.stages.training.warm_start import Answers, Warm
from pipeline.task import Layout, Record

GROWN = ("axis", "before", "after")
MOVED = ("axis", "times", "copied", "new", "dropped")


class Outcome(NamedTuple):
    """The result of a retraining.

    Attributes:
        verdict: The verdict of the gate.
        version: The published version; None if the candidate was rejected.
        run: The run of the candidate.
    """

    verdict: verdict.Verdict
    version: Path | None
    run: Run


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
    """Train a published model further with new data, and publish it if it passes the gate.

    If another process retrains the model, wait and continue from the version that it publishes.

    Args:
        model: `saved_models/<name>` (its newest version), or one version's folder.
        data: New annotated rows, in any format that is detected.
        overrides: Settings to change, as `key.key=value`; usually `retrain` settings.
        exam: Rows to use instead of the exam rows of the version.
        old_data: The old training data, to use instead of the replay rows of the version.
        exam_rows: How to treat new rows whose text is in the exam rows.
        force: The reason to publish the candidate even if it is rejected.
        runs: The folder of all run folders.

    Raises:
        InputError: There is no such version, the data has bad lines or rows of the exam, or a set
            of rows is missing.
        GateError: The exported candidate answers differently, or another version was published
            meanwhile.
    """
    with incumbent.alone(model):
        old = incumbent.open_version(model, overrides, exam, old_data)
        return _run(old, data, exam_rows, force, runs)


def _run(
    old: Incumbent, data: Path, exam_rows: new_data.ExamRows, force: str | None, runs: Path
) -> Outcome:
    found = new_data.compare(old, new_data.read(old, data))
    new_data.show(old.task, data.name, found)
    found = new_data.without_known(data, new_data.without_exam_rows(data, found, exam_rows))
    settings = old.config.settings
    parts = new_data.divide(old.task, found.records, settings.retrain, settings.train.seed)
    drifted = _drift(old, data.name, found)
    folder = RunFolder(artifacts.new_run(runs / old.config.name))
    mixed = mixing.write(old, found, parts, folder)
    run = Run(old.task, mixed.config, folder, prepare.run(old.task, mixed.config))
    way = _train(old, run, parts, mixed.old)
    facts = {
        "parent": old.version.path.name,
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
    return _publish(old, run, mixed, facts, parts.held_out, force)


def _drift(old: Incumbent, name: str, found: new_data.NewData) -> dict[str, Any] | None:
    """Print how the new texts differ from those that the version was made with.

    Nothing is refused here: new data should have what the old data lack, so a check of drift would
    reject the very rows that the model needs.
    """
    if not old.version.drift_reference.exists():
        reason = "no counts of held-out rows travel with this version (export.drift_rows)"
        note(f"{old.config.name}: drift is not measured: {reason}")
        return None
    texts = [record["text"] for record in found.records]
    drifted = drift.run(load(old.version.path), texts)
    drift.print_drift(f"{old.config.name}: drift of {name}", drifted)
    return drifted.as_dict()


def _train(old: Incumbent, run: Run, new: new_data.NewParts, count: int) -> dict[str, Any] | None:
    """Train the candidate; the first `count` rows of its training data are old ones.

    Returns:
        How far the weights were moved from the old ones, and what was measured on the way; None if
        the trained weights are kept as they are (`retrain.interpolate`).
    """
    task, settings = old.task, run.settings
    prepare.say(run.config, run.data)
    vocabularies = task.model.grow(settings, old.vocabularies, old.train, new.train)
    train.begin(run, vocabularies)
    known, layout = (task.model.layout(settings, v) for v in (old.vocabularies, vocabularies))
    rows = [
        (name, len(axis.terms), len(layout.axes[name].terms)) for name, axis in known.axes.items()
    ]
    print_table(f"{run.config.name}: what the model knows", GROWN, rows)
    before = candidate_start.read(old.version.weights, known, old.is_whole)
    start = _Start(old, before, layout, run, len(new.valid))
    new_rows = run.data.info.splits["train"].num_examples - count
    warm = Warm(
        start=start.set,
        steps=before.steps if settings.retrain.optimizer else 0,
        mix=mixing.mix(count, new_rows, settings.retrain),
        end=start.settle,
    )
    train.fit(run, warm, settings=mixing.train_settings(settings))
    return start.way


@dataclass
class _Start:
    """The start of the training, and how far the weights move in the end.

    Args:
        old: The incumbent.
        before: The weights of the incumbent.
        layout: Which weights of the candidate grow.
        run: The run of the candidate.
        new: The number of new validation rows.

    Attributes:
        weights: The weights before the first step.
        way: What `settle` measured, JSON-ready; None before it, or if there is nothing to settle.
    """

    old: Incumbent
    before: candidate_start.IncumbentWeights
    layout: Layout
    run: Run
    new: int
    weights: list[Any] = field(default_factory=list)
    way: dict[str, Any] | None = None

    def set(self, parts: Assembly) -> None:
        """Set weights and optimizer, and print what was copied."""
        name = self.run.config.name
        lines = candidate_start.start_weights(self.before, parts.model, self.layout)
        artifacts.write_json(self.run.folder.remap, [line._asdict() for line in lines])
        print_table(f"{name}: weights, row by row", MOVED, candidate_start.summed(lines))
        self.weights = interpolate.trainable(parts.model)
        if self.run.settings.retrain.optimizer:
            without = candidate_start.start_optimizer(self.before, parts.model, self.layout)
            if without:
                weights = f"{len(without)} weights, such as {without[0]}"
                note(f"{name}: the optimizer starts without moments for {weights}")

    def settle(self, parts: Assembly, valid: Sequence[Record], answer: Answers) -> None:
        """Move back toward the old weights until the loss on old rows is acceptable."""
        settings = self.run.settings.retrain
        if not settings.interpolate:
            return
        name, known = self.run.config.name, len(valid) - self.new
        if not known:
            note(f"{name}: no old validation row is left to measure forgetting with")
        measure = interpolate.measurement(self.old, valid, self.new, answer)
        most = interpolate.tolerated(settings.exam_drop, known)
        share, points = interpolate.choose(parts.model, self.weights, measure, most)
        note(f"{name}: {100 * share:.0f} % of the fine-tuned weights, the rest of the old ones")
        seen = [{"share": at, **point._asdict()} for at, point in points.items()]
        self.way = {"share": share, "tolerated": most, "seen": seen}
        print_table(
            f"{name}: interpolation",
            INTERPOLATION_COLUMNS,
            interpolation_rows(self.way),
        )


def _publish(
    old: Incumbent,
    run: Run,
    mixed: mixing.MixedData,
    facts: dict[str, Any],
    held_out: Sequence[Record],
    force: str | None,
) -> Outcome:
    """Export the candidate and publish it if the gate or `force` allows it."""
    name = run.config.name
    verdicts: list[verdict.Verdict] = []

    def judge(candidate: export.Candidate) -> None:
        rows = list(run.records("train"))
        given = gate.run(replace(old, config=run.config), candidate, held_out, rows)
        forced = None if given.blessed else force
        given = replace(given, facts={**given.facts, **facts}, forced=forced)
        verdicts.append(given)
        artifacts.write_json(run.folder.verdict, given.as_dict())
        verdict.show(name, given)
        if not given.blessed and force is None:
            raise RejectedError(f"{name}: rejected: {given.reason}; nothing published")
        old.refuse_newer()
        artifacts.write_json(candidate.folder.verdict, given.as_dict())
        mixing.give_back(run, mixed.lent, rows, candidate.folder)

    models = old.version.path.parent.parent
    try:
        version = export.run(run, models, old.version.path.name, gate=judge)
    except RejectedError:
        return Outcome(verdicts[0], None, run)
    return Outcome(verdicts[0], version, run)
