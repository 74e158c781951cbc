"""Interpolate between the old and the fine-tuned weights.

This learns the new data while it forgets little (Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models"): a fine-tuned model can be averaged with the model it started
from, weight by weight. Such averages are often better than either model
on the old data and lose little on the new data.

The share of the fine-tuned weights is the best one on all validation rows, among those that lose at
most a tolerated amount on the old validation rows. Without old rows there is no such limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from pipeline.predictor import answer_all
from pipeline.savedmodel.load import load_signature
from pipeline.stages.retraining.comparison import compare
from pipeline.stages.retraining.incumbent import Incumbent
from pipeline.task import Answer, Record

# Shares of the fine-tuned weights. Most of the new data is learnt, and most of the old data is
# forgotten, at large shares.
STEPS = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0)

Weights = Sequence[Any]


class Point(NamedTuple):
    """The scores of one share, in percent.

    Attributes:
        score: The headline metric on all validation rows.
        lost: The loss on the old validation rows against the incumbent; negative is a gain.
    """

    score: float
    lost: float


def choose(
    model: keras.Model, start: Weights, measure: Callable[[], Point], tolerated: float
) -> tuple[float, Mapping[float, Point]]:
    """Set the trainable weights to the best average of their first and their trained values.

    Args:
        model: The fine-tuned model; its weights change.
        start: `trainable(model)` before the first step.
        measure: Scores the model with its present weights.
        tolerated: The loss on old rows that is accepted; if every share loses more, the share with
            the smallest loss is used.

    Returns:
        The chosen share, the smaller of equals, and the scores of each share.
    """
    end = trainable(model)
    points: dict[float, Point] = {}
    for share in STEPS:
        _set(model, start, end, share)
        points[share] = measure()
    most = max(tolerated, min(point.lost for point in points.values()))
    allowed = [share for share in STEPS if points[share].lost <= most]
    best = max(allowed, key=lambda share: (points[share].score, -share))
    _set(model, start, end, best)
    return best, points


def tolerated(drop: float, rows: int) -> float:
    """Return the loss on old rows that is accepted, in percent: `drop`, or the weight of one row.

    A single row is chance: with 20 rows it is 5 points, which would block all new data.
    """
    return max(drop, 100 / rows) if rows else drop


def measurement(
    old: Incumbent,
    valid: Sequence[Record],
    new: int,
    answer: Callable[[Sequence[Record]], Sequence[Answer]],
) -> Callable[[], Point]:
    """Return a function that scores the model with its present weights.

    The loss on old rows leaves out rows that get a label new to the incumbent, as the gate does:
    they would block every new label.

    Args:
        old: The incumbent.
        valid: Validation rows.
        new: The number of new rows; they come last.
        answer: Answers some rows with the model's present weights.
    """
    task, settings = old.task, old.config.settings
    known = valid[: len(valid) - new]
    before = answer_all(
        task, load_signature(old.version.path), [record["text"] for record in known]
    )

    def measure() -> Point:
        answers = answer(valid)
        score = task.judge.score(settings, valid, answers).metrics[task.headline]["value"]
        if not known:
            return Point(score, 0.0)
        after = answers[: len(known)]
        rows = compare(task, settings, "valid", known, {"before": before, "after": after})
        return Point(score, -rows.without(old.taken(after)).change.value)

    return measure


def trainable(model: keras.Model) -> list[Any]:
    """Return a copy of the trainable weights."""
    return [np.asarray(variable).copy() for variable in model.trainable_variables]


def _set(model: keras.Model, start: Weights, end: Weights, share: float) -> None:
    for variable, before, after in zip(model.trainable_variables, start, end, strict=True):
        variable.assign(before + np.float32(share) * (after - before))
