"""Confusion matrix: counts in a grid, shaded by their share of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.report.axes import picture, text
from pipeline.report.bars import label_width, shortened
from pipeline.report.markup import Html, element, join

CELL, HEIGHT, SLANT = 34.0, 24.0, 0.7  # of a column name's length, as it rises at 45 degrees
MOST = 30


def heatmap(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Mapping[tuple[str, str], int],
) -> Html:
    """Return a grid of counts, with gold labels as rows and predicted labels as columns.

    The shade of a cell is its share of its row. Correct cells have their own colour; empty cells
    are blank.

    Args:
        title: The title of the chart.
        rows: Gold names, in order.
        columns: Predicted names, in order.
        counts: (gold, predicted) to the count; missing pairs count 0.
    """
    if not rows or not columns:
        return element("p", f"{title}: none.", class_="note")
    left = max(136.0, label_width(rows))
    top = 26 + SLANT * label_width(columns)
    width = left + CELL * len(columns) + SLANT * label_width(columns)
    height = top + HEIGHT * len(rows) + 8
    shapes = [
        _heads(columns, left, top),
        text(left - 10, top - 10, "gold ↓  predicted →", "end", "axis"),
    ]
    for index, row in enumerate(rows):
        shapes.append(_row(row, columns, counts, left, top + HEIGHT * index))
    return element("figure", element("figcaption", title), picture(width, height, title, *shapes))


def most_confused(names: Sequence[str], counts: Mapping[tuple[str, str], int]) -> list[str]:
    """Return the names to show: all of them, or those with the most errors, in their order."""
    if len(names) <= MOST:
        return list(names)
    mistakes = dict.fromkeys(names, 0)
    for pair, times in counts.items():
        if pair[0] != pair[1]:
            for name in pair:
                if name in mistakes:
                    mistakes[name] += times
    kept = sorted(names, key=lambda name: -mistakes[name])[:MOST]
    return [name for name in names if name in kept and mistakes[name]]


def _heads(columns: Sequence[str], left: float, top: float) -> Html:
    shapes = []
    for index, name in enumerate(columns):
        x, y = left + CELL * (index + 0.5), top - 7
        turn = f"rotate(-45 {x:.1f} {y:.1f})"
        label = element("title", name)
        shapes.append(element("text", shortened(name), label, x=x, y=y, transform=turn))
    return join(shapes)


def _row(
    row: str,
    columns: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    left: float,
    top: float,
) -> Html:
    total = sum(times for (gold, _), times in counts.items() if gold == row)
    name = element(
        "text",
        shortened(row),
        element("title", row),
        x=left - 10,
        y=top + HEIGHT / 2 + 4,
        text_anchor="end",
        class_="name",
    )
    shapes = [name]
    for index, column in enumerate(columns):
        shapes.append(
            _cell(row, column, counts.get((row, column), 0), total, left + CELL * index, top)
        )
    return join(shapes)


def _cell(row: str, column: str, times: int, total: int, x: float, y: float) -> Html:
    """Return one cell, with its count if there is one."""
    frame = {"x": x + 1, "y": y + 1, "width": CELL - 2, "height": HEIGHT - 2}
    if not times:
        return element("rect", class_="blank", **frame)
    share = times / max(1, total)
    said = element("title", f"{row} → {column}: {times:,} of {total:,} ({100 * share:.1f} %)")
    kind = "right" if row == column else "wrong"
    # A single error among thousands must be visible.
    style = f"fill-opacity:{0.12 + 0.88 * share:.3f}"
    square = element("rect", class_=kind, style=style, **frame)
    strong = "strong" if share > 0.5 else ""
    count = text(x + CELL / 2, y + HEIGHT / 2 + 4, _brief(times), "middle", strong)
    return element("g", said, square, count)


def _brief(times: int) -> str:
    """Return a count in at most four characters."""
    return str(times) if times < 10_000 else f"{times // 1000}k"
