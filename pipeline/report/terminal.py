"""Tables, notes and progress on the terminal.

Results (tables, predictions) are written to standard output. Notes and progress are written to
standard error, and progress bars only on a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

Cell = str | int | float


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table; floats with two decimals, numbers aligned to the right."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) for row in rows)
        table.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=index == 0,
            min_width=_least_width(column, [_text(row[index]) for row in rows]),
        )
    for row in rows:
        table.add_row(*map(_text, row))
    Console(markup=False, emoji=False).print(table)  # cells may contain users' texts


def _text(cell: Cell) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def _least_width(column: str, cells: Sequence[str]) -> int:
    """Return the width of the heading's longest word and of short cells; long texts may wrap."""
    words = [*column.split(), *(line for cell in cells for line in cell.split("\n"))]
    return max((len(word) for word in words if len(word) <= 20), default=1)


def note(message: str) -> None:
    """Print one line to standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False).print(message)


def progress(unit: str) -> Progress:
    """Return a progress bar with count, elapsed and remaining time, for terminals.

    `unit` is the counted unit, such as "batches".
    """
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
