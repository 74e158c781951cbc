"""Calibration of scores: accuracy over score, and coverage at a precision."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.axes import Scale, picture, text
from pipeline.report.markup import Html, element, join
from pipeline.report.tables import table

SIDE, LEFT, RIGHT, TOP, BOTTOM = 300.0, 46.0, 12.0, 14.0, 36.0
MARKS = (0, 20, 40, 60, 80, 100)


def reliability_plot(title: str, bins: Sequence[tuple[float, float, int, float, float]]) -> Html:
    """Return a point for each group of answers, mean score against accuracy, sized by answers.

    Args:
        title: The title of the chart.
        bins: (low, high, answers, mean score, accuracy), all but the number in percent.
    """
    if not bins:
        return element("p", f"{title}: no answers.", class_="note")
    x = Scale(0, 100, LEFT, SIDE - RIGHT)
    y = Scale(0, 100, SIDE - BOTTOM, TOP)
    most = max(answers for _, _, answers, _, _ in bins)
    points = [
        element(
            "circle",
            element("title", f"{answers} answers of mean score {score:.1f}: {right:.1f} % right"),
            cx=x(score),
            cy=y(right),
            r=3 + 6 * (answers / most) ** 0.5,
        )
        for _, _, answers, score, right in bins
    ]
    diagonal = element("line", x1=x(0), y1=y(0), x2=x(100), y2=y(100), class_="best")
    shapes = [*_grid(x, y), diagonal, element("g", join(points), class_="line k1")]
    return element("figure", element("figcaption", title), picture(SIDE, SIDE, title, *shapes))


def coverage_table(rows: Sequence[tuple[float, float, float, float]]) -> Html:
    """Return a table of the coverage at each precision.

    Args:
        rows: (wanted precision, threshold, coverage, precision), in percent but the threshold.
    """
    columns = ("wanted precision", "score from", "answered", "right of these")
    return table(
        columns,
        [
            (f"{wanted:g}", f"{threshold:.4f}", f"{covered:.1f}", f"{right:.1f}")
            if covered
            else (f"{wanted:g}", "out of reach", "0", "–")
            for wanted, threshold, covered, right in rows
        ],
    )


def _grid(x: Scale, y: Scale) -> list[Html]:
    shapes = []
    for mark in MARKS:
        shapes.append(
            element("line", x1=LEFT, x2=SIDE - RIGHT, y1=y(mark), y2=y(mark), class_="grid")
        )
        shapes.append(text(LEFT - 8, y(mark) + 4, str(mark), "end"))
        shapes.append(text(x(mark), SIDE - BOTTOM + 17, str(mark), "middle"))
    middle = (LEFT + SIDE - RIGHT) / 2
    return [*shapes, text(middle, SIDE - 4, "score; up: share that is right", "middle", "axis")]
