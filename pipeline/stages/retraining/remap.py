"""Weights of an old model in the places that a grown one has for them, row by row, all told.

An axis of a weight may stand for words, pieces or labels (`task.Layout`). What both models have is
copied to its new place; what only the new one has stays as it begins there, or starts from the mean
of old rows; what only the old one had is dropped and counted. Nothing else may differ.
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
    """What became of one axis of a weight, in places along it."""

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
        """Whether the axis has a name; else the weight was treated as a whole."""
        return self.axis not in (WHOLE, COUNTED_ANEW)


@dataclass(frozen=True)
class Places:
    """Where the places of a grown axis come from.

    Args:
        before: int [new size], the old place of each; -1 for a new one.
        parts: New place to the old places whose mean it starts from; empty where it does not.
        dropped: Old places that are gone.
    """

    before: Any
    parts: Mapping[int, Sequence[int]]
    dropped: int


def axes_of(weight: str, layout: Layout) -> tuple[str | None, ...]:
    """The names of a weight's axes; empty where it does not grow."""
    names = weight.split("/")
    for pattern, axes in layout.weights.items():
        wanted = pattern.split("/")
        pairs = zip(names, wanted, strict=False)
        if len(names) == len(wanted) and all(fnmatch.fnmatchcase(*pair) for pair in pairs):
            return axes
    return ()


def places(old: Axis, new: Axis, old_size: int, new_size: int) -> Places:
    """Where the places of an axis come from.

    Places behind the last term stand for nothing: they are copied as they are where both have them.
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
    """One weight of the grown model, and what became of its axes.

    Args:
        name: The weight's path.
        old: Its array in the old model.
        begun: Its array in the new one, as it begins.
        layouts: Of the old model and of the new one.
        learnt: Whether a gradient changes it: only then does a mean of old rows say anything.

    Raises:
        InputError: It has another shape, and no axis along which it may grow.
    """
    axes = axes_of(name, layouts[1])
    if not any(axes):
        if old.shape != begun.shape:
            raise InputError(
                f"{name}: its shape is {old.shape} in the published model and {begun.shape} here,"
                " and nothing says how one becomes the other; retrain with the settings that it was"
                " trained with"
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
    """Sets the new places of an axis to means of old ones, along what the other axes kept."""
    others = [np.flatnonzero(other.before >= 0) for other in found]
    sources = [other.before[here] for other, here in zip(found, others, strict=True)]
    for place, parts in each.parts.items():
        if not len(parts):
            continue
        target, source = list(others), list(sources)
        target[axis], source[axis] = np.array([place]), np.array(parts)
        result[np.ix_(*target)] = old[np.ix_(*source)].mean(axis=axis, keepdims=True)
