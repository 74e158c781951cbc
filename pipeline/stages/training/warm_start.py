"""How a training continues another one: its first weights and its mix of old and new rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from pipeline.datasets import store
from pipeline.stages.training.assembly import Assembly
from pipeline.task import Answer, Record

Answers = Callable[[Sequence[Record]], Sequence[Answer]]


class Mix(NamedTuple):
    """How often an epoch repeats the old rows of train and the new ones after them.

    Attributes:
        first: The number of old rows; they come first.
        times: How often an epoch shows the old rows, and the new ones; each at least 1.
    """

    first: int = 0
    times: tuple[int, int] = (1, 1)

    def rows(self, data: store.Prepared) -> int:
        """Return the number of rows in an epoch."""
        rest = int(data.info.splits["train"].num_examples) - self.first
        return self.first * self.times[0] + rest * self.times[1]

    def examples(self, examples: tf.data.Dataset, cached: bool) -> tf.data.Dataset:
        """Return the rows of an epoch, in order."""
        if not self.first:
            return examples.cache() if cached else examples
        first, rest = examples.take(self.first), examples.skip(self.first)
        if cached:
            first, rest = first.cache(), rest.cache()
        return first.repeat(self.times[0]).concatenate(rest.repeat(self.times[1]))


class Warm(NamedTuple):
    """How a training continues another one.

    Attributes:
        start: Sets the first weights of the model and the state of its optimizer.
        steps: The number of steps that the optimizer has taken already.
        mix: How often an epoch shows old and new rows.
        end: May change the best weights before they are calibrated. It gets the model, the
            validation rows and a function that answers rows.
    """

    start: Callable[[Assembly], None]
    steps: int
    mix: Mix
    end: Callable[[Assembly, Sequence[Record], Answers], None]


class Later(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate schedule that starts after some steps."""

    def __init__(self, schedule: Any, behind: int) -> None:
        super().__init__()
        self.schedule, self.behind = schedule, behind

    def __call__(self, step: Any) -> Any:
        return self.schedule(step - self.behind)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self.schedule, "behind": self.behind}
