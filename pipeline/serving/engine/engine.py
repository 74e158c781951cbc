"""A loaded version with a queue for each of its signatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from pipeline.serving.engine.batching import Batcher, longest_of, rows_of
from pipeline.serving.engine.servable import Servable, check_inputs
from pipeline.serving.engine.signature import Signature
from pipeline.serving.errors import too_large
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry.metrics import Metrics

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Engine:
    """What answers requests of one version.

    Args:
        servable: The version.
        batchers: A queue for each signature.
        most_rows: Of one request, in whatever form it came.
        most_padded: Rows of one request times its longest text, in bytes.
        examples: Texts that it brings, for a person to begin with.
    """

    servable: Servable
    batchers: Mapping[str, Batcher]
    most_rows: int
    most_padded: int
    examples: Sequence[str] = ()

    def submit(
        self, signature: Signature, arrays: Arrays, deadline: float
    ) -> Future[dict[str, Any]]:
        """Asks for the outputs of a signature.

        Args:
            signature: One of this version.
            arrays: An array for each of its inputs.
            deadline: `time.monotonic()` after which the request is dropped.

        Raises:
            ServingError: The shapes do not fit (INVALID_ARGUMENT), there are too many rows, or too
                many for the longest (413), or the queue is full.
        """
        check_inputs(signature, arrays)
        if signature.takes_rows:
            self._check_rows(arrays)
            self._check_padded(arrays)
        return self.batchers[signature.name].submit(arrays, deadline)

    def _check_rows(self, arrays: Arrays) -> None:
        """Thirty bytes of gRPC may stand for millions of rows, and a column may be that long."""
        for name, value in arrays.items():
            if len(value) > self.most_rows:
                raise too_large(
                    f"Input {name}: {len(value)} rows; at most {self.most_rows} are taken"
                )

    def _check_padded(self, arrays: Arrays) -> None:
        """One long text beside thousands of short ones: a model pads all of them to its length."""
        rows, longest = rows_of(arrays), longest_of(arrays)
        if rows > 1 and rows * longest > self.most_padded:
            raise too_large(
                f"{rows} rows, the longest of {longest} bytes; at most {self.most_padded} bytes are"
                " taken, where each row counts as the longest: send long texts by themselves"
            )


def start(
    servable: Servable,
    together: Collection[str],
    executor: Executor,
    settings: Settings,
    metrics: Metrics,
    examples: Sequence[str] = (),
) -> Engine:
    """Gives a version its queues; requests of the signatures `together` share runs."""

    def batcher(signature: Signature) -> Batcher:
        labels = (servable.name, str(servable.version), signature.name)

        def run(arrays: Arrays) -> dict[str, Any]:
            return servable.run(signature, arrays)

        def seen(jobs: int, rows: int, seconds: float) -> None:
            metrics.runtime.observe(seconds * 1e6, servable.name, "Predict", "TF2")
            metrics.batch_rows.observe(rows, *labels)
            metrics.batch_jobs.observe(jobs, *labels)

        return Batcher(
            run,
            executor,
            settings.max_batch,
            settings.limits.waiting,
            signature.name in together,
            seen,
            settings.limits.padded,
        )

    queues = {name: batcher(signature) for name, signature in servable.signatures.items()}
    return Engine(servable, queues, settings.limits.rows, settings.limits.padded, examples)
