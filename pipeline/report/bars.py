"""Bars of percent, such as precision, recall and F1 of every slot; scores with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.report.axes import Scale, picture, text
from pipeline.report.curves import legend
from pipeline.report.markup import Html, element, join, number

WIDTH, BAR_WIDTH, NUMBER_WIDTH, TOP = 860.0, 300.0, 64.0, 24.0
CHARACTER = 6.6  # approximate width of a letter; wide characters count twice
TICKS = (0, 20, 40, 60, 80, 100)


class BarRow(NamedTuple):
    """One row: percentages by name, and counts beside them."""

    name: str
    percent: Mapping[str, float]
    counts: Mapping[str, int]


class IntervalRow(NamedTuple):
    """One row: a score and its interval, in percent."""

    name: str
    value: float
    low: float
    high: float


def bars(title: str, rows: Sequence[BarRow]) -> Html:
    """Return one row per name, with a thin bar per percentage and all numbers to the right.

    All rows have the same percentages and counts. The numbers are in the picture, so it can be read
    without tooltips.
    """
    if not rows:
        return element("p", f"{title}: none.", class_="note")
    left = label_width([row.name for row in rows])
    x = Scale(0, 100, left, left + BAR_WIDTH)
    percents, counts = list(rows[0].percent), list(rows[0].counts)
    step = 8.0 + 5 * len(percents)
    height = TOP + step * len(rows) + 20
    places = [x.end + NUMBER_WIDTH * (i + 1) + 8 for i in range(len(percents) + len(counts))]
    heads = [
        text(place, TOP - 9, name, "end", "axis")
        for place, name in zip(places, [*percents, *counts], strict=True)
    ]
    shapes = [_grid(x, height), *heads]
    for index, row in enumerate(rows):
        shapes.append(_bar_row(row, TOP + step * index, step, x, places))
    return element(
        "figure",
        element("figcaption", title),
        legend(percents),
        picture(max(WIDTH, places[-1] + 10), height, title, *shapes),
    )


def intervals(title: str, rows: Sequence[IntervalRow]) -> Html:
    """Return a point with its interval for each row, on an axis from 0, 50 or 80 to 100."""
    if not rows:
        return element("p", f"{title}: none.", class_="note")
    left = label_width([row.name for row in rows])
    lowest = min(row.low for row in rows)
    low = next(start for start in (95, 90, 80, 50, 0) if lowest >= start or start == 0)
    x = Scale(low, 100, left, left + BAR_WIDTH * 1.4)
    height = TOP + 22.0 * len(rows) + 20
    shapes = [_grid(x, height)]
    for index, row in enumerate(rows):
        shapes.append(_interval_row(row, TOP + 22 * index + 11, x))
    return element(
        "figure", element("figcaption", title), picture(x.end + 160, height, title, *shapes)
    )


def label_width(names: Sequence[str]) -> float:
    """Return the width of the longest name; CJK and other wide characters count twice."""
    longest = max((sum(2 if ord(c) > 0x2E7F else 1 for c in name) for name in names), default=0)
    return 16 + CHARACTER * max(6, min(longest, 44))


def shortened(name: str, most: int = 40) -> str:
    """Return a name that fits beside a row; the tooltip has the whole name."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _grid(x: Scale, height: float) -> Html:
    shapes = []
    for share in TICKS:
        place = x.start + (x.end - x.start) * share / 100
        value = x.low + (x.high - x.low) * share / 100
        shapes.append(element("line", x1=place, x2=place, y1=TOP, y2=height - 18, class_="grid"))
        shapes.append(text(place, height - 4, f"{value:g}", "middle"))
    return join(shapes)


def _bar_row(row: BarRow, top: float, step: float, x: Scale, places: Sequence[float]) -> Html:
    middle = top + step / 2
    shapes = [_label(row.name, x, middle)]
    for index, (name, value) in enumerate(row.percent.items()):
        tooltip = element("title", f"{row.name}: {name} {value:.2f}")
        y = top + 4 + 5 * index
        width = x(value) - x.start
        class_ = f"bar k{index + 1}"
        shapes.append(
            element("rect", tooltip, x=x.start, y=y, width=width, height=4.2, class_=class_)
        )
    numbers = [*(f"{value:.1f}" for value in row.percent.values())]
    numbers += [number(value) for value in row.counts.values()]
    for place, written in zip(places, numbers, strict=True):
        shapes.append(text(place, middle + 4, written, "end"))
    return join(shapes)


def _interval_row(row: IntervalRow, y: float, x: Scale) -> Html:
    written = f"{row.value:.2f}  ({row.low:.1f}–{row.high:.1f})"
    tooltip = element("title", f"{row.name}: {written}")
    whisker = element("line", tooltip, x1=x(row.low), x2=x(row.high), y1=y, y2=y, class_="whisker")
    dot = element("circle", tooltip, cx=x(row.value), cy=y, r=4, class_="dot")
    return join([_label(row.name, x, y), whisker, dot, text(x.end + 14, y + 4, written)])


def _label(name: str, x: Scale, y: float) -> Html:
    """Return a row's name, aligned to the axis, with the whole name as a tooltip."""
    return element(
        "text",
        shortened(name),
        element("title", name),
        x=x.start - 10,
        y=y + 4,
        text_anchor="end",
        class_="name",
    )
