"""Check a config's data: every bad line, what is odd about the rest, safe repairs."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import DataError, InputError
from pipeline.report.terminal import print_table
from pipeline.stages.data.prepare import PREPARED
from pipeline.task import Record, Source, Task

SHOWN = 20  # records left out by a filter that are printed; the file has all
COLUMNS = ("where", "why")


def run(
    task: Task,
    config: Config,
    fix: bool = False,
    strict: bool = False,
    folder: Path = PREPARED,
) -> Sequence[DataError]:
    """Read all splits, print counts and odd findings, and return the bad lines.

    Args:
        task: The task of the config.
        config: The config; its data is read and nothing is trained.
        fix: Whether to write a repaired copy of each file with safe repairs.
        strict: Whether odd findings are errors, too.
        folder: The folder of the list of records that the config's filters leave out.

    Raises:
        InputError: `strict`, and there are odd findings although every line is good.
    """
    problems: list[DataError] = []
    source = task.data.load(config.settings, problems.append)
    splits = {split: list(read()) for split, read in source.splits.items()}
    # A bad line is reported once for each pass; a carved split reads its file again.
    unique = list({(p.path, p.line, p.wrong): p for p in problems}.values())
    columns = ("split", "examples", "repeated texts", "also in train")
    print_table(config.name, columns, _counts(splits))
    if source.repairs:
        print_table(f"{config.name}: repaired", ("what", "times"), list(source.repairs.items()))
    _list_dropped(task, config, source, folder)
    findings = task.data.audit(splits)
    for table in findings:
        print_table(f"{config.name}: {table.title}", table.columns, table.rows)
    if unique:
        print_problems(task, config.name, unique)
    if fix:
        _repair(task, config)
    if strict and findings and not unique:
        titles = "; ".join(table.title for table in findings)
        raise InputError(f"{config.name}: --strict, and there are {titles}")
    return unique


def _list_dropped(task: Task, config: Config, source: Source, folder: Path) -> None:
    """Print the first records that filters left out; a file lists all of them."""
    file = folder / f"{config.name}-dropped.jsonl"
    file.unlink(missing_ok=True)  # the list of other settings
    shown, count = list[tuple[str, str]](), 0
    with contextlib.ExitStack() as opened:
        for count, (record, why) in enumerate(source.dropped(), start=1):
            if count == 1:
                folder.mkdir(parents=True, exist_ok=True)
                lines = opened.enter_context(file.open("w", encoding="utf-8", newline="\n"))
            if count <= SHOWN:
                shown.append((record["source"], why))
            about = {"source": record["source"], "why": why, "record": task.data.to_json(record)}
            lines.write(json.dumps(about, ensure_ascii=False) + "\n")
    if count:
        more = f", the first {SHOWN}" if count > SHOWN else ""
        print_table(f"{config.name}: left out by data.filters: {count}{more}", COLUMNS, shown)
        print(f"all of them: {file}")


def print_problems(task: Task, name: str, problems: Sequence[DataError]) -> None:
    """Print each bad line: its position, the reason, the line with the bad part marked, a fix."""
    print(f"{name}: bad lines")
    for problem, advice in zip(problems, task.data.describe_errors(problems), strict=True):
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        print(f"\n{where}: {problem.wrong}")
        if advice.shown:
            print(f"    {advice.shown}")
        print(f"    fix: {advice.fix}{' (--fix does it)' if advice.safe else ''}")
    print()


def _counts(splits: Mapping[str, Sequence[Record]]) -> list[tuple[str | int, ...]]:
    rows: list[tuple[str | int, ...]] = []
    train: set[str] = set()
    for split, records in splits.items():
        texts = Counter(record["text"].strip().casefold() for record in records)
        train = train or set(texts)  # the first split
        overlap = "" if split == "train" else sum(n for text, n in texts.items() if text in train)
        rows.append((split, len(records), len(records) - len(texts), overlap))
    return rows


def _repair(task: Task, config: Config) -> None:
    """Write repaired copies, and print each repair and each copy."""
    written = 0
    for path, target, mended in task.data.repair(config.settings):
        for line, what in mended:
            print(f"{path}:{line}: {what}")
        print(f"wrote {target}: {len(mended)} lines repaired; {path} is unchanged")
        written += 1
    if not written:
        print("--fix: there is nothing to repair safely")
