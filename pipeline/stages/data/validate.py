"""What is wrong with a config's data: every bad line, what to know of the rest, safe repairs."""

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

SHOWN = 20  # records that a filter left out; all are in the file
COLUMNS = ("where", "why")


def run(
    task: Task,
    config: Config,
    fix: bool = False,
    strict: bool = False,
    folder: Path = PREPARED,
) -> Sequence[DataError]:
    """Reads all splits, prints what is there and what is odd, and gives the bad lines.

    Args:
        task: The config's task.
        config: Its data are read; nothing is trained.
        fix: Whether to write a mended copy beside each file that has something safe to mend.
        strict: Whether an odd thing is an error, too.
        folder: Where the records that the config's filters leave out are listed.

    Raises:
        InputError: `strict`, and something is odd though every line is good.
    """
    problems: list[DataError] = []
    source = task.data.load(config.settings, problems.append)
    splits = {split: list(read()) for split, read in source.splits.items()}
    # A bad line is met once a pass, and a carved split passes over its file again.
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
        said = "; ".join(table.title for table in findings)
        raise InputError(f"{config.name}: --strict, and there are {said}")
    return unique


def _list_dropped(task: Task, config: Config, source: Source, folder: Path) -> None:
    """Prints the first records that filters left out; a file has all of them."""
    file = folder / f"{config.name}-dropped.jsonl"
    file.unlink(missing_ok=True)  # that of other settings
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
    """Each bad line: where, the reason, what stands there with the place marked, a fix."""
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
    """Says line by line what was mended, and which file holds it."""
    written = 0
    for path, target, mended in task.data.repair(config.settings):
        for line, what in mended:
            print(f"{path}:{line}: {what}")
        print(f"wrote {target}: {len(mended)} lines mended; {path} is as it was")
        written += 1
    if not written:
        print("--fix: nothing that is safe to mend")
