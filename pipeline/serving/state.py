"""What REST and gRPC ask in the same way: a version, a signature, and rows of examples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Signature
from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.keys import Keys, read_keys
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry import tracing
from pipeline.serving.telemetry.metrics import Gauge, Metrics
from pipeline.serving.versions import loading
from pipeline.serving.versions.admin import Admin
from pipeline.serving.versions.registry import Models
from pipeline.serving.versions.shadow import Shadow

UNKNOWN = "unknown"  # in place of names that clients made up: each would be a new time series


@dataclass(frozen=True)
class Seen:
    """One request, for metrics and logs.

    Args:
        api: `Predict`, `Classify`, `GetModelStatus`, ...
        entrypoint: `REST` or `GRPC`.
        began: `time.monotonic()`.
        traceparent: The client's span, as W3C's header has it.
    """

    api: str
    entrypoint: str
    began: float = field(default_factory=time.monotonic)
    traceparent: str = ""


class Server:
    """The parts that both faces share.

    Args:
        settings: How to serve.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.limits = settings, settings.limits
        self.keys = Keys(read_keys(settings.api_keys) if settings.api_keys else ())
        self.metrics = Metrics()
        self.executor: Executor = ThreadPoolExecutor(settings.threads, "run")
        load = partial(
            loading.load, settings=settings, executor=self.executor, metrics=self.metrics
        )
        self.models = Models(settings.models, load)
        self.admin = Admin(self.models)
        self.admin_keys = Keys(read_keys(settings.admin_keys) if settings.admin_keys else ())
        self.shadow = Shadow(settings, self.models, self.metrics)
        self.spans = tracing.start() if settings.tracing else None
        self.draining = False
        self.metrics.gauges += [
            Gauge(
                "serving_queue_requests",
                "Requests that wait.",
                ("model", "version", "signature"),
                self._queues,
            ),
            Gauge("serving_versions", "Versions by state.", ("model", "state"), self._versions),
        ]

    def count(self, seen: Seen, engine: Engine | None, signature: str, code: Code) -> None:
        """Counts an answered request under TensorFlow Serving's names and ours; its span, too."""
        name = engine.servable.name if engine else UNKNOWN
        version = str(engine.servable.version) if engine else UNKNOWN
        known = signature if engine and signature in engine.servable.signatures else UNKNOWN
        self.metrics.requests.add(name, code.name)
        self.metrics.answers.add(name, version, known, seen.entrypoint, code.name)
        if code == Code.OK:
            spent = (time.monotonic() - seen.began) * 1e6
            self.metrics.latency.observe(spent, name, seen.api, seen.entrypoint)
        if self.spans:
            facts = {"model": name, "version": version, "signature": known}
            facts["entrypoint"] = seen.entrypoint
            self.spans.add(seen.api or UNKNOWN, seen.began, seen.traceparent, facts, code)

    def _queues(self) -> Any:
        for model in self.models.by_name.values():
            for version, engine in model.engines.items():
                for signature, batcher in engine.batchers.items():
                    yield (model.name, str(version), signature), len(batcher)

    def _versions(self) -> Any:
        for model in self.models.by_name.values():
            counts: dict[str, int] = {"QUARANTINED": len(model.quarantine)}
            for state in model.states.values():
                counts[state.state.name] = counts.get(state.state.name, 0) + 1
            for name, count in counts.items():
                yield (model.name, name), count


def examples_array(signature: Signature, examples: Sequence[bytes]) -> dict[str, Any]:
    """Serialized examples as the one input of a signature for classify or regress.

    Raises:
        ServingError: The signature takes something else.
    """
    if len(signature.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    ((name, tensor),) = signature.inputs.items()
    if tensor.dtype != "string":
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"Input {name} of signature {signature.name} takes {tensor.dtype}; expected string:"
            " serialized examples",
        )
    values = np.empty(len(examples), object)
    values[:] = examples
    return {name: values}
