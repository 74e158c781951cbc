"""What is wrong with a config's data: every bad line, and what to know of the rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.config import Config
from pipeline.errors import DataError
from pipeline.report.terminal import print_table
from pipeline.task import Task


def run(task: Task, config: Config) -> list[DataError]:
    """Reads all splits, prints what is there, and gives the bad lines."""
    problems: list[DataError] = []
    source = task.load(config.settings.data, problems.append)
    rows, seen = [], dict[str, set[str]]()
    for split, read in source.splits.items():
        texts: Counter[str] = Counter(record["text"].strip().casefold() for record in read())
        train = seen.setdefault("train", set(texts))
        overlap = "" if split == "train" else sum(n for text, n in texts.items() if text in train)
        repeated = sum(texts.values()) - len(texts)
        rows.append((split, sum(texts.values()), repeated, overlap))
    # A bad line is met once a pass, and a carved split passes over its file again.
    unique = list({(p.path, p.line, p.wrong): p for p in problems}.values())
    print_table(config.name, ("split", "examples", "repeated texts", "also in train"), rows)
    if source.repairs:
        print_table(f"{config.name}: repaired", ("what", "times"), list(source.repairs.items()))
    if unique:
        found: list[Any] = [(f"{p.path}:{p.line}", p.wrong, p.expected) for p in unique]
        print_table(f"{config.name}: bad lines", ("where", "wrong", "expected"), found)
    return unique
