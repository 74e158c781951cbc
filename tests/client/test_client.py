"""The client: records of answers, retries, and no TensorFlow."""

import asyncio
import functools
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from pipeline.client import client as module
from pipeline.client.answers import (
    AlignmentAnswer,
    ClassAnswer,
    NBestAnswer,
    PlainAnswer,
    Slot,
    SlotAnswer,
    TranslationAnswer,
    read_answer,
)
from pipeline.client.client import AsyncClient, Client, RetryPolicy, ServerError, retry_after

ROOT = Path(__file__).parents[2]
SLOTS = {
    "intent": "book",
    "intent_score": 0.9,
    "rejected": False,
    "token_count": 2,
    "tokens": ["to", "Oslo", ""],
    "tags": ["O", "B-city", ""],
    "slot_count": 1,
    "slot_names": ["city", ""],
    "slot_values": ["Oslo", ""],
    "slot_starts": [3, -1],
    "slot_ends": [7, -1],
    "slot_scores": [0.8, 0.0],
}
CLASSES = {
    "label": "b",
    "score": 0.7,
    "labels": ["a", "b"],
    "scores": [0.3, 0.7],
    "rejected": True,
}
TRANSLATION = {"translation": "t", "score": -0.5, "segments": 1, "truncated": False, "lost": 2}
ALIGNMENT = {
    "source_tokens": ["到", "北京", ""],
    "target_tokens": ["to", ""],
    "attention": [[0.25, 0.75, 0.0], [0.0, 0.0, 0.0]],
    "truncated": False,
}


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (SLOTS, SlotAnswer("x", "book", 0.9, False, (Slot("city", "Oslo", 3, 7, 0.8),))),
        (CLASSES, ClassAnswer("x", "b", 0.7, {"a": 0.3, "b": 0.7}, True)),
        (
            {**CLASSES, "chosen": [False, True]},
            ClassAnswer("x", "b", 0.7, {"a": 0.3, "b": 0.7}, True, ("b",)),
        ),
        (TRANSLATION, TranslationAnswer("x", "t", -0.5, 1, False, 2)),
        (
            {"translations": ["t", "u"], "scores": [-0.5, -0.75]},
            NBestAnswer("x", (("t", -0.5), ("u", -0.75))),
        ),
        (ALIGNMENT, AlignmentAnswer("x", ("到", "北京"), ("to",), ((0.25, 0.75),), False)),
        (1.5, PlainAnswer("x", 1.5)),
        ({"y": 1}, PlainAnswer("x", {"y": 1})),
    ],
    ids=lambda value: type(value).__name__,
)
def test_output_names_determine_the_record(row, answer):
    assert read_answer("x", row) == answer


