"""Common parts of all gRPC methods: keys, deadlines, error codes, metrics and logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import grpc

from pipeline.serving.engine.batching import rows_of
from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import DEFAULT, Array, Arrays, Signature
from pipeline.serving.errors import Code, ServingError, deadline_exceeded, invalid, truncate
from pipeline.serving.keys import ApiKeys
from pipeline.serving.state import RequestInfo, ServerState
from pipeline.serving.telemetry import logs
from pipeline.serving.versions.traffic import Target


def target_of(request: Any) -> Target:
    """Return the model and version that a request addresses.

    Raises:
        ServingError: INVALID_ARGUMENT; the request has no ModelSpec.
    """
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return target_of_spec(request.model_spec)


def target_of_spec(spec: Any) -> Target:
    """Return the model and version that a ModelSpec addresses."""
    if not spec.name:
        raise invalid("ModelSpec has no name specified.")
    choice = spec.WhichOneof("version_choice")
    return Target(
        spec.name,
        spec.version.value if choice == "version" else None,
        spec.version_label if choice == "version_label" else None,
    )


def signature_of(engine: Engine, name: str) -> Signature:
    """Return a signature by its name in a request; an empty name is the default.

    Raises:
        ServingError: FAILED_PRECONDITION; there is none (REST answers INVALID_ARGUMENT).
    """
    signature = engine.servable.signatures.get(name or DEFAULT)
    if signature is None:
        raise ServingError(
            Code.FAILED_PRECONDITION, f'Serving signature key "{name or DEFAULT}" not found.'
        )
    return signature


class CallHandler:
    """Runs the body of a gRPC method, converts exceptions to status codes, and records the call."""

    def __init__(self, server: ServerState, keys: ApiKeys) -> None:
        self.server, self.keys = server, keys

    def handle(self, api: str, context: Any, body: Callable[[CallRecord], Any]) -> Any:
        """Return the message that `body` makes, or abort the call."""
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        request_id = logs.request_id(metadata.get("x-request-id"))
        context.set_trailing_metadata((("x-request-id", request_id),))
        key = metadata.get(self.server.settings.sticky_header.lower()) or request_id
        call = CallRecord(time.monotonic() + self._time_limit(context), key)
        info = RequestInfo(api, "GRPC", traceparent=metadata.get("traceparent", ""))
        message, code, error_text = None, Code.OK, ""
        try:
            self.keys.check(metadata.get("authorization", ""))
            message = body(call)
        except ServingError as error:
            code, error_text = error.code, error.message
        except Exception as error:
            logs.log("bug", request_id=request_id, error=type(error).__name__, api=api)
            code, error_text = Code.INTERNAL, f"Internal error; request id {request_id}"
        self._log(info, call, code, request_id)
        if code != Code.OK:
            context.abort(_grpc_code(code), truncate(error_text))
        return message

    def _time_limit(self, context: Any) -> float:
        remaining = context.time_remaining()
        limit: float = self.server.limits.seconds
        return limit if remaining is None else min(remaining, limit)

    def run(self, call: CallRecord, signature: Signature, arrays: Arrays) -> dict[str, Array]:
        """Return the outputs of a signature within the call's deadline."""
        engine = call.engine
        if engine is None:
            raise ServingError(Code.INTERNAL, "no version was chosen")
        call.rows = rows_of(arrays)
        self.server.metrics.examples.add(engine.servable.name, by=call.rows)
        future = engine.submit(signature, arrays, call.deadline)
        try:
            outputs = future.result(max(0.0, call.deadline - time.monotonic()))
        except FutureTimeoutError as error:
            future.cancel()
            raise deadline_exceeded() from error
        self.server.shadow.mirror(engine, signature, arrays, outputs, call.key)
        return outputs

    def _log(self, info: RequestInfo, call: CallRecord, code: Code, request_id: str) -> None:
        self.server.record_request(info, call.engine, call.signature, code)
        if not self.server.settings.log_requests:
            return
        servable = call.engine.servable if call.engine else None
        logs.log(
            "request",
            request_id=request_id,
            entrypoint="GRPC",
            api=info.api,
            model=servable and servable.name,
            version=servable and servable.version,
            rows=call.rows,
            code=code.name,
            milliseconds=round((time.monotonic() - info.began) * 1e3, 2),
        )


class CallRecord:
    """The facts of one call, filled in while it is answered.

    Args:
        deadline: `time.monotonic()` by which it must be answered.
        key: Determines the version when traffic is split.
    """

    def __init__(self, deadline: float, key: str) -> None:
        self.deadline, self.key = deadline, key
        self.engine: Engine | None = None
        self.signature = ""
        self.rows = 0


def _grpc_code(code: Code) -> Any:

    return next(known for known in grpc.StatusCode if known.value[0] == code.value)
