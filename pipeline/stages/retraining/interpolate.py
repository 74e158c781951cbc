"""Between the old weights and the trained ones lies what knows the new and forgot the least.

Wortsman et al. 2022 ("Robust fine-tuning of zero-shot models"): a model fine-tuned from another can
be averaged with it weight by weight, and such means are often better than either on the old data,
while they lose little on the new.

It is gone as far on this line as is best for all validation rows together, and no further than the
old ones among them allow. Where none of them is old, nothing holds it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from pipeline.predictor import answer_all
from pipeline.savedmodel.load import load_signature
from pipeline.stages.retraining.comparison import judge
from pipeline.stages.retraining.incumbent import Published
from pipeline.task import Answer, Record

# Shares of the way from the old weights to the trained ones. What is new is learnt on its last
# part, and what is old is lost there.
STEPS = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0)

Weights = Sequence[Any]


class Point(NamedTuple):
    """A place on the line, in percent.

    Attributes:
        score: The headline metric on all validation rows.
        lost: What the old ones among them lost of it against the old model; below 0 is a gain.
    """

    score: float
    lost: float


def choose(
    model: keras.Model, start: Weights, look: Callable[[], Point], tolerated: float
) -> tuple[float, Mapping[float, Point]]:
    """Sets the weights that a gradient changes to the best mean of how they began and are.

    Args:
        model: Trained; its weights change.
        start: `trainable(model)` before the first step.
        look: Tells of the model as it is.
        tolerated: What old rows may lose; where every place loses more, that one is taken which
            loses least.

    Returns:
        The share of the way that is gone, of equals the shorter one, and what was seen at each.
    """
    end = trainable(model)
    points: dict[float, Point] = {}
    for share in STEPS:
        _set(model, start, end, share)
        points[share] = look()
    most = max(tolerated, min(point.lost for point in points.values()))
    allowed = [share for share in STEPS if points[share].lost <= most]
    best = max(allowed, key=lambda share: (points[share].score, -share))
    _set(model, start, end, best)
    return best, points


def tolerated(drop: float, rows: int) -> float:
    """What old rows may lose, in percent: `drop`, and where they are few what one of them is worth.

    One row answered otherwise is chance: of 20 it would hold back whatever is new, for 5 points.
    """
    return max(drop, 100 / rows) if rows else drop


def looks(
    old: Published,
    valid: Sequence[Record],
    new: int,
    answer: Callable[[Sequence[Record]], Sequence[Answer]],
) -> Callable[[], Point]:
    """A function that tells of the model as it is.

    Old rows that get a label which the old model lacks are left out of what is lost, as the gate
    does: they would hold back every new label.

    Args:
        old: The version that was trained on.
        valid: Validation rows.
        new: How many of them are new; they come last.
        answer: What the model says to some rows.
    """
    task, settings = old.task, old.config.settings
    known = valid[: len(valid) - new]
    before = answer_all(task, load_signature(old.version), [record["text"] for record in known])

    def look() -> Point:
        answers = answer(valid)
        score = task.score(settings, valid, answers).metrics[task.headline]["value"]
        if not known:
            return Point(score, 0.0)
        after = answers[: len(known)]
        rows = judge(task, settings, "valid", known, {"before": before, "after": after})
        return Point(score, -rows.without(old.taken(after)).change.value)

    return look


def trainable(model: keras.Model) -> list[Any]:
    """The weights that a gradient changes, copied."""
    return [np.asarray(variable).copy() for variable in model.trainable_variables]


def _set(model: keras.Model, start: Weights, end: Weights, share: float) -> None:
    for variable, before, after in zip(model.trainable_variables, start, end, strict=True):
        variable.assign(before + np.float32(share) * (after - before))
