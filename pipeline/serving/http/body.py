"""A request's body, read within limits of size and time."""

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
    """The body broke off: the client left, or sent what is no chunk."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limits: Limits) -> bytes:
    """The whole body, inflated.

    Args:
        headers: Lower-case names.
        receive: Of ASGI.
        limits: Bytes on the wire and inflated; seconds.

    Raises:
        ServingError: Beyond a limit (413, 408), or not the gzip it says it is (400).
        ClientGoneError: The body broke off.
    """
    if b"transfer-encoding" in headers and b"content-length" in headers:
        raise invalid("Both Content-Length and Transfer-Encoding; expected one of them")
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > limits.body:
        if b"expect" not in headers:  # a client that asks first has not sent anything yet
            await _discard(receive, limits)
        raise _beyond(limits.body)
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _chunks(receive, limits)
    except TimeoutError as error:
        raise ServingError(
            Code.DEADLINE_EXCEEDED, f"No whole body within {limits.body_seconds:g} s", 408
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
            raise _beyond(limits.body)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _discard(receive: Receive, limits: Limits) -> None:
    """Reads on for a moment: many clients look for an answer only when they have sent it all."""
    size, more = 0, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limits.discard_seconds):
            while more and size < 8 * limits.body:
                message = await receive()
                size += len(message.get("body", b""))
                more = bool(message.get("more_body"))


def _beyond(most: int) -> ServingError:
    return too_large(f"The body is larger than {most} bytes, the most that is taken")


def inflate(body: bytes, most: int) -> bytes:
    """Undoes gzip, up to `most` bytes."""
    machine = zlib.decompressobj(GZIP)
    try:
        plain = machine.decompress(body, most + 1)
    except zlib.error as error:
        raise invalid(f"The body is not gzip: {error}") from error
    if len(plain) > most:
        raise too_large(f"The body inflates to more than {most} bytes, the most that is taken")
    if not machine.eof:
        raise invalid("The body is gzip that was cut off")
    return plain
