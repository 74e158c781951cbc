"""What the speed benchmarks share: a median with its interval, and the reading of old results."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def median(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median and its 95 % interval, by order statistics (Conover 1999, section 3.2).

    The bounds are measured values: the k-th smallest and the k-th largest, with the largest k for
    which P(Binomial(n, 1/2) < k) <= 0.025. With fewer than six values they are minimum and maximum.
    """
    ordered, count = sorted(values), len(values)
    rank, tail = 0, 0.5**count
    while tail <= 0.025:
        rank += 1
        tail += math.comb(count, rank) * 0.5**count
    rank = max(rank, 1)
    interval = {
        "value": statistics.median(ordered),
        "low": ordered[rank - 1],
        "high": ordered[count - rank],
    }
    return {name: round(value, digits) for name, value in interval.items()}


def format_interval(interval: dict[str, float], digits: int = 2) -> str:
    """Format an interval: `1.03 [1.01, 1.06]`, or with 0 digits `12,345 [12,001, 12,700]`."""
    value, low, high = (f"{interval[name]:,.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def read_result(file: Path) -> dict[str, Any] | None:
    """Return the result that an earlier run has written, or None."""
    if not file.exists():
        return None
    print(f"reading results/{file.name}; delete it to measure again")
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result
