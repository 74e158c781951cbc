"""What the speed benchmarks share: a median with its interval, and results that stand already."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def median(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """The median with its 95 % interval, by order statistics (Conover 1999, section 3.2).

    The ends are values that were measured: the k-th from either side, k the largest with
    P(Binomial(n, 1/2) < k) <= 0.025; with fewer than six values, the least and the greatest.
    """
    ordered, count = sorted(values), len(values)
    place, tail = 0, 0.5**count
    while tail <= 0.025:
        place += 1
        tail += math.comb(count, place) * 0.5**count
    place = max(place, 1)
    found = {
        "value": statistics.median(ordered),
        "low": ordered[place - 1],
        "high": ordered[count - place],
    }
    return {name: round(value, digits) for name, value in found.items()}


def shown(found: dict[str, float], digits: int = 2) -> str:
    """`1.03 [1.01, 1.06]`, or with 0 digits `12,345 [12,001, 12,700]`."""
    value, low, high = (f"{found[name]:,.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def standing(file: Path) -> dict[str, Any] | None:
    """What an earlier run has written, if it has."""
    if not file.exists():
        return None
    print(f"results/{file.name} is there; delete it to measure again")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
