"""Reads the body of a request within limits of size and time."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pipeline.serving.errors import Code, ServingError, invalid, too_large
from pipeline.serving.settings import Limits

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
GZIP = 16 + zlib.MAX_WBITS


class ClientGoneError(Exception):
    """The body is incomplete: the client disconnected or sent an invalid chunk."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limits: Limits) -> bytes:
    """Read the whole body and decompress it if it is gzip.

    Args:
        headers: The headers, with names in lower case.
        receive: The `receive` of ASGI.
        limits: Limits of compressed and decompressed bytes, and of seconds.

    Raises:
        ServingError: The body exceeds a limit (413, 408) or is not valid gzip (400).
        ClientGoneError: The body is incomplete.
    """
    if b"transfer-encoding" in headers and b"content-length" in headers:
        raise invalid("Both Content-Length and Transfer-Encoding; expected one of them")
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > limits.body:
        if b"expect" not in headers:  # with Expect, the client has not sent the body yet
            await _discard(receive, limits)
        raise _too_large_body(limits.body)
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _chunks(receive, limits)
    except TimeoutError as error:
        raise ServingError(
            Code.DEADLINE_EXCEEDED, f"The body did not arrive within {limits.body_seconds:g} s", 408
        ) from error
    if headers.get(b"content-encoding", b"").strip().lower() in (b"gzip", b"x-gzip"):
        return inflate(body, limits.inflated)
    return body


async def _chunks(receive: Receive, limits: Limits) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limits.body:
            chunks.clear()
            await _discard(receive, limits)
            raise _too_large_body(limits.body)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _discard(receive: Receive, limits: Limits) -> None:
    """Read on for a moment: many clients read the response only after sending the whole body."""
    size, more = 0, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limits.discard_seconds):
            while more and size < 8 * limits.body:
                message = await receive()
                size += len(message.get("body", b""))
                more = bool(message.get("more_body"))


def _too_large_body(limit: int) -> ServingError:
    return too_large(f"The body is larger than {limit} bytes, the maximum")


def inflate(body: bytes, limit: int) -> bytes:
    """Decompress gzip data of at most `limit` bytes when decompressed."""
    decompressor = zlib.decompressobj(GZIP)
    try:
        inflated = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        raise invalid(f"The body is not gzip: {error}") from error
    if len(inflated) > limit:
        raise too_large(f"The body inflates to more than {limit} bytes, the maximum")
    if not decompressor.eof:
        raise invalid("The body is truncated gzip")
    return inflated
