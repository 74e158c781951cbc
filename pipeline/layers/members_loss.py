"""The loss of an ensemble whose members are trained in one model."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class MembersLoss(keras.losses.Loss):
    """The sum of the losses of all members against the same gold values.

    Args:
        loss: The loss of one member: gold [batch, ...] and scores [batch, ...] to [batch].

    Shapes: gold [batch, ...], scores [batch, members, ...].
    """

    def __init__(self, loss: keras.losses.Loss) -> None:
        super().__init__(name=f"members_{loss.name}", reduction="mean_with_sample_weight")
        self.loss = loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        members = y_pred.shape[1]
        gold = ops.repeat(y_true, members, axis=0)
        scores = ops.reshape(y_pred, (-1, *ops.shape(y_pred)[2:]))
        return ops.sum(ops.reshape(self.loss.call(gold, scores), (-1, members)), axis=1)
