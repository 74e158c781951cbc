"""The new data: bad lines, what is new, what contradicts old rows, and how it is divided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipeline.config import Config, RetrainSettings
from pipeline.datasets.splits import carve_stratified
from pipeline.errors import DataError, IncompleteDataError, InputError
from pipeline.report.terminal import note, print_table
from pipeline.stages.data import prepare
from pipeline.stages.data.texts import may_be_plain, read_texts
from pipeline.stages.data.validate import print_problems
from pipeline.stages.evaluation.train_overlap import text_key
from pipeline.stages.retraining.incumbent import Incumbent, without
from pipeline.task import Record, Task

SHOWN = 10  # conflicts that are printed
TEXT = 60  # characters of a text in a table

Pair = tuple[Record, Record]  # old, new
ExamRows = Literal["refuse", "leave-out", "learn"]  # how rows of the exam are treated


class NewParts(NamedTuple):
    """The new rows by use: for training, for choosing the epoch, for the gate."""

    train: list[Record]
    valid: list[Record]
    held_out: list[Record]


@dataclass(frozen=True)
class NewData:
    """The new rows compared with the old ones.

    Args:
        records: All new rows.
        labels: Vocabulary name to labels that the model lacks, with their number of rows.
        conflicts: Pairs of an old row (of train or valid) and a new row with the same text and
            different annotations.
        known: New rows that the version was trained on with the same annotations.
        in_exam: Pairs of an exam row and a new row with the same text.
    """

    records: Sequence[Record]
    labels: Mapping[str, Mapping[str, int]]
    conflicts: Sequence[Pair]
    known: Sequence[Record]
    in_exam: Sequence[Pair]

    def facts(self) -> dict[str, Any]:
        """Return the numbers, JSON-ready."""
        return {
            "rows": len(self.records),
            "new_labels": {name: dict(labels) for name, labels in self.labels.items() if labels},
            "quarrels": len(self.conflicts),  # as in verdicts written before
            "known": len(self.known),
            "in_exam": len(self.in_exam),
        }


def read(old: Incumbent, file: Path) -> list[Record]:
    """Read all records of a file in any of the task's formats.

    Raises:
        InputError: A line is bad (all bad lines are printed), there is no row, or the rows lack
            annotations that the model predicts.
    """
    problems: list[DataError] = []
    task = old.task
    settings = _described(old, file).settings
    source = task.data.load(settings, problems.append)
    records = list(source.splits["train"]())
    if problems:
        print_problems(task, file.name, problems)
        raise InputError(f"{file}: {len(problems)} bad lines; the first: {problems[0]}")
    if not records:
        raise InputError(f"{file}: no rows; expected annotated examples")
    for what, count in source.repairs.items():
        note(f"{file.name}: {what}: {count}")
    for table in task.data.audit({"train": records}):
        print_table(f"{file.name}: {table.title}", table.columns, table.rows)
    return records


def _described(old: Incumbent, file: Path) -> Config:
    """Return the version's config with this file as its data; refuse a file of plain texts."""
    try:
        return prepare.on_file(old.task, old.config, file)
    except IncompleteDataError:
        raise
    except InputError as error:
        if not (file.is_file() and may_be_plain(file)):
            raise
        if not any(text.strip() for text in read_texts(file)):
            raise InputError(f"{file}: no rows; expected annotated examples") from error
        raise InputError(
            f"{error}. Texts without annotations, such as disagreements of shadow traffic: choose"
            f" those to annotate with label-next --data {file}, and retrain on what you annotated"
        ) from error


def compare(old: Incumbent, records: Sequence[Record]) -> NewData:
    """Compare new records with the model's labels and with the old rows."""
    labelled = any(any(old.task.answers.labels(record).values()) for record in records)
    conflicts = _conflicts(old, records) if labelled else []  # a text may have several translations
    learnt = {key_of(old.task, record) for record in [*old.learnt, *old.valid]}
    learnt -= {key_of(old.task, record) for _, record in conflicts}
    return NewData(
        records=records,
        labels=_new_labels(old, records),
        conflicts=conflicts,
        known=[record for record in records if key_of(old.task, record) in learnt],
        in_exam=[(before[0], record) for before, record in _same_text(old.exam, records)],
    )


def show(task: Task, name: str, new: NewData) -> None:
    """Print what is new, and the first conflicts."""
    rows: list[tuple[str, str | int]] = [("rows", len(new.records))]
    for kind, labels in new.labels.items():
        if labels:
            listed = ", ".join(f"{label} {times}" for label, times in labels.items())
            rows.append((f"new {kind}", listed))
    rows += [
        ("the same in the old rows", len(new.known)),
        ("annotated otherwise in the old rows", len(new.conflicts)),
        ("also in the exam set", len(new.in_exam)),
    ]
    print_table(f"{name}: what is new", ("what", "rows"), rows)
    if new.conflicts:
        shown = [
            (after["source"], after["text"][:TEXT], _shown(task, before), _shown(task, after))
            for before, after in new.conflicts[:SHOWN]
        ]
        more = f", the first {SHOWN}" if len(new.conflicts) > SHOWN else ""
        title = f"{name}: rows with another annotation in the old data{more}; the new one counts"
        print_table(title, ("where", "text", "old", "new"), shown)


