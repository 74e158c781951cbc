"""The attention of a decoder: target tokens against source tokens, shaded by weight."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.axes import picture, text
from pipeline.report.bars import label_width, shortened
from pipeline.report.markup import Html, element

CELL, SLANT = 22.0, 0.7  # SLANT: of a column name's length, as it rises at 45 degrees
SEEN_FROM = 0.02  # smaller weights leave the cell empty
LONGEST = 24  # characters of a token that are shown


def alignment(
    title: str,
    source: Sequence[str],
    target: Sequence[str],
    weights: Sequence[Sequence[float]],
    holes: Sequence[int] = (),
) -> Html:
    """Return a grid with source tokens as columns and target tokens as rows.

    Below it is the sum of each source token's weights (1 is the weight of one target token).

    Args:
        title: The title of the chart.
        source: Source tokens; they may repeat.
        target: Target tokens.
        weights: [target, source], 0 to 1.
        holes: Positions of source tokens whose sum is marked as too small.

    Raises:
        ValueError: The weights have another shape.
    """
    shape = (len(target), len(source))
    if len(weights) != shape[0] or any(len(row) != shape[1] for row in weights):
        raise ValueError(f"expected weights of {shape[0]} target by {shape[1]} source tokens")
    if not source or not target:
        return element("p", f"{title}: no tokens.", class_="note")
    left = max(90.0, label_width([shortened(token, LONGEST) for token in target]))
    rise = SLANT * label_width([shortened(token, LONGEST) for token in source])
    top = 20 + rise
    width, height = left + CELL * len(source) + rise, top + CELL * (len(target) + 1) + 12
    ground = {"width": CELL * len(source), "height": CELL * len(target)}
    shapes = [
        element("rect", x=left, y=top, class_="blank", **ground),
        *(_head(token, left + CELL * (i + 0.5), top - 7) for i, token in enumerate(source)),
        *(_name(token, left, top + CELL * i) for i, token in enumerate(target)),
        *_cells(source, target, weights, left, top),
        *_sums(weights, holes, left, top + CELL * len(target) + 4),
    ]
    return element("figure", element("figcaption", title), picture(width, height, title, *shapes))


def _head(token: str, x: float, y: float) -> Html:
    turn = f"rotate(-45 {x:.1f} {y:.1f})"
    label = element("title", token)
    return element("text", shortened(token, LONGEST), label, x=x, y=y, transform=turn)


def _name(token: str, left: float, top: float) -> Html:
    return element(
        "text",
        shortened(token, LONGEST),
        element("title", token),
        x=left - 8,
        y=top + CELL / 2 + 4,
        text_anchor="end",
        class_="name",
    )


def _cells(
    source: Sequence[str],
    target: Sequence[str],
    weights: Sequence[Sequence[float]],
    left: float,
    top: float,
) -> list[Html]:
    cells = []
    for row, token in enumerate(target):
        for column, seen in enumerate(source):
            weight = float(weights[row][column])
            if weight >= SEEN_FROM:
                said = element("title", f"{token} ← {seen}: {100 * weight:.0f} %")
                frame = {"x": left + CELL * column + 1, "y": top + CELL * row + 1}
                style = f"fill-opacity:{min(1.0, weight):.2f}"
                size = {"width": CELL - 2, "height": CELL - 2}
                cells.append(element("rect", said, class_="weight", style=style, **frame, **size))
    return cells


def _sums(
    weights: Sequence[Sequence[float]], holes: Sequence[int], left: float, top: float
) -> list[Html]:
    sums = [sum(float(row[column]) for row in weights) for column in range(len(weights[0]))]
    middle = top + CELL / 2 + 4
    numbers = [
        text(left + CELL * (i + 0.5), middle, f"{value:.1f}", "middle", "hole" * (i in holes))
        for i, value in enumerate(sums)
    ]
    return [text(left - 8, middle, "in all", "end", "axis"), *numbers]
