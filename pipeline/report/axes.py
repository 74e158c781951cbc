"""Scales and ticks of charts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.markup import Html, element, join


@dataclass(frozen=True)
class Scale:
    """A linear map from values to positions in a picture.

    Args:
        low: The value at `start`.
        high: The value at `end`; if it equals `low`, every value is mapped to the middle.
        start: The first position, in units of the picture.
        end: The last position, in units of the picture.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` round values, 1, 2 or 5 times a power of ten apart, around the range.

    The first is at or below `low` and the last at or above `high`; they are the ends of the axis.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"expected finite low <= high; received {low}, {high}")
    if low == high:
        spread = max(0.5, abs(low) / 20)
        low, high = low - spread, high + spread
    power = math.floor(math.log10((high - low) / most))
    for step in (
        factor * 10.0**exponent for exponent in (power, power + 1) for factor in (1, 2, 5)
    ):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            return [round(index * step, 12) for index in range(first, last + 1)]
    return [round(first * step, 12), round(last * step, 12)]


def tick_text(value: float, all_ticks: Sequence[float]) -> str:
    """Return a tick's number, with as many decimals as the step between ticks needs."""
    step = min((abs(b - a) for a, b in itertools.pairwise(all_ticks)), default=1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    return f"{value:.{decimals}f}"


def text(x: float, y: float, content: str, anchor: str = "start", class_: str = "") -> Html:
    """Return a line of text in a picture; `anchor` is start, middle or end."""
    return element("text", content, x=x, y=y, text_anchor=anchor, class_=class_ or None)


def picture(width: float, height: float, label: str, *shapes: Html) -> Html:
    """Return an SVG that keeps its proportions; it scrolls on a narrow screen."""
    box = f"0 0 {width:.0f} {height:.0f}"
    size = f"max-width:{width:.0f}px;min-width:{0.7 * width:.0f}px"
    return element("svg", join(shapes), viewBox=box, style=size, role="img", aria_label=label)