class Replies:
    """A server with these replies in order; an exception stands for a lost request."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def __call__(self, request):
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply()


def reply(*arguments, **named):
    """A response that is made when needed; httpx binds a response to its client."""
    return functools.partial(httpx.Response, *arguments, **named)


OK = reply(200, json={"predictions": [SLOTS]})
BUSY = reply(429, json={"error": "full"}, headers={"Retry-After": "3"})
GONE = reply(503, text="nothing here")


@pytest.fixture
def slept(monkeypatch):
    """Record the waits instead of sleeping."""
    seconds = []

    async def sleep(wait):
        seconds.append(wait)

    monkeypatch.setattr(module.time, "sleep", seconds.append)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    monkeypatch.setattr(module.random, "uniform", lambda low, high: low)
    return seconds


def ask(kind, replies, *arguments, retry=RetryPolicy(), key=None, **which):  # noqa: B008  frozen
    """Call `predict` of either client with a fake server."""
    transport = httpx.MockTransport(replies)
    if kind is Client:
        with Client("http://server", key, retry=retry, transport=transport) as client:
            return client.predict(*arguments, **which)

    async def wait():
        async with AsyncClient("http://server", key, retry=retry, transport=transport) as client:
            return await client.predict(*arguments, **which)

    return asyncio.run(wait())


BOTH = pytest.mark.parametrize("kind", [Client, AsyncClient])


@BOTH
def test_requests_sent(kind, slept):
    replies = Replies(OK)
    which = {"signature": "n_best", "label": "a/b", "request_id": "id-1"}
    (answer,) = ask(kind, replies, "my model", ["到"], key="k" * 16, **which)
    (request,) = replies.asked
    assert answer.slots[0].value == "Oslo"
    assert request.url.raw_path == b"/v1/models/my%20model/labels/a%2Fb:predict"
    assert json.loads(request.content) == {"instances": ["到"], "signature_name": "n_best"}
    assert request.headers["authorization"] == f"Bearer {'k' * 16}"
    assert request.headers["x-request-id"] == "id-1"
    assert slept == []


@BOTH
def test_busy_and_lost_requests_are_retried(kind, slept):
    replies = Replies(BUSY, GONE, httpx.ConnectError("refused"), httpx.ReadError(""), OK)
    assert ask(kind, replies, "m", ["x"])[0].intent == "book"
    assert slept == [3.0, 0.2, 0.4, 0.8]


@BOTH
@pytest.mark.parametrize(
    ("replies", "message", "status", "waits"),
    [
        ((BUSY, BUSY), "full", 429, [3.0]),
        ((GONE, GONE), "HTTP 503 Service Unavailable", 503, [0.1]),
        (
            (httpx.ConnectError("refused"),) * 2,
            "no response after 2 attempts: refused",
            None,
            [0.1],
        ),
        ((reply(400, json={"error": "bad"}),), "bad", 400, []),
        ((reply(404, json=["?"]),), "HTTP 404 Not Found", 404, []),
        ((reply(429, headers={"Retry-After": "99"}),), "HTTP 429", 429, []),
        ((reply(200, text="<html>"),), "an invalid response .JSONDecodeError", 200, []),
        (
            (reply(200, json={"outputs": []}),),
            "an invalid response .KeyError: 'predictions'",
            200,
            [],
        ),
        ((reply(200, json={"predictions": []}),), "predictions for 1 texts, received", 200, []),
        (
            (httpx.DecodingError("no gzip"),) * 2,
            "no response after 2 attempts: no gzip",
            None,
            [0.1],
        ),
    ],
)
def test_requests_that_fail_after_retries(kind, slept, replies, message, status, waits):
    with pytest.raises(ServerError, match=message) as caught:
        ask(kind, Replies(*replies), "m", ["x"], retry=RetryPolicy(tries=2))
    assert caught.value.status == status
    assert slept == waits


def test_waits_double_up_to_the_maximum():
    waits = [RetryPolicy(tries=9, longest_wait=1.0).wait(tried) for tried in range(1, 10)]
    assert waits[-1] is None
    for wait, exact in zip(waits[:-1], [0.1, 0.2, 0.4, 0.8, 1, 1, 1, 1], strict=True):
        assert exact <= wait <= 1.1 * exact


def test_retry_after_as_a_date():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 18 < retry_after(date) <= 20
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") == retry_after("") == 0


def test_a_single_string_is_refused():
    with pytest.raises(TypeError, match="expected a list of texts, received one string 'hello'"):
        ask(Client, Replies(), "m", "hello")


def test_a_real_server_answers(served):
    with Client(f"http://{served.rest}") as client:
        (answer,) = client.predict("shapes", ["京"], signature="raw", version=123)
        assert answer == PlainAnswer("京", {"text": "京", "text_bytes": {"b64": "5Lqs"}})
        with pytest.raises(ServerError, match="Servable not found for request: Latest"):
            client.predict("nobody", ["x"])


def test_the_client_does_not_import_tensorflow():
    code = (
        "import sys, pipeline.client.client\n"
        "slow = {'tensorflow', 'keras', 'numpy', 'grpc', 'granian'} & set(sys.modules)\n"
        "sys.exit(', '.join(slow) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
