"""What is counted in texts and their answers, and the rows of counts that a version keeps.

The rows are of held-out texts: of what it was trained on, a model knows every token, and is surer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import artifacts
from pipeline.metrics import drift
from pipeline.metrics.drift import Row, Signal
from pipeline.predictor import answer_all
from pipeline.stages.publishing import known_ngrams
from pipeline.stages.publishing.known_ngrams import Known
from pipeline.task import Answer, Task
from pipeline.text.scripts import scripts_of

FILE = "drift.json"
LABELS = "labels: "  # then the kind: one signal each

SIGNALS = (
    Signal("unknown tokens", drift.rise, "unknown"),
    Signal("new n-grams", drift.rise, "new"),
    Signal("length", drift.kolmogorov),
    Signal("scripts", drift.total_variation),
    Signal("doubt", drift.rise, "unsure"),
)

Rows = dict[str, list[Row]]  # signal name to one row a text
Outputs = Callable[[Sequence[str]], Any]


def observe(
    task: Task, tokenizer: Any, outputs: Outputs, known: Known, texts: Sequence[str]
) -> Rows:
    """Counts what the signals are about.

    Args:
        task: Whose texts they are.
        tokenizer: The model's.
        outputs: Of the model: texts to its answers in NumPy.
        known: The n-grams of training.
        texts: As many as fit into memory.
    """
    counts = [
        count
        for group in known_ngrams.in_groups(texts)
        for count in task.count_tokens(tokenizer, group)
    ]
    rows: Rows = {
        "unknown tokens": [{"unknown": new, "known": size - new} for size, new in counts],
        "new n-grams": [
            row for group in known_ngrams.in_groups(texts) for row in _new(group, known)
        ],
        "length": [{str(size): 1} for size, _ in counts],
        "scripts": [scripts_of(text) for text in texts],
    }
    answers = answer_all(task, outputs, texts)
    sure = [task.confidence(answer) for answer in answers]
    rows["doubt"] = [{"unsure": 1 - share, "sure": share} for share in sure]
    return {**rows, **_labels(task, answers)}


def signals_of(rows: Rows) -> list[Signal]:
    """The signals that some rows have counts for: of labels one a kind."""
    kinds = [Signal(name, drift.total_variation) for name in rows if name.startswith(LABELS)]
    return [*SIGNALS, *kinds]


def write(extra: Path, rows: Rows) -> None:
    """Writes the rows into a version's `assets.extra/`; numbers with four places."""
    short = {
        name: [{key: round(amount, 4) for key, amount in row.items()} for row in column]
        for name, column in rows.items()
    }
    artifacts.write_file(extra / FILE, (json.dumps(short, ensure_ascii=False) + "\n").encode())


def read(extra: Path) -> Rows | None:
    """What `write` wrote; None where the version has none."""
    if not (extra / FILE).exists():
        return None
    found: Rows = artifacts.read_json(extra / FILE)
    return found


def _new(texts: Sequence[str], known: Known) -> list[Row]:
    seen = [known[ids] for ids in known_ngrams.ids_of(texts)]
    return [{"new": int((~row).sum()), "seen": int(row.sum())} for row in seen]


def _labels(task: Task, answers: Sequence[Answer]) -> Rows:
    """The predicted labels of each text, a column for each kind that the task has."""
    found = [task.labels(task.suggest(answer)) for answer in answers]
    kinds = dict.fromkeys(kind for labels in found for kind in labels)
    return {LABELS + kind: [_counted(labels[kind]) for labels in found] for kind in kinds}


def _counted(labels: Sequence[str]) -> Row:
    return {label: float(labels.count(label)) for label in dict.fromkeys(labels)}
