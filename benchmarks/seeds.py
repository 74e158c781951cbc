"""What the score benchmarks share: their arguments, and the summary of one score over the seeds."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence


def parse_arguments(description: str, configs: Sequence[str]) -> tuple[list[str], range]:
    """Parse `[CONFIG ...] [--seeds N]` and return the configs and the seeds 1 to N."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("configs", nargs="*", default=configs, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 1 to N of each config")
    arguments = parser.parse_args()
    return list(arguments.configs), range(1, arguments.seeds + 1)


def summarize(metrics: Sequence[dict[str, float]], interval: bool = True) -> str:
    """Format one score of several runs.

    Several runs give mean ± standard deviation, one run its value with the 95 % interval (without
    it if `interval` is False), and no run gives "-".
    """
    values = [metric["value"] for metric in metrics]
    if not values:
        return "-"
    if len(values) > 1:
        return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"
    bounds = f" ({metrics[0]['low']:.1f}-{metrics[0]['high']:.1f})" if interval else ""
    return f"{values[0]:.2f}{bounds}"
