"""Spans of requests, as OpenTelemetry's own exporter for tests gets them."""

import sys

import grpc
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from pipeline.errors import InputError
from pipeline.serving.telemetry import tracing

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "start", lambda: tracing.Spans(provider))
    return exporter.get_finished_spans


def test_a_request_is_a_child_span_of_the_client(serve, contract_models, spans):
    with serve(contract_models, tracing=True) as served:
        headers = {"traceparent": TRACEPARENT}
        served.predict("half_plus_two", {"instances": [1]}, headers)
        served.predict("nobody", {"instances": ["secret"]})
        with grpc.insecure_channel(served.grpc) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "half_plus_two"
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            stub.GetModelStatus(request, 20, [("traceparent", TRACEPARENT)])
    one, other, third = spans()
    assert [span.name for span in (one, other, third)] == ["Predict", "Predict", "GetModelStatus"]
    assert one.attributes == {
        "model": "half_plus_two",
        "version": "123",
        "signature": "serving_default",
        "entrypoint": "REST",
        "rpc.response.status_code": "OK",
    }
    assert f"{one.context.trace_id:032x}" == f"{third.context.trace_id:032x}" == TRACE
    assert f"{one.parent.span_id:016x}" == PARENT
    assert other.parent is None
    assert other.attributes["rpc.response.status_code"] == "NOT_FOUND"
    assert "secret" not in str(other.to_json())
    assert 0 < one.end_time - one.start_time < 30e9


def test_tracing_without_its_packages_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InputError, match="needs the extra `tracing`"):
        tracing.start()
