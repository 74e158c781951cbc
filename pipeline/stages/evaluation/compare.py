"""Compare two models on the same examples: the difference, and whether it may be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import InputError
from pipeline.metrics.intervals import Difference, paired_bootstrap
from pipeline.report.terminal import print_table
from pipeline.task import Answer, Scores

Names = tuple[str, str]


def check_same_texts(names: Names, first: Sequence[Answer], second: Sequence[Answer]) -> None:
    """Check that both models answered the same texts in the same order.

    Raises:
        InputError: They did not; names the first difference.
    """
    texts, others = ([answer["text"] for answer in answers] for answers in (first, second))
    if texts == others:
        return
    parted = (row for row, pair in enumerate(zip(texts, others, strict=False)) if len({*pair}) > 1)
    row = next(parted, None)
    where = "" if row is None else f"; text {row + 1} is {texts[row]!r} and {others[row]!r}"
    raise InputError(
        f"{names[0]} and {names[1]}: expected the same examples of both, received {len(texts)} and"
        f" {len(others)}{where}; name them with --data"
    )


def differences(first: Scores, second: Scores) -> dict[str, Difference]:
    """Return the first score minus the second, for each metric that both have."""
    return {
        metric: paired_bootstrap(counted, second.counts[metric])
        for metric, counted in first.counts.items()
        if metric in second.counts
    }


def print_comparison(name: str, names: Names, first: Scores, second: Scores) -> None:
    """Print one row for each metric; "not distinguishable" if the difference may be chance."""
    found = differences(first, second)
    rows = [[metric.replace("_", " "), *_cells(metric, first, second, found)] for metric in found]
    _print(name, "metric", names, rows)


def print_parts(
    name: str, headline: str, names: Names, pairs: Mapping[str, tuple[Scores, Scores]]
) -> None:
    """Print one row for each part, with the headline metric alone."""
    rows = [
        [part, *_cells(headline, first, second, differences(first, second))]
        for part, (first, second) in pairs.items()
    ]
    _print(f"{name}: {headline.replace('_', ' ')} by part", "part", names, rows)


def _cells(
    metric: str, first: Scores, second: Scores, found: Mapping[str, Difference]
) -> list[str | float]:
    difference = found[metric]
    return [
        first.metrics[metric]["value"],
        second.metrics[metric]["value"],
        f"{difference.value:.2f}\n{difference.low:.1f} to {difference.high:.1f}",
        _verdict(difference).replace(" ", "\n"),  # so that it fits a terminal of 80 columns
    ]


def _print(name: str, kind: str, names: Names, rows: Sequence[Sequence[Any]]) -> None:
    title = f"{name}: {names[0]} against {names[1]} (paired bootstrap over examples)"
    print_table(title, (kind, *names, "difference, 95 %", f"{names[0]} is"), rows)


def _verdict(difference: Difference) -> str:
    if not difference.distinguishable:
        return "not distinguishable"
    return "better" if difference.value > 0 else "worse"
