"""Batches requests of several clients into one run of the model.

Requests that arrive during a run wait; together, up to `max_batch` rows, they are the next run. No
request waits for a timer, and batches grow only under load.

TensorFlow's own batcher (`tf.nondifferentiable_batch_function`) was measured for comparison: with
16 clients on one core it answers 0.78 thousand requests per second instead of 1.34 thousand, since
each client's thread pays for a call into the graph (`benchmarks/batching.py`). It also cannot drop
a request whose deadline has passed, nor report the length of its queue.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np

from pipeline.serving.engine.signature import Array, Arrays
from pipeline.serving.errors import Code, ServingError, deadline_exceeded

Run = Callable[[Arrays], dict[str, Array]]
OnRun = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Job:
    """One request in the queue.

    Args:
        arrays: Its inputs.
        rows: The size of their first dimension.
        deadline: `time.monotonic()` after which the client no longer waits.
        batchable: Whether every input has that many rows, so that others may be appended.
        longest: Bytes of the longest string in the inputs.
        result: The outputs.
    """

    arrays: Arrays
    rows: int
    deadline: float
    batchable: bool
    longest: int = 0
    result: Future[dict[str, Array]] = field(default_factory=Future)


class Batcher:
    """The queue of one signature.

    Args:
        run: Runs the model on arrays; raises ServingError.
        executor: Provides the threads; a queue with shared runs uses one at a time.
        max_batch: The largest number of rows in a shared run.
        max_waiting: The largest number of jobs in the queue.
        shared: Whether jobs may share a run; otherwise each runs alone, several in parallel.
        on_run: Called with (jobs, rows, seconds) after each run.
        max_padded: The largest product of rows and longest string, in bytes, of a shared run.
    """

    def __init__(
        self,
        run: Run,
        executor: Executor,
        max_batch: int,
        max_waiting: int,
        shared: bool = True,
        on_run: OnRun = lambda jobs, rows, seconds: None,
        max_padded: int = sys.maxsize,
    ) -> None:
        self.run, self.executor, self.on_run = run, executor, on_run
        self.max_batch, self.max_waiting, self.shared = max_batch, max_waiting, shared
        self.max_padded = max_padded
        self._queue: deque[Job] = deque()
        self._busy = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of waiting jobs."""
        return len(self._queue)

    def submit(self, arrays: Arrays, deadline: float) -> Future[dict[str, Array]]:
        """Queue a request; the future resolves to its outputs.

        Raises:
            ServingError: RESOURCE_EXHAUSTED; the queue is full.
        """
        rows = rows_of(arrays)
        batchable = all(value.ndim and len(value) == rows for value in arrays.values())
        job = Job(arrays, rows, deadline, self.shared and batchable, longest_of(arrays))
        with self._lock:
            if len(self._queue) >= self.max_waiting:
                raise ServingError(
                    Code.RESOURCE_EXHAUSTED,
                    f"The queue holds {self.max_waiting} requests, the maximum; try again later",
                )
            self._queue.append(job)
            start = not self.shared or not self._busy
            self._busy = True
        if start:
            self.executor.submit(self._run_next)
        return job.result

    def _run_next(self) -> None:
        """Run the next jobs; if more wait, queue another run behind those of other models."""
        jobs = self._take()
        try:
            if jobs:
                self._run_and_answer(jobs)
        finally:
            with self._lock:
                self._busy = bool(self._queue)
                more = self._busy and self.shared
            if more:
                self.executor.submit(self._run_next)

    def _take(self) -> list[Job]:
        """Take the next jobs that share a run; fail those whose deadline has passed."""
        taken: list[Job] = []
        rows = longest = 0
        now = time.monotonic()
        with self._lock:
            while self._queue:
                job = self._queue[0]
                padded = (rows + job.rows) * max(longest, job.longest)
                too_many = rows + job.rows > self.max_batch or padded > self.max_padded
                if taken and (too_many or not _can_share(taken[0], job)):
                    break
                self._queue.popleft()
                if not job.result.set_running_or_notify_cancel():
                    continue
                if job.deadline <= now:
                    job.result.set_exception(deadline_exceeded())
                    continue
                taken.append(job)
                rows, longest = rows + job.rows, max(longest, job.longest)
        return taken

    def _run_and_answer(self, jobs: Sequence[Job]) -> None:
        """Run the jobs together; if that fails, run each half, so that only the bad job fails."""
        began = time.monotonic()
        try:
            answers = self._run(jobs)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].result.set_exception(error)
                return
            middle = len(jobs) // 2
            self._run_and_answer(jobs[:middle])
            self._run_and_answer(jobs[middle:])
            return
        self.on_run(len(jobs), sum(job.rows for job in jobs), time.monotonic() - began)
        for job, answer in zip(jobs, answers, strict=True):
            job.result.set_result(answer)

    def _run(self, jobs: Sequence[Job]) -> list[dict[str, Array]]:
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
    """Return the first dimension of the first input; 1 for a scalar or without inputs."""
    first = next(iter(arrays.values()), None)
    return len(first) if first is not None and first.ndim else 1


def longest_of(arrays: Arrays) -> int:
    """Return the bytes of the longest string; 0 if there is none."""
    strings = (value for value in arrays.values() if value.dtype == object)
    return max((max(map(len, value.flat), default=0) for value in strings), default=0)


def _can_share(job: Job, other: Job) -> bool:
    """Whether two jobs may share a run: both batchable, with rows of the same shapes."""
    shapes = {name: value.shape[1:] for name, value in other.arrays.items()}
    return (
        job.batchable
        and other.batchable
        and {name: value.shape[1:] for name, value in job.arrays.items()} == shapes
    )


def _split(outputs: Arrays, counts: Sequence[int]) -> list[dict[str, Array]]:
    parts, start = [], 0
    for count in counts:
        parts.append({name: value[start : start + count] for name, value in outputs.items()})
        start += count
    return parts
