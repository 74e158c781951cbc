"""The counts that drift is measured by, and the rows of counts that a version keeps.

The rows come from held-out texts: a model knows every token of its training texts and is more
certain about them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.metrics import drift
from pipeline.metrics.drift import Amounts, Signal
from pipeline.predictor import answer_all
from pipeline.stages.publishing import known_ngrams
from pipeline.stages.publishing.known_ngrams import Known
from pipeline.task import Answer, Task
from pipeline.text.scripts import count_scripts

LABELS = "labels: "  # a prefix; one signal for each kind of label

SIGNALS = (
    Signal("unknown tokens", drift.rise, "unknown"),
    Signal("new n-grams", drift.rise, "new"),
    Signal("length", drift.kolmogorov),
    Signal("scripts", drift.total_variation),
    Signal("doubt", drift.rise, "unsure"),
)

Rows = dict[str, list[Amounts]]  # signal name to one row for each text
Outputs = Callable[[Sequence[str]], Any]


def observe(
    task: Task, tokenizer: Any, outputs: Outputs, known: Known, texts: Sequence[str]
) -> Rows:
    """Count what the signals measure.

    Args:
        task: The task of the model.
        tokenizer: The tokenizer of the model.
        outputs: Maps texts to the model's outputs in NumPy.
        known: The n-grams of training.
        texts: The texts; they and their counts are held in memory.
    """
    counts = [
        count
        for group in known_ngrams.in_groups(texts)
        for count in task.model.count_tokens(tokenizer, group)
    ]
    rows: Rows = {
        "unknown tokens": [{"unknown": new, "known": size - new} for size, new in counts],
        "new n-grams": [
            row for group in known_ngrams.in_groups(texts) for row in _new(group, known)
        ],
        "length": [{str(size): 1} for size, _ in counts],
        "scripts": [count_scripts(text) for text in texts],
    }
    answers = answer_all(task, outputs, texts)
    sure = [task.answers.confidence(answer) for answer in answers]
    rows["doubt"] = [{"unsure": 1 - share, "sure": share} for share in sure]
    return {**rows, **_labels(task, answers)}


def signals_of(rows: Rows) -> list[Signal]:
    """Return the signals of some rows, with one signal for each kind of label."""
    kinds = [Signal(name, drift.total_variation) for name in rows if name.startswith(LABELS)]
    return [*SIGNALS, *kinds]


def write(file: Path, rows: Rows) -> None:
    """Write the rows as JSON; numbers with four places."""
    short = {
        name: [{key: round(amount, 4) for key, amount in row.items()} for row in column]
        for name, column in rows.items()
    }
    artifacts.write_file(file, (json.dumps(short, ensure_ascii=False) + "\n").encode())


def read(file: Path) -> Rows | None:
    """Read the rows that `write` wrote; None if the version has none."""
    if not file.exists():
        return None
    rows: Rows = artifacts.read_json(file)
    return rows


def _new(texts: Sequence[str], known: Known) -> list[Amounts]:
    seen = [known[ids] for ids in known_ngrams.ids_of(texts)]
    return [{"new": int((~row).sum()), "seen": int(row.sum())} for row in seen]


def _labels(task: Task, answers: Sequence[Answer]) -> Rows:
    """Return the predicted labels of each text, in a column for each kind of label."""
    found = [task.answers.labels(task.answers.suggest(answer)) for answer in answers]
    kinds = dict.fromkeys(kind for labels in found for kind in labels)
    return {LABELS + kind: [_counted(labels[kind]) for labels in found] for kind in kinds}


def _counted(labels: Sequence[str]) -> Amounts:
    return {label: float(labels.count(label)) for label in dict.fromkeys(labels)}
