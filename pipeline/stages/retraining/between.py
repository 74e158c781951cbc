"""Between the old weights and the trained ones lies what knows the new and forgot the least.

Wortsman et al. 2022 ("Robust fine-tuning of zero-shot models"): a model fine-tuned from another can
be averaged with it weight by weight, and such means are often better than either on the old data,
while they lose little on the new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

STEPS = (0.3, 0.5, 0.7, 1.0)  # shares of the way from the old weights to the trained ones

Weights = Sequence[Any]


def choose(
    model: keras.Model, start: Weights, validate: Callable[[], float]
) -> tuple[float, Mapping[float, float]]:
    """Sets the weights that a gradient changes to the best mean of how they began and are.

    Args:
        model: Trained; its weights change.
        start: `trainable(model)` before the first step.
        validate: The model's score as it is; higher is better.

    Returns:
        The share of the way that is gone, of equals the shorter one, and the score of each.
    """
    end = trainable(model)
    scores: dict[float, float] = {}
    for share in STEPS:
        _set(model, start, end, share)
        scores[share] = validate()
    best = max(STEPS, key=lambda share: (scores[share], -share))
    _set(model, start, end, best)
    return best, scores


def trainable(model: keras.Model) -> list[Any]:
    """The weights that a gradient changes, copied."""
    return [np.asarray(variable).copy() for variable in model.trainable_variables]


def _set(model: keras.Model, start: Weights, end: Weights, share: float) -> None:
    for variable, before, after in zip(model.trainable_variables, start, end, strict=True):
        variable.assign(before + np.float32(share) * (after - before))
