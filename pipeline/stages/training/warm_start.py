"""What a training that goes on from another begins with, and how it mixes old rows and new."""

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
    """How often an epoch shows the first rows of train, and how often those after them.

    Attributes:
        first: How many come first.
        times: Of these, and of the others; each at least 1.
    """

    first: int = 0
    times: tuple[int, int] = (1, 1)

    def rows(self, data: store.Prepared) -> int:
        """Rows that an epoch shows."""
        rest = int(data.info.splits["train"].num_examples) - self.first
        return self.first * self.times[0] + rest * self.times[1]

    def examples(self, examples: tf.data.Dataset, cached: bool) -> tf.data.Dataset:
        """The rows of an epoch, in order."""
        if not self.first:
            return examples.cache() if cached else examples
        first, rest = examples.take(self.first), examples.skip(self.first)
        if cached:
            first, rest = first.cache(), rest.cache()
        return first.repeat(self.times[0]).concatenate(rest.repeat(self.times[1]))


class Warm(NamedTuple):
    """What a training begins with that goes on from another.

    Attributes:
        start: Sets the weights of the model, and its optimizer's state.
        steps: That the optimizer has behind it.
        mix: Of the training rows.
        end: Looks at the model with its best weights, before it is calibrated; it may change them.
            It is given the validation rows and a function that answers rows.
    """

    start: Callable[[Assembly], None]
    steps: int
    mix: Mix
    end: Callable[[Assembly, Sequence[Record], Answers], None]


class Later(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins after some steps."""

    def __init__(self, schedule: Any, behind: int) -> None:
        super().__init__()
        self.schedule, self.behind = schedule, behind

    def __call__(self, step: Any) -> Any:
        return self.schedule(step - self.behind)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self.schedule, "behind": self.behind}
