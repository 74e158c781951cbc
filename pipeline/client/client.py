"""A client of the server, for programs that have no TensorFlow.

    with Client("http://127.0.0.1:8501") as client:
        (answer,) = client.predict("flights_slots", ["book a flight to Oslo"])
        answer.slots[0].value

`AsyncClient` is the same with `async with` and `await`. A prediction changes nothing, so that one
that the server could not take (429, 503) or that got lost on its way is simply asked again.
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
from typing import Any, Self
from urllib.parse import quote

import httpx

from pipeline.client.answers import Answer, read_answer
from pipeline.errors import PipelineError

RETRIED = (429, 503)


class ServerError(PipelineError):
    """The server refused or failed, or could not be reached.

    Args:
        message: Its own words, where it has any.
        status: Of HTTP; None where no answer came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Retry:
    """When to ask again.

    Args:
        tries: In all.
        first_wait: Seconds after the first, doubled after each more, unless the server says more.
        longest_wait: Seconds that are waited at most; a server that wants more is given up.
    """

    tries: int = 5
    first_wait: float = 0.1
    longest_wait: float = 30.0

    def wait(self, tried: int, retry_after: float = 0.0) -> float | None:
        """Seconds until the next try, up to a tenth more by chance; None for no more tries."""
        if tried >= self.tries or retry_after > self.longest_wait:
            return None
        seconds = max(self.first_wait * 2 ** (tried - 1), retry_after)
        return float(min(seconds, self.longest_wait) * random.uniform(1.0, 1.1))


@dataclass(frozen=True)
class Question:
    """A predict request.

    Args:
        model: Its name.
        texts: Of one request; each gets an answer.
        signature: Another than `serving_default`, such as `n_best` or `align`.
        version: A number; None for the one that the server chooses.
        label: Such as `stable`, in place of a version.
        request_id: Kept by the server in its logs; the same one always meets the same version
            where traffic is split.
    """

    model: str
    texts: Sequence[str]
    signature: str | None = None
    version: int | None = None
    label: str | None = None
    request_id: str | None = None

    def request(self) -> dict[str, Any]:
        """What httpx is to post.

        Raises:
            TypeError: `texts` is a single string.
        """
        if isinstance(self.texts, str):
            raise TypeError(f"expected a list of texts, received one string {self.texts[:40]!r}")
        which = f"/versions/{self.version}" if self.version is not None else ""
        which = f"/labels/{quote(self.label, safe='')}" if self.label is not None else which
        body = {"instances": list(self.texts)}
        document = {**body, "signature_name": self.signature} if self.signature else body
        return {
            "url": f"/v1/models/{quote(self.model, safe='')}{which}:predict",
            "content": json.dumps(document, ensure_ascii=False).encode(),
            "headers": {"X-Request-Id": self.request_id} if self.request_id else {},
        }

    def answers(self, response: httpx.Response) -> list[Answer]:
        """The records of a response of status 200.

        Raises:
            ServerError: It is no answer to the texts, as that of a proxy in between.
        """
        try:
            rows = json.loads(response.content)["predictions"]
            return [read_answer(text, row) for text, row in zip(self.texts, rows, strict=True)]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerError(
                f"expected predictions for {len(self.texts)} texts, received what cannot be read"
                f" ({type(error).__name__}: {error})",
                response.status_code,
            ) from error


class Client:
    """Asks one server.

    Args:
        address: Such as `http://127.0.0.1:8501`.
        key: An API key, where the server wants one.
        seconds: For one try.
        retry: When to ask again.
        transport: Another way to the server, for tests.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        seconds: float = 30.0,
        retry: Retry = Retry(),
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

    def predict(self, model: str, texts: Sequence[str], **which: Any) -> list[Answer]:
        """An answer for each text; `which` is any other field of `Question`.

        Raises:
            ServerError: What the server said, after as many tries as are allowed.
        """
        question = Question(model, texts, **which)
        tried = 0
        while True:
            tried += 1
            result = self._try(question)
            if isinstance(result, httpx.Response) and result.status_code == 200:
                return question.answers(result)
            time.sleep(_wait(self.retry, tried, result))

    def _try(self, question: Question) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.post(**question.request())
        except httpx.RequestError as error:
            return error


class AsyncClient:
    """`Client` for asyncio; the same arguments."""

    def __init__(
        self,
        address: str,
        key: str | None = None,
        seconds: float = 30.0,
        retry: Retry = Retry(),
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

    async def predict(self, model: str, texts: Sequence[str], **which: Any) -> list[Answer]:
        """As `Client.predict`."""
        question = Question(model, texts, **which)
        tried = 0
        while True:
            tried += 1
            result = await self._try(question)
            if isinstance(result, httpx.Response) and result.status_code == 200:
                return question.answers(result)
            await asyncio.sleep(_wait(self.retry, tried, result))

    async def _try(self, question: Question) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.post(**question.request())
        except httpx.RequestError as error:
            return error


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _wait(retry: Retry, tried: int, result: httpx.Response | httpx.RequestError) -> float:
    """Seconds to wait before this is tried again; raises where it is not."""
    if isinstance(result, httpx.RequestError):
        wait = retry.wait(tried)
        if wait is None:
            reason = str(result) or type(result).__name__
            raise ServerError(f"no answer after {tried} tries: {reason}") from result
        return wait
    after = retry_after(result.headers.get("retry-after", ""))
    wait = retry.wait(tried, after) if result.status_code in RETRIED else None
    if wait is None:
        raise ServerError(_told(result), result.status_code)
    return wait


def retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for, given in seconds or as a date; 0 for none."""
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _told(response: httpx.Response) -> str:
    """The server's own words; the status where it has none."""
    try:
        return str(json.loads(response.content)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code} {response.reason_phrase}"
