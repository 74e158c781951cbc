"""The gate: may the candidate take the baseline's place? Every check is told, passed or not.

Both are asked as they are (or would be) served, on the old exam with its parts, on harder rows made
of it, and on the new rows that were held out.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.config import RetrainSettings
from pipeline.predictor import answer_all
from pipeline.savedmodel.load import load_signature
from pipeline.stages.evaluation.stress import SEED
from pipeline.stages.publishing.export import Candidate
from pipeline.stages.retraining.comparison import Change, Judged, LabelChange, judge
from pipeline.stages.retraining.incumbent import Published
from pipeline.stages.retraining.interpolate import tolerated
from pipeline.stages.retraining.verdict import Check, Verdict
from pipeline.stages.training.assembly import read_vocabularies
from pipeline.task import Record, Vocabularies

EXAM, NEW = "exam", "new"
KEPT = "exam, old labels"  # rows that get no new label
TIMED = 40  # texts that are answered one by one, after some that warm up
WARM_UP = 5
LEAST_KNOWN = 10  # new rows whose labels are all known, to tell whether annotations are wrong
FORGOTTEN = 200  # rows that are listed

Outputs = Any


@dataclass(frozen=True)
class Asked:
    """What the checks look at.

    Args:
        exam: Old rows.
        taken: Places of those that the candidate answers with a label that the baseline lacks.
        kept: The others.
        new: New rows, held out.
        harder: Made of old rows.
        labels: Of the kept rows, what became of each label's.
    """

    exam: Judged
    taken: Collection[int]
    kept: Judged
    new: Judged
    harder: Sequence[Change]
    labels: Sequence[LabelChange]


def run(
    old: Published, candidate: Candidate, held_out: Sequence[Record], train: Sequence[Record]
) -> Verdict:
    """Asks both models and judges.

    Args:
        old: The baseline.
        candidate: As it would be published.
        held_out: New rows that neither was trained on.
        train: What the candidate was trained on; harder rows take their values from it.
    """
    settings: RetrainSettings = old.config.settings.retrain
    before, after = load_signature(old.version), load_signature(candidate.folder)
    asked = _ask(old, {"before": before, "after": after}, held_out, train)
    speeds = _latencies(before, after, [record["text"] for record in old.exam])
    sizes = [_size(folder) for folder in (old.version, candidate.folder)]
    checks = [
        _signatures(old.manifest["signatures"], candidate.signatures),
        _order(old.vocabularies, read_vocabularies(candidate.folder / artifacts.EXTRA)),
        Check("batches", True, f"{candidate.compared} answers, alone and in mixed batches, agree"),
        *_suspect(old, asked, settings),
        _exam(asked.kept.change, settings),
        _harder(asked.harder, settings),
        _labels(asked.labels, settings),
        _forgetting(asked.kept, settings),
        *_taken(asked, settings),
        _gain(asked.new.change, settings),
        _factor("size", "bytes", sizes[0], sizes[1], settings.size),
        _factor("latency", "ms a text", *speeds, settings.latency),
    ]
    kept = [replace(asked.kept.change, name=KEPT)] if asked.taken else []
    changes = [asked.exam.change, *kept, *asked.harder, asked.new.change]
    return Verdict(
        checks=checks,
        headline=old.task.headline,
        rows=[change.as_dict() for change in changes],
        labels=[change.as_dict() for change in asked.labels],
        forgotten=_forgotten(asked.exam),
        facts={
            "size_bytes": {"before": sizes[0], "after": sizes[1]},
            "latency_ms": {"before": speeds[0], "after": speeds[1]},
        },
    )


def _ask(
    old: Published,
    models: Mapping[str, Outputs],
    held_out: Sequence[Record],
    train: Sequence[Record],
) -> Asked:
    task, settings = old.task, old.config.settings

    def answered(records: Sequence[Record]) -> dict[str, Any]:
        texts = [record["text"] for record in records]
        return {side: answer_all(task, outputs, texts) for side, outputs in models.items()}

    def judged(name: str, records: Sequence[Record]) -> Judged:
        return judge(task, settings, name, records, answered(records))

    answers, made = answered(old.exam), task.stress(settings, train, old.exam, SEED)
    exam = judge(task, settings, EXAM, old.exam, answers)
    taken = old.taken(answers["after"])
    kept = exam.without(taken)
    stressed = [judged(f"{EXAM}/{kind}", rows).change for kind, rows in made.items() if rows]
    return Asked(
        exam=exam,
        taken=taken,
        kept=kept,
        new=judged(NEW, held_out),
        harder=[*kept.parts, *stressed],
        labels=kept.labels(task, settings.retrain.label_rows),
    )


def _signatures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Check:
    """A client of the old version must be able to ask the new one: names, types, ranks."""
    wrong = [*_differences("", _ranked(before), _ranked(after))]
    said = f"a client would notice: {wrong[0]}" if wrong else "names, types and ranks are the same"
    return Check("signatures", not wrong, said)


def _ranked(signatures: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{name}.{side}.{tensor}": f"{spec['dtype']}, rank {len(spec['shape'])}"
        for name, sides in signatures.items()
        for side, tensors in sides.items()
        for tensor, spec in tensors.items()
    }


def _differences(where: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, "not there"), after.get(name, "not there")
        if was != now:
            yield f"{where}{name} was {was}, is {now}"


def _order(before: Vocabularies, after: Vocabularies) -> Check:
    """What a place in a vocabulary stood for it stands for still."""
    for name, old in before.items():
        new = after[name]
        if not isinstance(old, bytes) and list(new[: len(old)]) != list(old):
            place = next(i for i, term in enumerate(old) if i >= len(new) or new[i] != term)
            said = f"{name}: place {place} was {old[place]!r} and is another now"
            return Check("label order", False, said)
    return Check("label order", True, "old labels and words first, in their old order")


def _suspect(old: Published, asked: Asked, settings: RetrainSettings) -> list[Check]:
    """Whether the new annotations themselves are wrong, where labels can tell.

    A good annotation that the old model misses is one that the new model learns. One that both
    contradict, much more often than they contradict the exam, is likely to be a wrong one.
    """
    known = [
        place
        for place, record in enumerate(asked.new.records)
        if old.task.labels(record) and old.knows(record)
    ]
    if len(known) < LEAST_KNOWN:
        return []
    share = _both_wrong(asked.new, known)
    usual = _both_wrong(asked.exam, range(len(asked.exam.records)))
    passed = share - usual <= settings.suspect
    said = (
        f"both models contradict the annotations of {share:.1f} % of the new held-out rows, and of"
        f" {usual:.1f} % of the exam"
    )
    return [Check("annotations", passed, said if passed else f"{said}: they look wrong")]


def _both_wrong(judged: Judged, places: Sequence[int]) -> float:
    before, after = judged.right
    wrong = ~(before | after)
    return float(100 * wrong[list(places)].mean())


def _exam(change: Change, settings: RetrainSettings) -> Check:
    said = f"on the old exam {_shown(change)}"
    return Check("exam", not change.lost(settings.exam_drop), said)


def _harder(changes: Sequence[Change], settings: RetrainSettings) -> Check:
    lost = [change for change in changes if change.lost(settings.stress_drop)]
    if lost:
        worst = min(lost, key=lambda change: change.value)
        return Check("harder rows", False, f"on {worst.name} {_shown(worst)}")
    return Check("harder rows", True, f"none of {len(changes)} parts and harder sets is lost")


def _labels(changes: Sequence[LabelChange], settings: RetrainSettings) -> Check:
    lost = [c for c in changes if c.lost(settings.label_drop, len(changes))]
    if lost:
        worst = min(lost, key=lambda change: change.value)
        rights = f"{worst.before:.1f} % become {worst.after:.1f} % right"
        return Check("labels", False, f"of the {worst.rows} old rows of {worst.name} {rights}")
    return Check("labels", True, f"none of {len(changes)} labels is lost")


def _forgetting(exam: Judged, settings: RetrainSettings) -> Check:
    before, after = exam.right
    forgotten, learnt = int((before & ~after).sum()), int((after & ~before).sum())
    net = 100 * (forgotten - learnt) / len(exam.records)
    said = f"of {len(exam.records)} old rows {forgotten} fail that did not, {learnt} no longer fail"
    most = tolerated(settings.forgotten, len(exam.records))
    return Check("forgetting", net <= most, said)


def _taken(asked: Asked, settings: RetrainSettings) -> list[Check]:
    """What a new label takes of the old rows, which even a model learnt from scratch gives it."""
    if not asked.taken:
        return []
    before, _ = asked.exam.right
    lost = int(before[list(asked.taken)].sum())
    said = (
        f"of {len(asked.exam.records)} old rows {len(asked.taken)} get a new label, {lost} of which"
        " were right"
    )
    rows = len(asked.exam.records)
    return [Check("new labels", 100 * lost / rows <= tolerated(settings.taken, rows), said)]


def _forgotten(exam: Judged) -> list[dict[str, str]]:
    before, after = exam.right
    lost = [exam.records[int(place)] for place in (before & ~after).nonzero()[0]]
    return [
        {"source": Path(record["source"]).name, "text": record["text"]}
        for record in lost[:FORGOTTEN]
    ]


def _gain(change: Change, settings: RetrainSettings) -> Check:
    said = f"on the new held-out rows {_shown(change)}"
    return Check("new data", change.value >= settings.new_gain, said)


def _shown(change: Change) -> str:
    interval = f"{change.low:+.2f} to {change.high:+.2f}"
    return f"{change.before:.2f} becomes {change.after:.2f} ({change.value:+.2f}; {interval})"


def _factor(name: str, unit: str, before: float, after: float, most: float) -> Check:
    digits = 2 if after < 1000 else 0
    said = f"{before:,.{digits}f} {unit} before, {after:,.{digits}f} after"
    passed = after <= most * before
    return Check(name, passed, said if passed else f"{said}: more than {most:g} times as much")


def _size(version: Path) -> int:
    """Bytes of what is served."""
    extra = version / artifacts.EXTRA
    files = (file for file in version.rglob("*") if file.is_file() and extra not in file.parents)
    return sum(file.stat().st_size for file in files)


def _latencies(before: Outputs, after: Outputs, texts: Sequence[str]) -> tuple[float, float]:
    """Milliseconds for one text, the median over some; the models take turns."""
    asked = [texts[place % len(texts)] for place in range(WARM_UP + TIMED)]
    taken: tuple[list[float], list[float]] = ([], [])
    for text in asked:
        for outputs, times in zip((before, after), taken, strict=True):
            began = time.perf_counter()
            outputs([text])
            times.append(1000 * (time.perf_counter() - began))
    first, second = (statistics.median(times[WARM_UP:]) for times in taken)
    return first, second
