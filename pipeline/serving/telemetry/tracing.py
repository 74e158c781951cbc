"""A span a request for OpenTelemetry, where `tracing=true`; its packages are the extra `tracing`.

Where spans go, OpenTelemetry's own variables say, such as OTEL_EXPORTER_OTLP_ENDPOINT.
A span has what a line of log has, and no text of a user.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.serving.errors import Code

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVERS_FAULT = frozenset({Code.UNKNOWN, Code.INTERNAL, Code.DATA_LOSS, Code.UNAVAILABLE})


class Spans:
    """Gives each request that is done a span.

    Args:
        provider: Exports them.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("pipeline.serving")

    def add(
        self, name: str, began: float, traceparent: str, facts: Mapping[str, str], code: Code
    ) -> None:
        """A span from `began` (`time.monotonic()`) until now, below the client's own if any."""
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        start = time.time_ns() - int((time.monotonic() - began) * 1e9)
        parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
        attributes = {**facts, "rpc.response.status_code": code.name}
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes, start_time=start)
        if code in SERVERS_FAULT:
            span.set_status(StatusCode.ERROR)
        span.end()

    def stop(self) -> None:
        """Sends what is left."""
        self.provider.shutdown()


def require() -> None:
    """Raises InputError where the packages are not there."""
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"tracing=true needs the extra `tracing` (pip install '.[tracing]'): {error}"
        ) from error


def start() -> Spans:
    """Spans that are sent in batches, over OTLP and HTTP.

    Raises:
        InputError: The packages are not there.
    """
    require()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider)
