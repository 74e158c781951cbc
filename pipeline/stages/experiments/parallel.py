"""Train several configs at a time, each in its own process on its own cores.

A training step of a small model is a chain of small products, which a second core hardly speeds up:
two trainings in parallel, one core each, finish before two in sequence on both cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from pipeline.errors import PipelineError
from pipeline.report.terminal import note

Cores = tuple[int, ...]


def run(commands: Mapping[str, Sequence[str | Path]], jobs: int) -> dict[str, str]:
    """Run commands, `jobs` at a time, and return the standard output of each by name.

    Lines of standard error are shown at once, with the command's name in front.

    Args:
        commands: Name to a command and its arguments; they start in this order.
        jobs: The largest number at a time; never more than there are cores.

    Raises:
        PipelineError: A command failed; the commands that have not started are skipped.
    """
    shares: SimpleQueue[Cores] = SimpleQueue()
    for share in divided(usable_cores(), jobs):
        shares.put(share)
    failed = Event()
    with ThreadPoolExecutor(shares.qsize()) as pool:
        done = {
            name: pool.submit(_run, name, command, shares, failed)
            for name, command in commands.items()
        }
        wait(done.values(), return_when=FIRST_EXCEPTION)
    errors = [error for each in done.values() if (error := each.exception()) is not None]
    if errors:
        raise next((e for e in errors if not isinstance(e, CancelledError)), errors[0])
    return {name: each.result() for name, each in done.items()}


def usable_cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def divided(cores: Sequence[int], jobs: int) -> list[Cores]:
    """Divide the cores into at most `jobs` shares of nearly equal size."""
    count = max(1, min(jobs, len(cores)))
    return [tuple(cores[start::count]) for start in range(count)]


def _run(
    name: str, command: Sequence[str | Path], shares: SimpleQueue[Cores], failed: Event
) -> str:
    share = shares.get()
    try:
        if failed.is_set():
            raise CancelledError
        with subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process:
            _bind(process.pid, share)
            with ThreadPoolExecutor(1) as reader:
                output = reader.submit(process.stdout.read)  # type: ignore[union-attr]
                lines = [_shown(name, line) for line in process.stderr or ()]
                written: str = output.result()
        if process.returncode:
            failed.set()
            reason = lines[-1] if lines else "no reason given"
            raise PipelineError(f"{name}: exit status {process.returncode}: {reason}")
        return written
    finally:
        shares.put(share)


def _bind(process: int, cores: Cores) -> None:
    """Pin a process to cores, if the system can, before TensorFlow counts them."""
    if sys.platform == "linux":
        os.sched_setaffinity(process, cores)


def _shown(name: str, line: str) -> str:
    line = line.rstrip("\n")
    note(line if line.startswith(f"{name}:") else f"{name}: {line}")
    return line
