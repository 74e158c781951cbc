"""The ASGI application under `/v1/`: headers, limits, errors, metrics and logs around `rest`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from pipeline.serving.errors import Code, ServingError, truncate
from pipeline.serving.http.body import ClientGoneError, read_body
from pipeline.serving.http.rest import RequestRecord, Rest
from pipeline.serving.state import RequestInfo, ServerState
from pipeline.serving.telemetry import logs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

JSON = (b"content-type", b"application/json")
CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET"),
)
RETRY = ((b"retry-after", b"1"),)
CLOSE = ((b"connection", b"close"),)


class RestApp:
    """The ASGI application under `/v1/`."""

    def __init__(self, server: ServerState) -> None:
        self.server, self.rest = server, Rest(server)
        self.in_flight = 0
        self.sticky = server.settings.sticky_header.lower().encode()
        allowed = b"Content-Type, Authorization" if server.keys.digests else b"Content-Type"
        self.cors = (*CORS, (b"access-control-allow-headers", allowed))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens, and log one line."""
        headers = dict(scope["headers"])
        request_id = logs.request_id(headers.get(b"x-request-id", b"").decode("latin-1"))
        key = headers.get(self.sticky, request_id.encode()).decode("latin-1")
        record, began = RequestRecord(key), time.monotonic()
        self.in_flight += 1
        try:
            body = await self._answer(scope, headers, receive, record)
            status, code = 200, Code.OK
        except ClientGoneError:
            body = orjson.dumps({"error": "The request body is incomplete"})
            status, code = 400, Code.CANCELLED
        except ServingError as error:
            body = orjson.dumps({"error": truncate(error.message)})
            status, code = error.http_status, error.code
        except Exception as error:
            logs.log("bug", request_id=request_id, error=type(error).__name__)
            body = orjson.dumps({"error": f"Internal error; request id {request_id}"})
            status, code = 500, Code.INTERNAL
        finally:
            self.in_flight -= 1
        info = RequestInfo(
            record.api, "REST", began, headers.get(b"traceparent", b"").decode("latin-1")
        )
        self._log(scope, record, info, status, code, request_id)
        await _send(send, status, body, self._headers(status, request_id, headers))

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, record: RequestRecord
    ) -> bytes:
        method, path = scope["method"], sent_path(scope)
        if method == "OPTIONS" and self.server.settings.cors:
            if headers.get(b"origin", b"").startswith((b"http://", b"https://")):
                return b""
            raise ServingError(Code.INVALID_ARGUMENT, "OPTIONS: expected an Origin")
        self.server.keys.check(headers.get(b"authorization", b"").decode("latin-1"))
        if self.in_flight > self.server.limits.concurrent:
            raise ServingError(
                Code.RESOURCE_EXHAUSTED,
                f"{self.server.limits.concurrent} requests are in flight, the maximum",
            )
        body = await read_body(headers, receive, self.server.limits)
        return await self.rest.answer(method, path, body, record)

    def _headers(
        self, status: int, request_id: str, headers: Mapping[bytes, bytes]
    ) -> list[tuple[bytes, bytes]]:
        response = [JSON, (b"x-request-id", request_id.encode())]
        if status in (429, 503):
            response += RETRY
        # The rest of the body is not read; after an invalid one the next request cannot be found.
        if status in (408, 413) or (status == 400 and b"transfer-encoding" in headers):
            response += CLOSE
        if self.server.settings.cors:
            response += self.cors
        return response

    def _log(
        self,
        scope: Scope,
        record: RequestRecord,
        info: RequestInfo,
        status: int,
        code: Code,
        request_id: str,
    ) -> None:
        self.server.record_request(info, record.engine, record.signature, code)
        if not self.server.settings.log_requests:
            return
        servable = record.engine.servable if record.engine else None
        logs.log(
            "request",
            request_id=request_id,
            entrypoint="REST",
            method=scope["method"],
            api=record.api,
            model=servable and servable.name,
            version=servable and servable.version,
            rows=record.rows,
            status=status,
            code=code.name,
            milliseconds=round((time.monotonic() - info.began) * 1e3, 2),
        )


def sent_path(scope: Scope) -> str:
    """Return the path as sent: percent-encoded, with its query string."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (path + (b"?" + query if query else b"")).decode("latin-1")


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