def without_exam_rows(file: Path, new: NewData, chosen: ExamRows) -> NewData:
    """Remove or refuse rows of the exam: a memorised exam measures nothing.

    Raises:
        InputError: A row's text is in the exam set and that is refused, or all rows are.
    """
    if chosen == "learn" or not new.in_exam:
        return new
    if chosen == "refuse":
        raise InputError(
            f"{file}: {len(new.in_exam)} of {len(new.records)} rows are also in the exam set, the"
            f" first at {new.in_exam[0][1]['source']}; use --test-rows leave-out, or learn"
        )
    rest = without(new.records, [before for before, _ in new.in_exam])
    if not rest:
        raise InputError(f"{file}: all {len(new.records)} rows stand in the exam set already")
    note(f"{file.name}: {len(new.records) - len(rest)} rows of the exam set left out")
    return replace(new, records=rest)


def without_known(file: Path, new: NewData) -> NewData:
    """Remove rows that were learnt already: both models know them, so the gate learns nothing.

    Raises:
        InputError: No row is new.
    """
    known = {record["source"] for record in new.known}
    rest = [record for record in new.records if record["source"] not in known]
    if not rest:
        raise InputError(f"{file}: nothing new: all {len(new.records)} rows were learnt already")
    if len(rest) < len(new.records):
        left_out = len(new.records) - len(rest)
        note(f"{file.name}: {left_out} rows that were learnt already left out")
    return replace(new, records=rest)


def key_of(task: Task, record: Record) -> tuple[str, str]:
    """Return the key under which two rows count as duplicates."""
    return text_key(record["text"]), json.dumps(_gold(task, record), sort_keys=True)


def divide(task: Task, records: Sequence[Record], settings: RetrainSettings, seed: int) -> NewParts:
    """Divide the new rows: each label in each part if possible, equal texts in one part.

    Raises:
        InputError: There are too few rows to hold any out.
    """
    shares = {"held_out": settings.held_out, "valid": settings.valid}
    readers = carve_stratified(
        lambda: records, lambda record: record["text"], lambda r: _labels(task, r), shares, seed
    )
    parts = {name: list(read()) for name, read in readers.items()}
    for name, share in shares.items():
        if not parts[name]:
            raise InputError(
                f"{len(records)} new rows: too few to keep {share:.0%} of them as `{name}`; bring"
                f" more, or raise retrain.{name}"
            )
    return NewParts(parts["train"], parts["valid"], parts["held_out"])


def _labels(task: Task, record: Record) -> list[str]:
    """Return one label of each kind, prefixed by the kind."""
    found = task.answers.labels(record)
    return [f"{kind}\0{label}" for kind, labels in found.items() for label in dict.fromkeys(labels)]


def _new_labels(old: Incumbent, records: Sequence[Record]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for kind, labels in old.task.answers.labels(record).items():
            known = old.vocabularies.get(kind, ())
            new = (label for label in labels if label not in known)
            counts.setdefault(kind, Counter()).update(new)
    return {kind: dict(found.most_common()) for kind, found in counts.items()}


def _conflicts(old: Incumbent, records: Sequence[Record]) -> list[Pair]:
    found: list[Pair] = []
    for known, record in _same_text([*old.train, *old.valid], records):
        gold = _gold(old.task, record)
        other = next((before for before in known if _gold(old.task, before) != gold), None)
        if other is not None:
            found.append((other, record))
    return found


def _same_text(
    old: Sequence[Record], new: Sequence[Record]
) -> list[tuple[Sequence[Record], Record]]:
    """Return each new row whose text is in old rows, with those rows."""
    known: dict[str, list[Record]] = {}
    for record in old:
        known.setdefault(text_key(record["text"]), []).append(record)
    keys = ((text_key(record["text"]), record) for record in new)
    return [(known[key], record) for key, record in keys if key in known]


def _gold(task: Task, record: Record) -> dict[str, Any]:
    """Return the annotations of a row, without its text, tokens, source and parts.

    Lists are sorted, since exports of the same labels or slots may order them differently.
    """
    row = task.data.to_json(record)
    return {
        key: sorted(value, key=json.dumps) if isinstance(value, list) else value
        for key, value in row.items()
        if key not in ("text", "tokens", "parts")
    }


def _shown(task: Task, record: Record) -> str:
    """Return the annotations of a row for a person."""
    gold = (f"{key} {json.dumps(v, ensure_ascii=False)}" for key, v in _gold(task, record).items())
    return ", ".join(gold)
