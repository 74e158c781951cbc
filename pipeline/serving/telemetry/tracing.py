"""Sends one OpenTelemetry span per request if `tracing=true`; needs the extra `tracing`.

OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT, configure the destination.
A span has the fields of a log line and no user's text.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.serving.errors import Code

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVER_ERRORS = frozenset({Code.UNKNOWN, Code.INTERNAL, Code.DATA_LOSS, Code.UNAVAILABLE})


class Spans:
    """Creates the spans of answered requests.

    Args:
        provider: Exports the spans.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("pipeline.serving")

    def add(
        self, name: str, began: float, traceparent: str, fields: Mapping[str, str], code: Code
    ) -> None:
        """Add a span from `began` (`time.monotonic()`) until now, as a child of `traceparent`."""
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        start = time.time_ns() - int((time.monotonic() - began) * 1e9)
        parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
        attributes = {**fields, "rpc.response.status_code": code.name}
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes, start_time=start)
        if code in SERVER_ERRORS:
            span.set_status(StatusCode.ERROR)
        span.end()

    def stop(self) -> None:
        """Export the remaining spans."""
        self.provider.shutdown()


def require() -> None:
    """Raise InputError if the OpenTelemetry packages are not installed."""
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"tracing=true needs the extra `tracing` (pip install '.[tracing]'): {error}"
        ) from error


def start() -> Spans:
    """Return spans that are exported in batches, by OTLP over HTTP.

    Raises:
        InputError: The packages are not installed.
    """
    require()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider)
