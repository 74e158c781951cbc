"""Copy the weights of an old model into a grown one, row by row.

The positions along an axis of a weight may stand for words, pieces or labels (`task.Layout`). Terms
of both models are copied to their new positions. Terms of the new model alone keep their initial
values, or start from the mean of old rows. Terms of the old model alone are dropped and counted.
Nothing else may differ.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import InputError
from pipeline.task import Axis, Layout

WHOLE, COUNTED_ANEW = "copied whole", "counted anew"


class Line(NamedTuple):
    """What was copied along one axis of a weight, as numbers of positions."""

    weight: str
    axis: str
    copied: int
    new: int
    dropped: int

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.copied, self.new, self.dropped

    @property
    def grows(self) -> bool:
        """Return whether the axis has a name; otherwise the weight was copied as a whole."""
        return self.axis not in (WHOLE, COUNTED_ANEW)


@dataclass(frozen=True)
class Places:
    """The origin of the positions of a grown axis.

    Args:
        before: int [new size], the old position of each; -1 for a new one.
        parts: New position to the old positions whose mean it starts from, if any.
        dropped: Old positions that are gone.
    """

    before: Any
    parts: Mapping[int, Sequence[int]]
    dropped: int


def axes_of(weight: str, layout: Layout) -> tuple[str | None, ...]:
    """Return the names of a weight's axes; empty if it does not grow."""
    names = weight.split("/")
    for pattern, axes in layout.weights.items():
        wanted = pattern.split("/")
        pairs = zip(names, wanted, strict=False)
        if len(names) == len(wanted) and all(fnmatch.fnmatchcase(*pair) for pair in pairs):
            return axes
    return ()


def places(old: Axis, new: Axis, old_size: int, new_size: int) -> Places:
    """Return the origin of the positions of an axis.

    Positions after the last term are free; they are copied if both axes have them.
    """
    known = {term: place for place, term in enumerate(old.terms)}
    before = np.full(new_size, -1)
    for place in range(new_size):
        if place < len(new.terms):
            before[place] = known.get(new.terms[place], -1)
        elif len(old.terms) <= place < old_size:
            before[place] = place
    fresh = [place for place in range(len(new.terms)) if before[place] < 0]
    parts = old.parts([new.terms[place] for place in fresh]) if old.parts and fresh else ()
    gone = len(set(old.terms) - set(new.terms))
    return Places(before, dict(zip(fresh, parts, strict=False)), gone)


def remap(
    name: str, old: Any, begun: Any, layouts: tuple[Layout, Layout], learnt: bool
) -> tuple[Any, list[Line]]:
    """Return one weight of the grown model, and what was copied along its axes.

    Args:
        name: The weight's path.
        old: Its array in the old model.
        begun: Its initial array in the new model.
        layouts: The layouts of the old and the new model.
        learnt: Whether the weight is trainable: only then is a mean of old rows meaningful.

    Raises:
        InputError: The shapes differ, and the weight has no axis that grows.
    """
    axes = axes_of(name, layouts[1])
    if not any(axes):
        if old.shape != begun.shape:
            raise InputError(
                f"{name}: its shape is {old.shape} in the published model and {begun.shape} here,"
                " and its layout has no axis that grows; retrain with the settings of the first"
                " training"
            )
        return old, [Line(name, WHOLE, int(old.shape[0]) if old.shape else 1, 0, 0)]
    found = [_places(name, layouts, axis, old, begun, place) for place, axis in enumerate(axes)]
    result = _copied(old, begun, found)
    if learnt:
        for place, each in enumerate(found):
            _start(result, old, found, place, each)
    lines = [
        Line(name, axis, int((each.before >= 0).sum()), int((each.before < 0).sum()), each.dropped)
        for axis, each in zip(axes, found, strict=True)
        if axis
    ]
    return result, lines


def _places(
    name: str, layouts: tuple[Layout, Layout], axis: str | None, old: Any, begun: Any, place: int
) -> Places:
    sizes = old.shape[place], begun.shape[place]
    if axis:
        before, after = (layout.axes[axis] for layout in layouts)
        return places(before, after, *sizes)
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{name}: axis {place} is {sizes[0]} long in the published model and {sizes[1]} here;"
            " retrain with the settings that it was trained with"
        )
    return Places(np.arange(sizes[0]), {}, 0)


def _copied(old: Any, begun: Any, found: Sequence[Places]) -> Any:
    result = np.array(begun)
    kept = [np.flatnonzero(each.before >= 0) for each in found]
    sources = [each.before[here] for each, here in zip(found, kept, strict=True)]
    result[np.ix_(*kept)] = old[np.ix_(*sources)]
    return result


def _start(result: Any, old: Any, found: Sequence[Places], axis: int, each: Places) -> None:
    """Set the new positions of an axis to means of old ones, along the kept part of other axes."""
    others = [np.flatnonzero(other.before >= 0) for other in found]
    sources = [other.before[here] for other, here in zip(found, others, strict=True)]
    for place, parts in each.parts.items():
        if not len(parts):
            continue
        target, source = list(others), list(sources)
        target[axis], source[axis] = np.array([place]), np.array(parts)
        result[np.ix_(*target)] = old[np.ix_(*source)].mean(axis=axis, keepdims=True)
