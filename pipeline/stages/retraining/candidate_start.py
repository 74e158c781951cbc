"""A grown model begins with what a published one knows: its weights, its optimizer's moments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from pipeline.errors import InputError
from pipeline.stages.retraining.remap import COUNTED_ANEW, Line, remap
from pipeline.stages.training import checkpoint
from pipeline.task import Layout

MOMENTS = ("momentum", "velocity")


class Old(NamedTuple):
    """What a published version remembers.

    Attributes:
        arrays: Its weights file, by name.
        layout: By which its weights grow.
        is_whole: Whether all that it was trained on is here again, so that what is counted on the
            training rows can be counted anew.
    """

    arrays: Mapping[str, Any]
    layout: Layout
    is_whole: bool

    @property
    def steps(self) -> int:
        """Steps of the optimizer until these weights; 0 where its state is not there."""
        return int(self.arrays.get("optimizer/iteration", 0))


def read(file: Path, layout: Layout, is_whole: bool) -> Old:
    """The old model as its weights file has it."""
    return Old(checkpoint.read(file), layout, is_whole)


def start_weights(old: Old, model: keras.Model, layout: Layout) -> list[Line]:
    """Sets all weights of a grown model; it says row by row what was copied.

    What is counted and not learnt (`Task.count` has set it, on old rows and new ones) keeps the old
    counts where the old rows are but a sample, and is new for what is new.

    Raises:
        InputError: A weight is missing on either side, or cannot be told to be what it was.
    """
    lines: list[Line] = []
    named = {f"model/{weight.path}": weight for weight in model.weights}
    gone = {name for name in old.arrays if name.startswith("model/")} - named.keys()
    if gone or named.keys() - old.arrays.keys():
        name = min(gone or named.keys() - old.arrays.keys())
        raise InputError(
            f"{name.removeprefix('model/')}: a weight of only {'the old' if gone else 'the new'}"
            " model; retrain with the settings that it was trained with"
        )
    for name, weight in named.items():
        path = name.removeprefix("model/")
        rows = tuple(weight.shape)  # none of a temperature; an empty TensorShape is true
        counted = rows and not weight.trainable and path not in layout.calibrated
        if old.is_whole and counted:
            lines.append(Line(path, COUNTED_ANEW, 0, rows[0], 0))
            continue
        value, found = remap(
            path,
            old.arrays[name],
            np.asarray(weight),
            (old.layout, layout),
            weight.trainable,
        )
        weight.assign(value)
        lines += found
    return lines


def start_optimizer(old: Old, model: keras.Model, layout: Layout) -> list[str]:
    """Sets the moments of each weight and the number of steps; gives the weights that have none.

    New rows have had no gradient: their moments are 0. The average of the weights begins with what
    they are.
    """
    optimizer, without = model.optimizer, list[str]()
    slots = {
        f"optimizer/{v.path.removeprefix(f'{optimizer.name}/')}": v for v in optimizer.variables
    }
    for variable in model.trainable_variables:
        name = f"optimizer/{variable.path.replace('/', '_')}"
        moments = [f"{name}_{moment}" for moment in MOMENTS]
        if not all(moment in slots and moment in old.arrays for moment in moments):
            without.append(variable.path)
            continue
        for moment in moments:
            begun = np.zeros(slots[moment].shape, "float32")
            layouts = (old.layout, layout)
            slots[moment].assign(remap(variable.path, old.arrays[moment], begun, layouts, False)[0])
        if f"{name}_average" in slots:
            slots[f"{name}_average"].assign(np.asarray(variable))
    optimizer.iterations.assign(old.steps)
    return without


def summed(lines: Sequence[Line]) -> list[tuple[str | int, ...]]:
    """By axis: how many weights have it, and places copied, new and dropped of each of them."""
    same = Counter((line.axis, line.counts) for line in lines if line.grows)
    others = Counter(line.axis for line in lines if not line.grows)
    rows: list[tuple[str | int, ...]] = [(axis, n, *found) for (axis, found), n in same.items()]
    rows += [(axis, n, "", "", "") for axis, n in others.items()]
    return rows
