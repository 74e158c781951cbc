"""What more data may gain: a power law fitted to a baseline's scores on growing shares of rows.

Errors fall with the number of rows n about as a * n^-b (Hestness et al. 2017, "Deep learning
scaling is predictable, empirically"). Training the model itself on shares of its data would take
hours; its baseline takes a minute on the replay rows that a version keeps. So the slope b is the
baseline's, applied to the model's own error. The result is an estimate and is labelled as one.
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
    """The baseline's errors (100 - headline, in percent) by number of training rows.

    Args:
        rows: Training rows of each point, ascending.
        errors: [points, draws].
    """

    rows: Sequence[int]
    errors: Sequence[Sequence[float]]

    @property
    def slope(self) -> float:
        """Return b of the power law through the mean errors; 0 if they do not fall."""
        return _slope(self.rows, [float(np.mean(errors)) for errors in self.errors])

    @property
    def slopes(self) -> list[float]:
        """Return b of each draw, ascending."""
        return sorted(_slope(self.rows, column) for column in zip(*self.errors, strict=True))

    def expected(self, error: float, rows: int, more: int, slope: float) -> float:
        """Return a model's expected error with `more` rows, if it has `error` with `rows`."""
        return float(error * ((rows + more) / rows) ** -slope)


def run(
    task: Task, settings: Any, train: Sequence[Record], exam: Sequence[Record], seed: int
) -> Curve:
    """Fit the task's baseline on shares of `train`, in several draws, and score it on `exam`.

    Raises:
        InputError: The extra `baseline` is not installed.
    """
    exam = exam[:EXAM]
    rows = [round(share * len(train)) for share in SHARES]
    orders = [random.Random(seed + draw).sample(list(train), len(train)) for draw in range(DRAWS)]
    errors = [[_error(task, settings, order[:size], exam) for order in orders] for size in rows]
    return Curve(rows, errors)


def enough(train: Sequence[Record], exam: Sequence[Record]) -> bool:
    """Return whether there are enough rows for a curve."""
    return len(train) * SHARES[0] >= LEAST and len(exam) >= LEAST


def print_curve(name: str, headline: str, curve: Curve) -> None:
    """Print one row for each point: mean and range of the baseline's score."""
    table: list[list[str | int | float]] = [
        [rows, float(100 - np.mean(errors)), f"{100 - max(errors):.2f} to {100 - min(errors):.2f}"]
        for rows, errors in zip(curve.rows, curve.errors, strict=True)
    ]
    metric = headline.replace("_", " ")
    title = f"{name}: learning curve of the baseline, {DRAWS} draws"
    print_table(title, ("training rows", metric, "range"), table)


def _error(task: Task, settings: Any, train: Sequence[Record], exam: Sequence[Record]) -> float:
    answers = task.judge.baseline(settings, train, exam)
    metrics = task.judge.score(settings, exam, answers).metrics
    return 100 - metrics[task.headline]["value"]


def _slope(rows: Sequence[int], errors: Sequence[float]) -> float:
    """Fit by least squares in logarithms, without points whose error is zero."""
    points = [(n, error) for n, error in zip(rows, errors, strict=True) if error > 0]
    if len(points) < 2:
        return 0.0
    x, y = np.log(np.array(points)).T
    return max(0.0, -float(np.polyfit(x, y, 1)[0]))
