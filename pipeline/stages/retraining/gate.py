"""The gate: whether the candidate may replace the incumbent. Every check is reported.

Both models are called as they are (or would be) served, on the old exam and its parts, on harder
rows made of it, and on new rows that were held out.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config import RetrainSettings
from pipeline.predictor import answer_all
from pipeline.runs import VersionFolder
from pipeline.savedmodel.load import load_signature
from pipeline.stages.evaluation.stress import SEED
from pipeline.stages.publishing.export import Candidate
from pipeline.stages.retraining.comparison import Change, Compared, LabelChange, compare
from pipeline.stages.retraining.incumbent import Incumbent
from pipeline.stages.retraining.interpolate import tolerated
from pipeline.stages.retraining.verdict import Check, Verdict
from pipeline.stages.training.assembly import read_vocabularies
from pipeline.task import Record, Vocabularies

EXAM, NEW = "exam", "new"
KEPT = "exam, old labels"  # rows without a new label
TIMED = 40  # texts that are answered one by one, after the warm-up
WARM_UP = 5
LEAST_KNOWN = 10  # fewest new rows with known labels for the check of annotations
FORGOTTEN = 200  # most forgotten rows that are listed

Outputs = Any


@dataclass(frozen=True)
class Evidence:
    """The comparisons that the checks use.

    Args:
        exam: Old rows.
        taken: Positions of old rows that the candidate answers with a label new to the incumbent.
        kept: The other old rows.
        new: Held-out new rows.
        harder: Parts of the old rows, and harder rows made of them.
        labels: The change of each label on the kept rows.
    """

    exam: Compared
    taken: Collection[int]
    kept: Compared
    new: Compared
    harder: Sequence[Change]
    labels: Sequence[LabelChange]


def run(
    old: Incumbent, candidate: Candidate, held_out: Sequence[Record], train: Sequence[Record]
) -> Verdict:
    """Answer the rows with both models and check the candidate.

    Args:
        old: The incumbent.
        candidate: The candidate as it would be published.
        held_out: New rows that neither model was trained on.
        train: The candidate's training rows; harder rows take their values from them.
    """
    settings: RetrainSettings = old.config.settings.retrain
    before, after = load_signature(old.version.path), load_signature(candidate.folder.path)
    evidence = _collect(old, {"before": before, "after": after}, held_out, train)
    speeds = _latencies(before, after, [record["text"] for record in old.exam])
    sizes = [_size(folder) for folder in (old.version, candidate.folder)]
    checks = [
        _signatures(old.manifest["signatures"], candidate.signatures),
        _order(old.vocabularies, read_vocabularies(candidate.folder.vocabularies)),
        Check("batches", True, f"{candidate.compared} answers, alone and in mixed batches, agree"),
        *_suspect(old, evidence, settings),
        _exam(evidence.kept.change, settings),
        _harder(evidence.harder, settings),
        _labels(evidence.labels, settings),
        _forgetting(evidence.kept, settings),
        *_taken(evidence, settings),
        _gain(evidence.new.change, settings),
        _factor("size", "bytes", sizes[0], sizes[1], settings.size),
        _factor("latency", "ms a text", *speeds, settings.latency),
    ]
    kept = [replace(evidence.kept.change, name=KEPT)] if evidence.taken else []
    changes = [evidence.exam.change, *kept, *evidence.harder, evidence.new.change]
    return Verdict(
        checks=checks,
        headline=old.task.headline,
        rows=[change.as_dict() for change in changes],
        labels=[change.as_dict() for change in evidence.labels],
        forgotten=_forgotten(evidence.exam),
        facts={
            "size_bytes": {"before": sizes[0], "after": sizes[1]},
            "latency_ms": {"before": speeds[0], "after": speeds[1]},
        },
    )


def _collect(
    old: Incumbent,
    models: Mapping[str, Outputs],
    held_out: Sequence[Record],
    train: Sequence[Record],
) -> Evidence:
    task, settings = old.task, old.config.settings

    def answered(records: Sequence[Record]) -> dict[str, Any]:
        texts = [record["text"] for record in records]
        return {side: answer_all(task, outputs, texts) for side, outputs in models.items()}

    def compared(name: str, records: Sequence[Record]) -> Compared:
        return compare(task, settings, name, records, answered(records))

    answers, made = answered(old.exam), task.judge.stress(settings, train, old.exam, SEED)
    exam = compare(task, settings, EXAM, old.exam, answers)
    taken = old.taken(answers["after"])
    kept = exam.without(taken)
    stressed = [compared(f"{EXAM}/{kind}", rows).change for kind, rows in made.items() if rows]
    return Evidence(
        exam=exam,
        taken=taken,
        kept=kept,
        new=compared(NEW, held_out),
        harder=[*kept.parts, *stressed],
        labels=kept.labels(task, settings.retrain.label_rows),
    )


def _signatures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Check:
    """Check that clients of the old version can call the new one: names, types, ranks."""
    wrong = [*_differences("", _ranked(before), _ranked(after))]
    finding = f"clients would break: {wrong[0]}" if wrong else "names, types and ranks are the same"
    return Check("signatures", not wrong, finding)


def _ranked(signatures: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{name}.{side}.{tensor}": f"{spec['dtype']}, rank {len(spec['shape'])}"
        for name, sides in signatures.items()
        for side, tensors in sides.items()
        for tensor, spec in tensors.items()
    }


def _differences(where: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, "absent"), after.get(name, "absent")
        if was != now:
            yield f"{where}{name} was {was}, is {now}"


def _order(before: Vocabularies, after: Vocabularies) -> Check:
    """Check that every id of a vocabulary keeps its meaning."""
    for name, old in before.items():
        new = after[name]
        if not isinstance(old, bytes) and list(new[: len(old)]) != list(old):
            place = next(i for i, term in enumerate(old) if i >= len(new) or new[i] != term)
            finding = f"{name}: id {place} was {old[place]!r} and is another term now"
            return Check("label order", False, finding)
    return Check("label order", True, "old labels and words come first, in their old order")


def _suspect(old: Incumbent, evidence: Evidence, settings: RetrainSettings) -> list[Check]:
    """Check whether the new annotations are wrong, if enough new rows have known labels.

    The candidate learns a correct annotation that the incumbent misses. Annotations that both
    models contradict much more often than they contradict the exam are likely to be wrong.
    """
    known = [
        place
        for place, record in enumerate(evidence.new.records)
        if old.task.answers.labels(record) and old.knows(record)
    ]
    if len(known) < LEAST_KNOWN:
        return []
    share = _both_wrong(evidence.new, known)
    usual = _both_wrong(evidence.exam, range(len(evidence.exam.records)))
    passed = share - usual <= settings.annotation_gap
    finding = (
        f"both models contradict the annotations of {share:.1f} % of the new held-out rows, and of"
        f" {usual:.1f} % of the exam"
    )
    return [Check("annotations", passed, finding if passed else f"{finding}: they look wrong")]


def _both_wrong(judged: Compared, places: Sequence[int]) -> float:
    before, after = judged.right
    wrong = ~(before | after)
    return float(100 * wrong[list(places)].mean())


def _exam(change: Change, settings: RetrainSettings) -> Check:
    finding = f"on the old exam {_shown(change)}"
    return Check("exam", not change.lost(settings.exam_drop), finding)


def _harder(changes: Sequence[Change], settings: RetrainSettings) -> Check:
    lost = [change for change in changes if change.lost(settings.stress_drop)]
    if lost:
        worst = min(lost, key=lambda change: change.value)
        return Check("harder rows", False, f"on {worst.name} {_shown(worst)}")
    return Check(
        "harder rows", True, f"none of {len(changes)} parts and harder sets falls below its limit"
    )


def _labels(changes: Sequence[LabelChange], settings: RetrainSettings) -> Check:
    lost = [c for c in changes if c.lost(settings.label_drop, len(changes))]
    if lost:
        worst = min(lost, key=lambda change: change.value)
        rights = f"{worst.before:.1f} % become {worst.after:.1f} % right"
        return Check("labels", False, f"of the {worst.rows} old rows of {worst.name} {rights}")
    return Check("labels", True, f"none of {len(changes)} labels falls below its limit")


def _forgetting(exam: Compared, settings: RetrainSettings) -> Check:
    before, after = exam.right
    forgotten, learnt = int((before & ~after).sum()), int((after & ~before).sum())
    net = 100 * (forgotten - learnt) / len(exam.records)
    finding = (
        f"of {len(exam.records)} old rows {forgotten} fail that did not, {learnt} no longer fail"
    )
    most = tolerated(settings.forgotten, len(exam.records))
    return Check("forgetting", net <= most, finding)


def _taken(evidence: Evidence, settings: RetrainSettings) -> list[Check]:
    """Check how many old rows get a new label; training from scratch moves some, too."""
    if not evidence.taken:
        return []
    before, _ = evidence.exam.right
    lost = int(before[list(evidence.taken)].sum())
    finding = (
        f"of {len(evidence.exam.records)} old rows {len(evidence.taken)} get a new label, {lost} of"
        " which were right"
    )
    rows = len(evidence.exam.records)
    return [
        Check(
            "new labels", 100 * lost / rows <= tolerated(settings.lost_to_new_labels, rows), finding
        )
    ]


def _forgotten(exam: Compared) -> list[dict[str, str]]:
    before, after = exam.right
    lost = [exam.records[int(place)] for place in (before & ~after).nonzero()[0]]
    return [
        {"source": Path(record["source"]).name, "text": record["text"]}
        for record in lost[:FORGOTTEN]
    ]


def _gain(change: Change, settings: RetrainSettings) -> Check:
    finding = f"on the new held-out rows {_shown(change)}"
    return Check("new data", change.value >= settings.new_gain, finding)


def _shown(change: Change) -> str:
    interval = f"{change.low:+.2f} to {change.high:+.2f}"
    return f"{change.before:.2f} becomes {change.after:.2f} ({change.value:+.2f}; {interval})"


def _factor(name: str, unit: str, before: float, after: float, most: float) -> Check:
    digits = 2 if after < 1000 else 0
    finding = f"{before:,.{digits}f} {unit} before, {after:,.{digits}f} after"
    passed = after <= most * before
    return Check(
        name, passed, finding if passed else f"{finding}: more than {most:g} times as much"
    )


def _size(version: VersionFolder) -> int:
    """Return the size of the files that are served, in bytes."""
    files = (file for file in version.path.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files if version.extra not in file.parents)


def _latencies(before: Outputs, after: Outputs, texts: Sequence[str]) -> tuple[float, float]:
    """Return the median time for one text, in milliseconds; the models take turns."""
    timed = [texts[place % len(texts)] for place in range(WARM_UP + TIMED)]
    taken: tuple[list[float], list[float]] = ([], [])
    for text in timed:
        for outputs, times in zip((before, after), taken, strict=True):
            began = time.perf_counter()
            outputs([text])
            times.append(1000 * (time.perf_counter() - began))
    first, second = (statistics.median(times[WARM_UP:]) for times in taken)
    return first, second
