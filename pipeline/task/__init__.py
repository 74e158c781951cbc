"""The seam: what a task is to the stages. A `Task` has four typed sides, in the data's order.

- `DataSide`: users' files become records, and records become files.
- `ModelSide`: records become vocabularies, a tokenizer, a Keras model and a service.
- `AnswerSide`: the outputs of the service become answers for people.
- `JudgeSide`: answers are scored against records and shown in the report.

Stages take a `Task` and never name one. A new task is a folder under `pipeline/tasks/` that
subclasses each side once, and one word in `pipeline.tasks.TASKS`. What a task does not need has a
default that does nothing.

The sides are in `sides`, the values that pass through them in `values`.

Words used there: a *record* is an example as the dataset store keeps it, a dict of plain values
(`features` lists them); a *batch* is a dict of tensors, one row an example; an *answer* is the
plain dict that a user gets for one text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

from pipeline.task.sides import AnswerSide, DataSide, JudgeSide, ModelSide
from pipeline.task.values import (
    A,
    Advice,
    Answer,
    Axis,
    Detected,
    Dropped,
    Layout,
    M,
    OnError,
    Purpose,
    R,
    Record,
    S,
    Scores,
    Service,
    Source,
    T,
    Table,
    Vocabularies,
)

__all__ = [
    "A",
    "Advice",
    "Answer",
    "AnswerSide",
    "Axis",
    "DataSide",
    "Detected",
    "Dropped",
    "JudgeSide",
    "Layout",
    "M",
    "ModelSide",
    "OnError",
    "Purpose",
    "R",
    "Record",
    "S",
    "Scores",
    "Service",
    "Source",
    "T",
    "Table",
    "Task",
    "Vocabularies",
]


@dataclass(frozen=True)
class Task(Generic[S, R, A, T, M]):
    """One task: settings S, records R, answers A, tokenizer T, model M.

    Attributes:
        name: The folder's name, the `task` key of a config.
        example: The shipped config that runs on embedded data.
        headline: The metric that early stopping and the tables use; higher is better.
        settings: The class of the config file's settings.
        space: What `tune` searches if a config names nothing, in the form of its `tune` block.
        data: Files to records and back.
        model: Records to a trained service.
        answers: Outputs to answers.
        judge: Answers to scores and a report.
    """

    name: str
    example: str
    headline: str
    settings: type[S]
    space: Mapping[str, Any]
    data: DataSide[S, R]
    model: ModelSide[S, R, T, M]
    answers: AnswerSide[R, A]
    judge: JudgeSide[S, R, A, T, M]
