"""Metrics for Prometheus, under TensorFlow Serving's names (contract b1.10) and names of our own.

The text format is written here because prometheus-client declares every counter under a name that
ends in `_total`, which TensorFlow Serving's counters do not have (docs/decisions/0023).
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterable

TFS_BUCKETS = tuple(10 * 1.8**power for power in range(33))  # microseconds
ROWS_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
Labels = tuple[str, ...]


class Counter:
    """A number that only increases, per combination of labels."""

    kind = "counter"

    def __init__(self, name: str, text: str, labels: Labels) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, *labels: str, by: float = 1) -> None:
        """Increase the number by `by`."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + by

    def samples(self) -> Iterable[str]:
        """Yield the lines of the samples."""
        with self._lock:
            values = dict(self._values)
        for labels, value in values.items():
            yield f"{self.name}{_braces(self.labels, labels)} {_number(value)}"


class Histogram:
    """Counts of values up to each bound, per combination of labels."""

    kind = "histogram"

    def __init__(
        self, name: str, text: str, labels: Labels, bounds: tuple[float, ...] = TFS_BUCKETS
    ) -> None:
        self.name, self.text, self.labels, self.bounds = name, text, labels, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, value: float, *labels: str) -> None:
        """Add a value, in the unit of the bounds."""
        bucket = bisect.bisect_left(self.bounds, value)
        with self._lock:
            counts = self._counts.setdefault(labels, [0] * (len(self.bounds) + 1))
            counts[bucket] += 1
            self._sums[labels] = self._sums.get(labels, 0.0) + value

    def samples(self) -> Iterable[str]:
        """Yield the lines of the samples; a bucket counts all values up to its bound."""
        with self._lock:
            rows = [(labels, list(c), self._sums[labels]) for labels, c in self._counts.items()]
        for labels, counts, total in rows:
            cumulative = 0
            for bound, count in zip((*self.bounds, None), counts, strict=True):
                cumulative += count
                upper = "+Inf" if bound is None else f"{bound:g}"
                names, values = (*self.labels, "le"), (*labels, upper)
                yield f"{self.name}_bucket{_braces(names, values)} {cumulative}"
            yield f"{self.name}_sum{_braces(self.labels, labels)} {_number(total)}"
            yield f"{self.name}_count{_braces(self.labels, labels)} {cumulative}"


class Gauge:
    """A number that is read when the page is requested."""

    kind = "gauge"

    def __init__(
        self,
        name: str,
        text: str,
        labels: Labels,
        read: Callable[[], Iterable[tuple[Labels, float]]],
    ) -> None:
        self.name, self.text, self.labels, self.read = name, text, labels, read

    def samples(self) -> Iterable[str]:
        """Yield the lines of the samples."""
        for labels, value in self.read():
            yield f"{self.name}{_braces(self.labels, labels)} {_number(value)}"


class Metrics:
    """All metrics of the server; times are in microseconds, as in TensorFlow Serving."""

    def __init__(self) -> None:
        tfs = ":tensorflow:serving:"
        self.requests = Counter(f"{tfs}request_count", "Requests.", ("model_name", "status"))
        self.latency = Histogram(
            f"{tfs}request_latency",
            "Microseconds of requests answered.",
            ("model_name", "API", "entrypoint"),
        )
        self.runtime = Histogram(
            f"{tfs}runtime_latency", "Microseconds of runs.", ("model_name", "API", "runtime")
        )
        self.examples = Counter(f"{tfs}request_example_counts", "Rows asked for.", ("model_name",))
        self.warmup = Histogram(
            f"{tfs}model_warmup_latency", "Microseconds of warm-ups.", ("model_path", "status")
        )
        self.warmup_records = Counter(
            f"{tfs}model_warmup_records_read", "Warm-up requests.", ("model_path",)
        )
        version = ("model", "version", "signature")
        self.answers = Counter(
            "serving_requests_total", "Requests.", (*version, "entrypoint", "code")
        )
        self.batch_rows = Histogram("serving_batch_rows", "Rows of runs.", version, ROWS_BUCKETS)
        self.batch_jobs = Histogram(
            "serving_batch_requests", "Requests of runs.", version, ROWS_BUCKETS
        )
        self.shadow = Counter(
            "serving_shadow_total", "Requests answered twice.", ("model", "outcome")
        )
        self.gauges: list[Gauge] = []

    def render(self) -> str:
        """Return the page in Prometheus's text format."""
        metrics = [value for value in vars(self).values() if isinstance(value, Counter | Histogram)]
        lines: list[str] = []
        for metric in (*metrics, *self.gauges):
            lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}"]
            lines += metric.samples()
        return "\n".join([*lines, ""])


def _braces(names: Labels, values: Labels) -> str:
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{','.join(pairs)}}}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
