"""The new data: every bad line, what is new in it, what quarrels with what was known; held out."""

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
from pipeline.stages.retraining.incumbent import Published, without
from pipeline.task import Record, Task

SHOWN = 10  # quarrels that are printed
TEXT = 60  # characters of a text in a table

Pair = tuple[Record, Record]  # old, new
ExamRows = Literal["refuse", "leave-out", "learn"]  # what becomes of rows that the exam has


class Parts(NamedTuple):
    """The new rows: what is learnt from, what chooses the epoch, what the gate asks."""

    train: list[Record]
    valid: list[Record]
    held_out: list[Record]


@dataclass(frozen=True)
class News:
    """What stands in the new data.

    Args:
        records: All of it, row by row.
        labels: Vocabulary name to the labels that the model does not have, with their number.
        quarrels: Old rows, of train and valid, whose text stands there with another gold.
        known: Rows that the version has learnt from, as they are; not those of a quarrel.
        asked: Rows whose text stands in the exam set.
    """

    records: Sequence[Record]
    labels: Mapping[str, Mapping[str, int]]
    quarrels: Sequence[Pair]
    known: Sequence[Record]
    asked: Sequence[Pair]

    def facts(self) -> dict[str, Any]:
        """The numbers, JSON-ready."""
        return {
            "rows": len(self.records),
            "new_labels": {name: dict(labels) for name, labels in self.labels.items() if labels},
            "quarrels": len(self.quarrels),
            "known": len(self.known),
            "in_exam": len(self.asked),
        }


def read(old: Published, file: Path) -> list[Record]:
    """All records of a file in any of the task's formats.

    Raises:
        InputError: A line is bad, all of which are printed; or there is none, or none is annotated,
            or all leave something unsaid that the model tells.
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


def _described(old: Published, file: Path) -> Config:
    """The version's config with this file as its data; texts alone are sent elsewhere."""
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


def compare(old: Published, records: Sequence[Record]) -> News:
    """What new records have that the model and its rows have not, or have otherwise."""
    labelled = any(any(old.task.answers.labels(record).values()) for record in records)
    quarrels = _quarrels(old, records) if labelled else []  # a text has several translations
    learnt = {key_of(old.task, record) for record in [*old.learnt, *old.valid]}
    learnt -= {key_of(old.task, record) for _, record in quarrels}
    return News(
        records=records,
        labels=_new_labels(old, records),
        quarrels=quarrels,
        known=[record for record in records if key_of(old.task, record) in learnt],
        asked=[(before[0], record) for before, record in _same_text(old.exam, records)],
    )


def show(task: Task, name: str, news: News) -> None:
    """Prints what is new, and the first quarrels."""
    rows: list[tuple[str, str | int]] = [("rows", len(news.records))]
    for kind, labels in news.labels.items():
        if labels:
            listed = ", ".join(f"{label} {times}" for label, times in labels.items())
            rows.append((f"new {kind}", listed))
    rows += [
        ("the same in the old rows", len(news.known)),
        ("annotated otherwise in the old rows", len(news.quarrels)),
        ("also in the exam set", len(news.asked)),
    ]
    print_table(f"{name}: what is new", ("what", "rows"), rows)
    if news.quarrels:
        shown = [
            (new["source"], new["text"][:TEXT], _said(task, before), _said(task, new))
            for before, new in news.quarrels[:SHOWN]
        ]
        more = f", the first {SHOWN}" if len(news.quarrels) > SHOWN else ""
        title = f"{name}: annotated otherwise until now{more}; the new annotation counts"
        print_table(title, ("where", "text", "old", "new"), shown)


def without_exam_rows(file: Path, news: News, chosen: ExamRows) -> News:
    """What is learnt from: an exam that was learnt by heart says nothing.

    Raises:
        InputError: A row's text stands in the exam set and that is refused; or all rows' do.
    """
    if chosen == "learn" or not news.asked:
        return news
    if chosen == "refuse":
        raise InputError(
            f"{file}: {len(news.asked)} of {len(news.records)} rows also stand in the exam set, the"
            f" first at {news.asked[0][1]['source']}; say --test-rows leave-out, or learn"
        )
    rest = without(news.records, [before for before, _ in news.asked])
    if not rest:
        raise InputError(f"{file}: all {len(news.records)} rows stand in the exam set already")
    note(f"{file.name}: {len(news.records) - len(rest)} rows of the exam set left out")
    return replace(news, records=rest)


def without_known(file: Path, news: News) -> News:
    """What is new: of what was learnt already, the gate would ask what both models know by heart.

    Raises:
        InputError: There is nothing new.
    """
    known = {record["source"] for record in news.known}
    rest = [record for record in news.records if record["source"] not in known]
    if not rest:
        raise InputError(f"{file}: nothing new: all {len(news.records)} rows were learnt already")
    if len(rest) < len(news.records):
        left_out = len(news.records) - len(rest)
        note(f"{file.name}: {left_out} rows that were learnt already left out")
    return replace(news, records=rest)


def key_of(task: Task, record: Record) -> tuple[str, str]:
    """What two rows share that say the same."""
    return text_key(record["text"]), json.dumps(_gold(task, record), sort_keys=True)


def divide(task: Task, records: Sequence[Record], settings: RetrainSettings, seed: int) -> Parts:
    """The new rows in three parts, every label in each where there are enough, texts together.

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
    return Parts(parts["train"], parts["valid"], parts["held_out"])


def _labels(task: Task, record: Record) -> list[str]:
    """A label of each kind, told apart by it."""
    found = task.answers.labels(record)
    return [f"{kind}\0{label}" for kind, labels in found.items() for label in dict.fromkeys(labels)]


def _new_labels(old: Published, records: Sequence[Record]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for kind, labels in old.task.answers.labels(record).items():
            known = old.vocabularies.get(kind, ())
            new = (label for label in labels if label not in known)
            counts.setdefault(kind, Counter()).update(new)
    return {kind: dict(found.most_common()) for kind, found in counts.items()}


def _quarrels(old: Published, records: Sequence[Record]) -> list[Pair]:
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
    """New rows, each with the old ones that have its text, where there are any."""
    known: dict[str, list[Record]] = {}
    for record in old:
        known.setdefault(text_key(record["text"]), []).append(record)
    keys = ((text_key(record["text"]), record) for record in new)
    return [(known[key], record) for key, record in keys if key in known]


def _gold(task: Task, record: Record) -> dict[str, Any]:
    """What is annotated, without the text, its tokens and what the row belongs to.

    Lists are in one order: exports of the same labels or slots may have them in another.
    """
    row = task.data.to_json(record)
    return {
        key: sorted(value, key=json.dumps) if isinstance(value, list) else value
        for key, value in row.items()
        if key not in ("text", "tokens", "parts")
    }


def _said(task: Task, record: Record) -> str:
    """What is annotated, for a person."""
    gold = (f"{key} {json.dumps(v, ensure_ascii=False)}" for key, v in _gold(task, record).items())
    return ", ".join(gold)
