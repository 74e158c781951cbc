"""Requests of several clients put below each other and answered by one run of the model.

While a run goes on, what comes in waits; all of it, up to `max_batch` rows, is the next run. So
nobody waits for a timer, and batches grow just when there is load.

TensorFlow's own batcher (`tf.nondifferentiable_batch_function`) was measured beside this one:
16 clients on one core, 0.78 against 1.34 thousand requests a second, since there each client's
thread pays for a call into the graph (`benchmarks/batching.py`). It also cannot drop a request
whose time is up, nor say how long its queue is.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.serving.errors import Code, ServingError

Arrays = Mapping[str, Any]
Run = Callable[[Arrays], dict[str, Any]]
Seen = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Job:
    """One request in the queue.

    Args:
        arrays: Its inputs.
        rows: Their first dimension.
        deadline: `time.monotonic()` at which nobody waits any more.
        joinable: Every input has that many rows, so that others may stand below.
        longest: Bytes of the longest string of the inputs.
    """

    arrays: Arrays
    rows: int
    deadline: float
    joinable: bool
    longest: int = 0
    answer: Future[dict[str, Any]] = field(default_factory=Future)
    asked: float = field(default_factory=time.monotonic)


class Batcher:
    """The queue of one signature.

    Args:
        run: Runs the model on arrays; raises ServingError.
        executor: Whose threads run it; one at a time for this queue.
        max_batch: Rows of a run.
        waiting: Jobs in the queue at most.
        together: Whether jobs may share a run; else each is run alone, several at a time.
        seen: Told (jobs, rows, seconds) after each run.
        padded: Rows times the longest string, in bytes, of a run that several share.
    """

    def __init__(
        self,
        run: Run,
        executor: Executor,
        max_batch: int,
        waiting: int,
        together: bool = True,
        seen: Seen = lambda jobs, rows, seconds: None,
        padded: int = sys.maxsize,
    ) -> None:
        self.run, self.executor, self.seen = run, executor, seen
        self.max_batch, self.waiting, self.together = max_batch, waiting, together
        self.padded = padded
        self._queue: deque[Job] = deque()
        self._busy = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Jobs that wait."""
        return len(self._queue)

    def submit(self, arrays: Arrays, deadline: float) -> Future[dict[str, Any]]:
        """Puts a request in the queue; its outputs come with the future.

        Raises:
            ServingError: RESOURCE_EXHAUSTED; the queue is full.
        """
        rows = rows_of(arrays)
        joinable = all(value.ndim and len(value) == rows for value in arrays.values())
        job = Job(arrays, rows, deadline, self.together and joinable, longest_of(arrays))
        with self._lock:
            if len(self._queue) >= self.waiting:
                raise ServingError(
                    Code.RESOURCE_EXHAUSTED,
                    f"The queue holds {self.waiting} requests, as many as it takes; try again",
                )
            self._queue.append(job)
            start = not self.together or not self._busy
            self._busy = True
        if start:
            self.executor.submit(self._step)
        return job.answer

    def _step(self) -> None:
        """One run; where more waits, another is asked for, behind those of other models."""
        jobs = self._take()
        try:
            if jobs:
                self._answer(jobs)
        finally:
            with self._lock:
                self._busy = bool(self._queue)
                more = self._busy and self.together
            if more:
                self.executor.submit(self._step)

    def _take(self) -> list[Job]:
        """The next jobs that share a run; those whose time is up are answered so."""
        taken: list[Job] = []
        rows = longest = 0
        now = time.monotonic()
        with self._lock:
            while self._queue:
                job = self._queue[0]
                padded = (rows + job.rows) * max(longest, job.longest)
                many = rows + job.rows > self.max_batch or padded > self.padded
                if taken and (many or not _fit(taken[0], job)):
                    break
                self._queue.popleft()
                if not job.answer.set_running_or_notify_cancel():
                    continue
                if job.deadline <= now:
                    job.answer.set_exception(late())
                    continue
                taken.append(job)
                rows, longest = rows + job.rows, max(longest, job.longest)
        return taken

    def _answer(self, jobs: Sequence[Job]) -> None:
        """Runs the jobs together; where that fails, each half, so that a bad one fails alone."""
        began = time.monotonic()
        try:
            answers = self._run(jobs)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].answer.set_exception(error)
                return
            middle = len(jobs) // 2
            self._answer(jobs[:middle])
            self._answer(jobs[middle:])
            return
        self.seen(len(jobs), sum(job.rows for job in jobs), time.monotonic() - began)
        for job, answer in zip(jobs, answers, strict=True):
            job.answer.set_result(answer)

    def _run(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        if len(jobs) == 1:
            return [self.run(jobs[0].arrays)]
        names = jobs[0].arrays
        joined = {name: np.concatenate([job.arrays[name] for job in jobs]) for name in names}
        outputs = self.run(joined)
        rows = sum(job.rows for job in jobs)
        for name, value in outputs.items():
            if value.ndim == 0 or len(value) != rows:
                raise ServingError(
                    Code.INTERNAL, f"Output {name} has no row for each of {rows} rows of input"
                )
        return _split(outputs, [job.rows for job in jobs])


def rows_of(arrays: Arrays) -> int:
    """The first dimension of the first input; 1 for a single value, or where there is no input."""
    first = next(iter(arrays.values()), None)
    return len(first) if first is not None and first.ndim else 1


def longest_of(arrays: Arrays) -> int:
    """Bytes of the longest string; 0 where there is none."""
    strings = (value for value in arrays.values() if value.dtype == object)
    return max((max(map(len, value.flat), default=0) for value in strings), default=0)


def _fit(job: Job, other: Job) -> bool:
    """Whether two jobs may stand below each other: rows of the same shapes."""
    shapes = {name: value.shape[1:] for name, value in other.arrays.items()}
    return (
        job.joinable
        and other.joinable
        and {name: value.shape[1:] for name, value in job.arrays.items()} == shapes
    )


def _split(outputs: Arrays, counts: Sequence[int]) -> list[dict[str, Any]]:
    parts, start = [], 0
    for count in counts:
        parts.append({name: value[start : start + count] for name, value in outputs.items()})
        start += count
    return parts


def late() -> ServingError:
    """A request whose time is up."""
    return ServingError(Code.DEADLINE_EXCEEDED, "The request's time was up before it was answered")
