"""Start a grown model with the weights and the optimizer's moments of the incumbent."""

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


class IncumbentWeights(NamedTuple):
    """The weights of the incumbent.

    Attributes:
        arrays: The arrays of its weights file, by name.
        layout: Which weights grow.
        is_whole: Whether all of its training rows are available, so that weights that are counted
            on training rows can be counted again.
    """

    arrays: Mapping[str, Any]
    layout: Layout
    is_whole: bool

    @property
    def steps(self) -> int:
        """Return the optimizer's steps up to these weights; 0 without its state."""
        return int(self.arrays.get("optimizer/iteration", 0))


def read(file: Path, layout: Layout, is_whole: bool) -> IncumbentWeights:
    """Read the weights file of the incumbent."""
    return IncumbentWeights(checkpoint.read(file), layout, is_whole)


def start_weights(old: IncumbentWeights, model: keras.Model, layout: Layout) -> list[Line]:
    """Set all weights of a grown model; return what was copied, for each weight and axis.

    Counted weights (`ModelSide.before_training` sets them on old and new rows) keep the old counts
    if the old rows are only a sample; new terms keep their new counts.

    Raises:
        InputError: A weight is missing in either model, or changed its shape without a layout.
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
        rows = tuple(weight.shape)  # empty for a temperature; an empty TensorShape is true
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


def start_optimizer(old: IncumbentWeights, model: keras.Model, layout: Layout) -> list[str]:
    """Set the moments of each weight and the number of steps; return the weights without moments.

    New rows have had no gradient, so their moments are 0. The average of the weights starts with
    their present values.
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
    """Return a row for each axis: number of weights, and copied, new and dropped positions."""
    same = Counter((line.axis, line.counts) for line in lines if line.grows)
    others = Counter(line.axis for line in lines if not line.grows)
    rows: list[tuple[str | int, ...]] = [(axis, n, *found) for (axis, found), n in same.items()]
    rows += [(axis, n, "", "", "") for axis, n in others.items()]
    return rows
