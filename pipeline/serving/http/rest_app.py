"""The HTTP face: what stands round REST, and the pages beside it.

`/v1/...` is the wire contract; `/livez`, `/readyz` and the metrics are for those who run it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from pipeline.serving.errors import Code, ServingError, cut
from pipeline.serving.http.body import ClientGoneError, read_body
from pipeline.serving.http.rest import Question, Rest
from pipeline.serving.state import Seen, Server
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
    """ASGI for everything under `/v1/`."""

    def __init__(self, server: Server) -> None:
        self.server, self.rest = server, Rest(server)
        self.inside = 0
        self.sticky = server.settings.sticky_header.lower().encode()
        sent = b"Content-Type, Authorization" if server.keys.digests else b"Content-Type"
        self.cors = (*CORS, (b"access-control-allow-headers", sent))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, whatever happens, and writes one line of log."""
        headers = dict(scope["headers"])
        request_id = logs.request_id(headers.get(b"x-request-id", b"").decode("latin-1"))
        key = headers.get(self.sticky, request_id.encode()).decode("latin-1")
        question, began = Question(key), time.monotonic()
        self.inside += 1
        try:
            body = await self._answer(scope, headers, receive, question)
            status, code = 200, Code.OK
        except ClientGoneError:
            body = orjson.dumps({"error": "The body broke off"})
            status, code = 400, Code.CANCELLED
        except ServingError as error:
            body = orjson.dumps({"error": cut(error.message)})
            status, code = error.http_status, error.code
        except Exception as error:
            logs.log("bug", request_id=request_id, error=type(error).__name__)
            body = orjson.dumps({"error": f"Internal error; request id {request_id}"})
            status, code = 500, Code.INTERNAL
        finally:
            self.inside -= 1
        seen = Seen(question.api, "REST", began, headers.get(b"traceparent", b"").decode("latin-1"))
        self._note(scope, question, seen, status, code, request_id)
        await _send(send, status, body, self._headers(status, request_id, headers))

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, question: Question
    ) -> bytes:
        method, path = scope["method"], sent_path(scope)
        if method == "OPTIONS" and self.server.settings.cors:
            if headers.get(b"origin", b"").startswith((b"http://", b"https://")):
                return b""
            raise ServingError(Code.INVALID_ARGUMENT, "OPTIONS: expected an Origin")
        self.server.keys.check(headers.get(b"authorization", b"").decode("latin-1"))
        if self.inside > self.server.limits.concurrent:
            raise ServingError(
                Code.RESOURCE_EXHAUSTED,
                f"{self.server.limits.concurrent} requests are being answered, the most at once",
            )
        body = await read_body(headers, receive, self.server.limits)
        return await self.rest.answer(method, path, body, question)

    def _headers(
        self, status: int, request_id: str, headers: Mapping[bytes, bytes]
    ) -> list[tuple[bytes, bytes]]:
        answer = [JSON, (b"x-request-id", request_id.encode())]
        if status in (429, 503):
            answer += RETRY
        # What is left of a body is not read; after an odd one nobody knows where the next begins.
        if status in (408, 413) or (status == 400 and b"transfer-encoding" in headers):
            answer += CLOSE
        if self.server.settings.cors:
            answer += self.cors
        return answer

    def _note(
        self, scope: Scope, question: Question, seen: Seen, status: int, code: Code, request_id: str
    ) -> None:
        self.server.count(seen, question.engine, question.signature, code)
        if not self.server.settings.log_requests:
            return
        servable = question.engine.servable if question.engine else None
        logs.log(
            "request",
            request_id=request_id,
            entrypoint="REST",
            method=scope["method"],
            api=question.api,
            model=servable and servable.name,
            version=servable and servable.version,
            rows=question.rows,
            status=status,
            code=code.name,
            milliseconds=round((time.monotonic() - seen.began) * 1e3, 2),
        )


def sent_path(scope: Scope) -> str:
    """The path as it was sent: percent-encoded, with its query string."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (path + (b"?" + query if query else b"")).decode("latin-1")


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
