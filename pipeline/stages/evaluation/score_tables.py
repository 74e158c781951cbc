"""Scores as tables on the terminal: one row for each split or part, the headline first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.report.terminal import Cell, print_table


class ScoreRow(NamedTuple):
    """The metrics of a split or part by name, in the form that the cell function takes."""

    name: str
    examples: int
    metrics: Mapping[str, Any]


def print_scores(
    name: str, headline: str, rows: Sequence[ScoreRow], cell: Callable[[Any, bool], str]
) -> None:
    """Print all metrics in one table, and variants of the headline (`<headline>_...`) in another.

    Args:
        name: The title of the table.
        headline: The metric that comes first.
        rows: The rows of the table.
        cell: Maps a metric, and whether it is a headline, to the text of the cell.
    """
    columns: dict[str, list[str]] = {}
    for metric in dict.fromkeys((headline, *(m for row in rows for m in row.metrics))):
        column = [
            cell(row.metrics[metric], metric == headline) if metric in row.metrics else "-"
            for row in rows
        ]
        if not metric.endswith("_any_of") or column != columns.get(metric.removesuffix("_any_of")):
            columns[metric] = column  # one column if strict and any-of agree
    others = [metric for metric in columns if metric.startswith(f"{headline}_")]
    own = [metric for metric in columns if metric not in others]
    _print(name, rows, {metric: columns[metric] for metric in own}, with_examples=True)
    if others:
        short = {metric.removeprefix(f"{headline}_"): columns[metric] for metric in others}
        title = f"{name}: {_head(headline)} by other rules"
        _print(title, rows, short, with_examples=False)


def print_unseen_labels(name: str, unseen: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    """Print the unseen labels of each split, if there are any."""
    rows: list[list[Cell]] = [
        [split, kind, sum(labels.values()), ", ".join(f"{k} {n}" for k, n in labels.items())]
        for split, kinds in unseen.items()
        for kind, labels in kinds.items()
        if labels
    ]
    if rows:
        title = f"{name}: labels that train never has, all counted in the scores"
        print_table(title, ("split", "of", "times", "labels"), rows)


def _print(
    title: str, rows: Sequence[ScoreRow], columns: Mapping[str, Sequence[str]], with_examples: bool
) -> None:
    """Print one table, or several below each other if the terminal is too narrow."""
    names = [_indented(row.name) for row in rows]
    room = shutil.get_terminal_size().columns - _width("split", names)
    for number, metrics in enumerate(
        _fitting(columns, room - with_examples * _width("n", ["0000"]))
    ):
        examples = with_examples and not number
        cells: list[list[Cell]] = [
            [
                names[place],
                *([row.examples] if examples else []),
                *(columns[metric][place] for metric in metrics),
            ]
            for place, row in enumerate(rows)
        ]
        heads = ("split", *(["n"] if examples else []), *map(_head, metrics))
        print_table(f"{title}, continued" if number else title, heads, cells)


def _fitting(columns: Mapping[str, Sequence[str]], room: int) -> list[list[str]]:
    """Divide the columns into groups of at most `room` characters, or of one column."""
    groups: list[list[str]] = []
    left = 0
    for metric, cells in columns.items():
        width = _width(_head(metric), cells)
        if not groups or width > left:
            groups.append([])
            left = room
        groups[-1].append(metric)
        left -= width
    return groups


def _width(head: str, cells: Sequence[str]) -> int:
    """Return the width of a column with its gap: the longest word or line in it."""
    return (
        max(map(len, [*head.split(), *(line for cell in cells for line in cell.split("\n"))])) + 3
    )


def _head(metric: str) -> str:
    return metric.replace("_", " ")


def _indented(split: str) -> str:
    """Indent the name of a part under its split."""
    _, slash, part = split.partition("/")
    return f"  {part}" if slash else split
