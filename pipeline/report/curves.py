"""Line charts over epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pipeline.report.axes import Scale, picture, text, tick_text, ticks
from pipeline.report.markup import Html, element, join, readable

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 540.0, 260.0, 46.0, 12.0, 14.0, 36.0
COLOURS = 6
DOTTED_FROM = 60  # lines with more points are drawn without markers


def curves(
    title: str,
    epochs: Sequence[int],
    lines: Mapping[str, Sequence[float | None]],
    best: int | None = None,
) -> Html:
    """Return a chart with a line for each name and a legend; missing values leave a gap.

    Args:
        title: The title of the chart.
        epochs: The values of x, ascending.
        lines: Name to one value per epoch; at most `COLOURS` lines.
        best: The epoch to mark.

    Raises:
        ValueError: There are more lines than colours.
    """
    if len(lines) > COLOURS:
        raise ValueError(f"{title}: {len(lines)} lines; at most {COLOURS} can be told apart")
    values = [v for line in lines.values() for v in line if v is not None and math.isfinite(v)]
    if not values or not epochs:
        return element("p", f"{title}: no numbers.", class_="note")
    marks = ticks(min(values), max(values))
    x = Scale(epochs[0], epochs[-1], LEFT, WIDTH - RIGHT)
    y = Scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    shapes = [*_grid(marks, y), *_epochs(epochs, x), *_best(best, x)]
    for index, (name, line) in enumerate(lines.items()):
        shapes.append(_line(name, index + 1, epochs, line, x, y))
    return element(
        "figure",
        element("figcaption", title),
        legend(list(lines)),
        picture(WIDTH, HEIGHT, title, *shapes),
    )


def legend(names: Sequence[str]) -> Html:
    """Return the names beside their colours, in the order of the chart."""
    keys = (
        element("span", element("i", class_=f"key k{index}"), readable(name))
        for index, name in enumerate(names, 1)
    )
    return element("p", *keys, class_="legend")


def _grid(marks: Sequence[float], y: Scale) -> list[Html]:
    shapes = []
    for mark in marks:
        place = y(mark)
        shapes.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=place, y2=place, class_="grid"))
        shapes.append(text(LEFT - 8, place + 4, tick_text(mark, marks), "end"))
    return shapes


def _epochs(epochs: Sequence[int], x: Scale) -> list[Html]:
    steps = ticks(epochs[0], epochs[-1], 12)
    marks = [mark for mark in steps if mark in set(epochs)] or [float(epochs[0])]
    shapes = [text(x(mark), HEIGHT - BOTTOM + 17, f"{mark:.0f}", "middle") for mark in marks]
    return [*shapes, text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "epoch", "middle", "axis")]


def _best(best: int | None, x: Scale) -> list[Html]:
    if best is None:
        return []
    place = x(best)
    note = element("title", f"best epoch: {best}")
    return [element("line", note, x1=place, x2=place, y1=TOP, y2=HEIGHT - BOTTOM, class_="best")]


def _line(
    name: str,
    colour: int,
    epochs: Sequence[int],
    values: Sequence[float | None],
    x: Scale,
    y: Scale,
) -> Html:
    pieces: list[str] = []
    dots: list[Html] = []
    pen = "M"
    for epoch, value in zip(epochs, values, strict=True):
        if value is None or not math.isfinite(value):
            pen = "M"
            continue
        pieces.append(f"{pen}{x(epoch):.1f} {y(value):.1f}")
        pen = "L"
        said = element("title", f"{readable(name)}, epoch {epoch}: {value:.4g}")
        radius = 2.6 if len(epochs) <= DOTTED_FROM else 1.2
        dots.append(element("circle", said, cx=x(epoch), cy=y(value), r=radius))
    path = element("path", d=" ".join(pieces), fill="none")
    return element("g", path, join(dots), class_=f"line k{colour}")
