"""A client of the server for programs without TensorFlow.

    with Client("http://127.0.0.1:8501") as client:
        (answer,) = client.predict("flights_slots", ["book a flight to Oslo"])
        answer.slots[0].value

`AsyncClient` does the same with `async with` and `await`. A prediction has no side effects, so a
request that the server refused as busy (429, 503) or that got no response is retried.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self, TypedDict
from urllib.parse import quote

import httpx

from pipeline.client.answers import Answer, read_answer
from pipeline.errors import PipelineError

RETRIED_STATUSES = (429, 503)


class ServerError(PipelineError):
    """The server refused the request, failed, or could not be reached.

    Args:
        message: The server's message, if it sent one.
        status: The HTTP status; None without a response.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class RetryPolicy:
    """When to retry a request.

    Args:
        tries: The largest number of attempts.
        first_wait: Seconds after the first attempt, doubled after each further one; a longer
            Retry-After of the server takes precedence.
        longest_wait: The longest wait in seconds; if the server asks for more, give up.
    """

    tries: int = 5
    first_wait: float = 0.1
    longest_wait: float = 30.0

    def wait(self, tried: int, retry_after: float = 0.0) -> float | None:
        """Return the seconds until the next attempt, with up to 10 % jitter; None to give up."""
        if tried >= self.tries or retry_after > self.longest_wait:
            return None
        seconds = max(self.first_wait * 2 ** (tried - 1), retry_after)
        return float(min(seconds, self.longest_wait) * random.uniform(1.0, 1.1))


class HttpRequest(TypedDict):
    """Arguments of httpx's `post`."""

    url: str
    content: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class PredictRequest:
    """A predict request.

    Args:
        model: The name of the model.
        texts: The texts; each gets an answer.
        signature: A signature such as `n_best` or `align`; None for `serving_default`.
        version: The number of a version; None lets the server choose.
        label: A label such as `stable`, instead of a version.
        request_id: An id that the server logs. If traffic is split, the same id always gets the
            same version.
    """

    model: str
    texts: Sequence[str]
    signature: str | None = None
    version: int | None = None
    label: str | None = None
    request_id: str | None = None

    def http_request(self) -> HttpRequest:
        """Return the arguments of httpx's `post`.

        Raises:
            TypeError: `texts` is a single string.
        """
        if isinstance(self.texts, str):
            raise TypeError(f"expected a list of texts, received one string {self.texts[:40]!r}")
        version = f"/versions/{self.version}" if self.version is not None else ""
        if self.label is not None:
            version = f"/labels/{quote(self.label, safe='')}"
        document: dict[str, str | list[str]] = {"instances": list(self.texts)}
        if self.signature:
            document["signature_name"] = self.signature
        return {
            "url": f"/v1/models/{quote(self.model, safe='')}{version}:predict",
            "content": json.dumps(document, ensure_ascii=False).encode(),
            "headers": {"X-Request-Id": self.request_id} if self.request_id else {},
        }

    def answers(self, response: httpx.Response) -> list[Answer]:
        """Return the records of a response with status 200.

        Raises:
            ServerError: The response is not an answer to the texts, for example from a proxy.
        """
        try:
            rows = json.loads(response.content)["predictions"]
            return [read_answer(text, row) for text, row in zip(self.texts, rows, strict=True)]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerError(
                f"expected predictions for {len(self.texts)} texts, received an invalid response"
                f" ({type(error).__name__}: {error})",
                response.status_code,
            ) from error


class Client:
    """A client of one server.

    Args:
        address: The address, such as `http://127.0.0.1:8501`.
        key: An API key, if the server needs one.
        seconds: The time limit of one attempt.
        retry: When to retry a request.
        transport: A transport of httpx that replaces the network, for tests.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        seconds: float = 30.0,
        retry: RetryPolicy = RetryPolicy(),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.retry = retry
        self._http = httpx.Client(
            base_url=address, headers=_headers(key), timeout=seconds, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def predict(
        self,
        model: str,
        texts: Sequence[str],
        *,
        signature: str | None = None,
        version: int | None = None,
        label: str | None = None,
        request_id: str | None = None,
    ) -> list[Answer]:
        """Return an answer for each text; the arguments are the fields of `PredictRequest`.

        Raises:
            ServerError: The request failed, after as many attempts as the retry policy allows.
        """
        request = PredictRequest(model, texts, signature, version, label, request_id)
        tried = 0
        while True:
            tried += 1
            result = self._send(request)
            if isinstance(result, httpx.Response) and result.status_code == 200:
                return request.answers(result)
            time.sleep(_wait(self.retry, tried, result))

    def _send(self, request: PredictRequest) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.post(**request.http_request())
        except httpx.RequestError as error:
            return error


class AsyncClient:
    """A client of one server for asyncio, with the arguments of `Client`."""

    def __init__(
        self,
        address: str,
        key: str | None = None,
        seconds: float = 30.0,
        retry: RetryPolicy = RetryPolicy(),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.retry = retry
        self._http = httpx.AsyncClient(
            base_url=address, headers=_headers(key), timeout=seconds, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def predict(
        self,
        model: str,
        texts: Sequence[str],
        *,
        signature: str | None = None,
        version: int | None = None,
        label: str | None = None,
        request_id: str | None = None,
    ) -> list[Answer]:
        """Return an answer for each text; see `Client.predict`."""
        request = PredictRequest(model, texts, signature, version, label, request_id)
        tried = 0
        while True:
            tried += 1
            result = await self._send(request)
            if isinstance(result, httpx.Response) and result.status_code == 200:
                return request.answers(result)
            await asyncio.sleep(_wait(self.retry, tried, result))

    async def _send(self, request: PredictRequest) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.post(**request.http_request())
        except httpx.RequestError as error:
            return error


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _wait(retry: RetryPolicy, tried: int, result: httpx.Response | httpx.RequestError) -> float:
    """Return the seconds to wait before the next attempt; raise if there is none."""
    if isinstance(result, httpx.RequestError):
        wait = retry.wait(tried)
        if wait is None:
            reason = str(result) or type(result).__name__
            raise ServerError(f"no response after {tried} attempts: {reason}") from result
        return wait
    after = retry_after(result.headers.get("retry-after", ""))
    wait = retry.wait(tried, after) if result.status_code in RETRIED_STATUSES else None
    if wait is None:
        raise ServerError(_error_message(result), result.status_code)
    return wait


def retry_after(value: str) -> float:
    """Return the seconds in a Retry-After header, a number or a date; 0 if there is none."""
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _error_message(response: httpx.Response) -> str:
    """Return the server's message, or the status if it sent none."""
    try:
        return str(json.loads(response.content)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code} {response.reason_phrase}"
