"""The state of a server process, shared by REST and gRPC."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import Array, Signature
from pipeline.serving.errors import Code, ServingError, invalid
from pipeline.serving.keys import ApiKeys, read_keys
from pipeline.serving.settings import Settings
from pipeline.serving.telemetry import tracing
from pipeline.serving.telemetry.metrics import Gauge, Labels, Metrics
from pipeline.serving.versions import loading
from pipeline.serving.versions.admin import Admin
from pipeline.serving.versions.registry import ModelRegistry
from pipeline.serving.versions.shadow import Shadow

UNKNOWN = "unknown"  # replaces unknown names sent by clients: each would create a new time series


@dataclass(frozen=True)
class RequestInfo:
    """The facts of a request that metrics, logs and traces report.

    Args:
        api: `Predict`, `Classify`, `GetModelStatus`, ...
        entrypoint: `REST` or `GRPC`.
        began: `time.monotonic()` when the request arrived.
        traceparent: The W3C header with the client's span, or "".
    """

    api: str
    entrypoint: str
    began: float = field(default_factory=time.monotonic)
    traceparent: str = ""


class ServerState:
    """The parts of a server that REST and gRPC share.

    Args:
        settings: The server's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.limits = settings, settings.limits
        self.keys = ApiKeys(read_keys(settings.api_keys) if settings.api_keys else ())
        self.metrics = Metrics()
        self.executor: Executor = ThreadPoolExecutor(settings.threads, "run")
        load = partial(
            loading.load, settings=settings, executor=self.executor, metrics=self.metrics
        )
        self.models = ModelRegistry(settings.models, load)
        self.admin = Admin(self.models)
        self.admin_keys = ApiKeys(read_keys(settings.admin_keys) if settings.admin_keys else ())
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

    def record_request(
        self, info: RequestInfo, engine: Engine | None, signature: str, code: Code
    ) -> None:
        """Count an answered request in the metrics, and add its span to the trace."""
        name = engine.servable.name if engine else UNKNOWN
        version = str(engine.servable.version) if engine else UNKNOWN
        known = signature if engine and signature in engine.servable.signatures else UNKNOWN
        self.metrics.requests.add(name, code.name)
        self.metrics.answers.add(name, version, known, info.entrypoint, code.name)
        if code == Code.OK:
            microseconds = (time.monotonic() - info.began) * 1e6
            self.metrics.latency.observe(microseconds, name, info.api, info.entrypoint)
        if self.spans:
            attributes = {"model": name, "version": version, "signature": known}
            attributes["entrypoint"] = info.entrypoint
            self.spans.add(info.api or UNKNOWN, info.began, info.traceparent, attributes, code)

    def _queues(self) -> Iterator[tuple[Labels, float]]:
        for model in self.models.by_name.values():
            for version, engine in model.engines.items():
                for signature, batcher in engine.batchers.items():
                    yield (model.name, str(version), signature), len(batcher)

    def _versions(self) -> Iterator[tuple[Labels, float]]:
        for model in self.models.by_name.values():
            counts: dict[str, int] = {"QUARANTINED": len(model.quarantine)}
            for state in model.states.values():
                counts[state.state.name] = counts.get(state.state.name, 0) + 1
            for name, count in counts.items():
                yield (model.name, name), count


def examples_array(signature: Signature, examples: Sequence[bytes]) -> dict[str, Array]:
    """Return serialized examples as the only input of a signature for classify or regress.

    Raises:
        ServingError: The signature has several inputs, or its input is not a string.
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
