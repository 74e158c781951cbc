"""A loaded version with a queue for each of its signatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from pipeline.serving.engine.batching import Batcher, longest_of, rows_of
from pipeline.serving.engine.servable import Servable, check_inputs
from pipeline.serving.engine.signature import Array, Arrays, Signature
from pipeline.serving.errors import too_large
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry.metrics import Metrics


@dataclass(frozen=True)
class Engine:
    """A loaded version that answers requests.

    Args:
        servable: The loaded version.
        batchers: A queue for each signature.
        max_rows: The largest number of rows in one request.
        max_padded: The largest product of rows and longest string, in bytes, of one request.
        examples: Example texts of the version, for the page in the browser.
    """

    servable: Servable
    batchers: Mapping[str, Batcher]
    max_rows: int
    max_padded: int
    examples: Sequence[str] = ()

    def submit(
        self, signature: Signature, arrays: Arrays, deadline: float
    ) -> Future[dict[str, Array]]:
        """Queue a request for the outputs of a signature.

        Args:
            signature: A signature of this version.
            arrays: An array for each of its inputs.
            deadline: `time.monotonic()` after which the request is dropped.

        Raises:
            ServingError: INVALID_ARGUMENT; the shapes do not match. 413; too many rows, or too
                many for the longest string. RESOURCE_EXHAUSTED; the queue is full.
        """
        check_inputs(signature, arrays)
        if signature.takes_rows:
            self._check_rows(arrays)
            self._check_padded(arrays)
        return self.batchers[signature.name].submit(arrays, deadline)

    def _check_rows(self, arrays: Arrays) -> None:
        """Limit the rows: thirty bytes of gRPC may encode millions of rows, and so may a column."""
        for name, value in arrays.items():
            if len(value) > self.max_rows:
                raise too_large(
                    f"Input {name}: {len(value)} rows; at most {self.max_rows} are allowed"
                )

    def _check_padded(self, arrays: Arrays) -> None:
        """Limit rows times the longest text: a model pads all rows to that length."""
        rows, longest = rows_of(arrays), longest_of(arrays)
        if rows > 1 and rows * longest > self.max_padded:
            raise too_large(
                f"{rows} rows, the longest of {longest} bytes; at most {self.max_padded} bytes are"
                " allowed, where each row counts as the longest: send long texts separately"
            )


def start_engine(
    servable: Servable,
    shared: Collection[str],
    executor: Executor,
    settings: Settings,
    metrics: Metrics,
    examples: Sequence[str] = (),
) -> Engine:
    """Create the queues of a version; requests of the signatures in `shared` share runs."""

    def batcher(signature: Signature) -> Batcher:
        labels = (servable.name, str(servable.version), signature.name)

        def run(arrays: Arrays) -> dict[str, Array]:
            return servable.run(signature, arrays)

        def on_run(jobs: int, rows: int, seconds: float) -> None:
            metrics.runtime.observe(seconds * 1e6, servable.name, "Predict", "TF2")
            metrics.batch_rows.observe(rows, *labels)
            metrics.batch_jobs.observe(jobs, *labels)

        return Batcher(
            run,
            executor,
            settings.max_batch,
            settings.limits.waiting,
            signature.name in shared,
            on_run,
            settings.limits.padded,
        )

    queues = {name: batcher(signature) for name, signature in servable.signatures.items()}
    return Engine(servable, queues, settings.limits.rows, settings.limits.padded, examples)
