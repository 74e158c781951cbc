"""What more data would bring: a power law through the scores of a cheap model on growing shares.

Errors fall with the number of rows n about as a * n^-b (Hestness et al. 2017, "Deep learning
scaling is predictable, empirically"). To train the model itself on shares of its data would take
hours; its floor (`Task.floor`) takes a minute, on the replay rows that a version keeps. So the
slope b is the floor's, and is laid through the model's own error: an estimate, and said to be one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.report.terminal import print_table
from pipeline.task import Record, Task

SHARES = (0.125, 0.25, 0.5, 1.0)
LEAST = 20  # rows of the smallest share
DRAWS = 3
EXAM = 500  # rows


@dataclass(frozen=True)
class Curve:
    """Errors (100 - headline, in percent) of the floor by rows, one a draw, and what they say.

    Args:
        rows: Training rows of each point, rising.
        errors: [points, draws].
    """

    rows: Sequence[int]
    errors: Sequence[Sequence[float]]

    @property
    def slope(self) -> float:
        """The b of the power law through the mean errors; 0 where they do not fall."""
        return _slope(self.rows, [float(np.mean(errors)) for errors in self.errors])

    @property
    def slopes(self) -> list[float]:
        """The b of each draw alone, rising."""
        return sorted(_slope(self.rows, column) for column in zip(*self.errors, strict=True))

    def expected(self, error: float, rows: int, more: int, slope: float) -> float:
        """A model's error with `more` rows, where it has `error` with `rows`."""
        return float(error * ((rows + more) / rows) ** -slope)


def run(
    task: Task, settings: Any, train: Sequence[Record], exam: Sequence[Record], seed: int
) -> Curve:
    """Fits the task's floor on shares of `train`, in several draws, and scores it on `exam`.

    Raises:
        InputError: The packages of the extra `floor` are not installed.
    """
    exam = exam[:EXAM]
    rows = [round(share * len(train)) for share in SHARES]
    orders = [random.Random(seed + draw).sample(list(train), len(train)) for draw in range(DRAWS)]
    errors = [[_error(task, settings, order[:size], exam) for order in orders] for size in rows]
    return Curve(rows, errors)


def enough(train: Sequence[Record], exam: Sequence[Record]) -> bool:
    """Whether there are rows for a curve."""
    return len(train) * SHARES[0] >= LEAST and len(exam) >= LEAST


def print_curve(name: str, headline: str, curve: Curve) -> None:
    """One row a point: mean and range of the floor's score."""
    table: list[list[str | int | float]] = [
        [rows, float(100 - np.mean(errors)), f"{100 - max(errors):.2f} to {100 - min(errors):.2f}"]
        for rows, errors in zip(curve.rows, curve.errors, strict=True)
    ]
    metric = headline.replace("_", " ")
    title = f"{name}: learning curve of the floor, {DRAWS} draws"
    print_table(title, ("training rows", metric, "range"), table)


def _error(task: Task, settings: Any, train: Sequence[Record], exam: Sequence[Record]) -> float:
    answers = task.floor(settings, train, exam)
    metrics = task.score(settings, exam, answers).metrics
    return 100 - metrics[task.headline]["value"]


def _slope(rows: Sequence[int], errors: Sequence[float]) -> float:
    """Least squares in logarithms; a point without any error has no logarithm and is left out."""
    points = [(n, error) for n, error in zip(rows, errors, strict=True) if error > 0]
    if len(points) < 2:
        return 0.0
    x, y = np.log(np.array(points)).T
    return max(0.0, -float(np.polyfit(x, y, 1)[0]))
