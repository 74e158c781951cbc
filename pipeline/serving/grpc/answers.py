"""What every gRPC method does: find the model, keep to the deadline, tell errors by their code."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import grpc

from pipeline.serving.engine.batching import late, rows_of
from pipeline.serving.engine.engine import Engine
from pipeline.serving.engine.signature import DEFAULT, Signature
from pipeline.serving.errors import Code, ServingError, cut, invalid
from pipeline.serving.keys import Keys
from pipeline.serving.state import Seen, Server
from pipeline.serving.telemetry import logs
from pipeline.serving.versions.traffic import Target


def target_of(request: Any) -> Target:
    """Which model a message means.

    Raises:
        ServingError: INVALID_ARGUMENT; it does not say.
    """
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return target_of_spec(request.model_spec)


def target_of_spec(spec: Any) -> Target:
    """The same for a ModelSpec that is there."""
    if not spec.name:
        raise invalid("ModelSpec has no name specified.")
    choice = spec.WhichOneof("version_choice")
    return Target(
        spec.name,
        spec.version.value if choice == "version" else None,
        spec.version_label if choice == "version_label" else None,
    )


def signature_of(engine: Engine, name: str) -> Signature:
    """A signature by the name that a message gives.

    Raises:
        ServingError: FAILED_PRECONDITION; there is none (REST says INVALID_ARGUMENT).
    """
    signature = engine.servable.signatures.get(name or DEFAULT)
    if signature is None:
        raise ServingError(
            Code.FAILED_PRECONDITION, f'Serving signature key "{name or DEFAULT}" not found.'
        )
    return signature


class Answers:
    """Runs a method's body; turns what it raises into gRPC's errors, counts and logs."""

    def __init__(self, server: Server, keys: Keys) -> None:
        self.server, self.keys = server, keys

    def answer(self, api: str, context: Any, body: Callable[[Asked], Any]) -> Any:
        """The message that `body` makes, or an aborted call."""
        sent = {key: str(value) for key, value in context.invocation_metadata()}
        request_id = logs.request_id(sent.get("x-request-id"))
        context.set_trailing_metadata((("x-request-id", request_id),))
        key = sent.get(self.server.settings.sticky_header.lower()) or request_id
        asked = Asked(time.monotonic() + self._seconds(context), key)
        seen = Seen(api, "GRPC", traceparent=sent.get("traceparent", ""))
        message, code, told = None, Code.OK, ""
        try:
            self.keys.check(sent.get("authorization", ""))
            message = body(asked)
        except ServingError as error:
            code, told = error.code, error.message
        except Exception as error:
            logs.log("bug", request_id=request_id, error=type(error).__name__, api=api)
            code, told = Code.INTERNAL, f"Internal error; request id {request_id}"
        self._note(seen, asked, code, request_id)
        if code != Code.OK:
            context.abort(_grpc_code(code), cut(told))
        return message

    def _seconds(self, context: Any) -> float:
        given = context.time_remaining()
        most: float = self.server.limits.seconds
        return most if given is None else min(given, most)

    def run(self, asked: Asked, signature: Signature, arrays: Any) -> dict[str, Any]:
        """The outputs of a signature, within the call's deadline."""
        engine = asked.engine
        if engine is None:
            raise ServingError(Code.INTERNAL, "no version was chosen")
        asked.rows = rows_of(arrays)
        self.server.metrics.examples.add(engine.servable.name, by=asked.rows)
        future = engine.submit(signature, arrays, asked.deadline)
        try:
            outputs = future.result(max(0.0, asked.deadline - time.monotonic()))
        except FutureTimeoutError as error:
            future.cancel()
            raise late() from error
        self.server.shadow.mirror(engine, signature, arrays, outputs, asked.key)
        return outputs

    def _note(self, seen: Seen, asked: Asked, code: Code, request_id: str) -> None:
        self.server.count(seen, asked.engine, asked.signature, code)
        if not self.server.settings.log_requests:
            return
        servable = asked.engine.servable if asked.engine else None
        logs.log(
            "request",
            request_id=request_id,
            entrypoint="GRPC",
            api=seen.api,
            model=servable and servable.name,
            version=servable and servable.version,
            rows=asked.rows,
            code=code.name,
            milliseconds=round((time.monotonic() - seen.began) * 1e3, 2),
        )


class Asked:
    """What became known of a call while it was answered.

    Args:
        deadline: `time.monotonic()` until which it must be.
        key: Decides its share of split traffic.
    """

    def __init__(self, deadline: float, key: str) -> None:
        self.deadline, self.key = deadline, key
        self.engine: Engine | None = None
        self.signature = ""
        self.rows = 0


def _grpc_code(code: Code) -> Any:

    return next(known for known in grpc.StatusCode if known.value[0] == code.value)
