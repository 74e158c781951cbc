"""Invalid, smuggled and slow requests are refused once and do not block others."""

import contextlib
import re
import socket
import time

import pytest

from tests.serving.conftest import raw

PATH = "/v1/models/half_plus_two:predict"
BODY = b'{"instances": [1]}'
SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(autouse=True)
def ours(served):
    if not served.ours:
        pytest.skip("our server's own")


def post(*lines, body=BODY):
    """The bytes of a request with these header lines."""
    head = [f"POST {PATH} HTTP/1.1", "Host: x", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


REFUSED = {
    "two lengths": post("Content-Length: 18", "Content-Length: 3"),
    "a list of lengths": post("Content-Length: 18, 3"),
    "a negative length": post("Content-Length: -1"),
    "a signed length": post("Content-Length: +18"),
    "a hexadecimal length": post("Content-Length: 0x12"),
    "no size of a chunk": post("Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a size beyond all": post("Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n{}\r\n"),
    "a coding of no length": post("Transfer-Encoding: gzip"),
    "length and coding": post(
        "Content-Length: 18", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "a folded header": post("X-A: b", " c: d", "Content-Length: 18"),
    "a space before the colon": post("Content-Length : 18"),
    "a header without a colon": post("Content-Length 18"),
    "NUL in a header": post("X-A: a\0b", "Content-Length: 18"),
    "a method that is none": post("Content-Length: 18").replace(b"POST", b"P(ST"),
    "no version": post("Content-Length: 18").replace(b" HTTP/1.1", b""),
    "a version of its own": post("Content-Length: 18").replace(b"HTTP/1.1", b"HTTP/9.9"),
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    "a header without an end": post("X-A: " + "a" * 2_000_000),
    "headers without an end": post(*(f"X-{i}: a" for i in range(20_000))),
    "a path without an end": post("Content-Length: 18").replace(b":predict", b"a" * 200_000),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_invalid_requests_are_refused_once(served, data):
    """A 4xx or no response; the bytes after it are not read as a request."""
    answer = raw(served, data + SMUGGLED, silence=1.0)
    statuses = re.findall(rb"HTTP/1\.[01] (\d+)", answer)
    assert len(statuses) <= 1
    assert all(400 <= int(status) < 500 for status in statuses), answer
    assert not answer.endswith(b"\r\n\r\nok")
    assert served.predict("half_plus_two", BODY).json == {"predictions": [2.5]}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("text/plain", 200),
        ("application/x-www-form-urlencoded", 200),
        ("multipart/form-data; boundary=x", 200),
        ("application/json; charset=utf-16", 200),
        ("a" * 5_000, 200),
    ],
)
def test_the_content_type_does_not_matter(served, kind, status):
    """As in TensorFlow Serving (contract b1.8), only the body itself counts."""
    assert served.predict("half_plus_two", BODY, {"Content-Type": kind}).status == status


def test_many_silent_connections_do_not_block_others(served):
    """Three hundred idle connections, half headers and half bodies; another client is served."""
    host, port = served.rest.split(":")
    begun = [b"", b"POST /v1/mod", post("Content-Length: 18", body=b'{"inst')]
    with contextlib.ExitStack() as stack:
        for place in range(300):
            connection = socket.create_connection((host, int(port)), 10)
            stack.enter_context(contextlib.closing(connection))
            connection.sendall(begun[place % 3])
        began = time.monotonic()
        for _ in range(20):
            assert served.predict("half_plus_two", BODY).status == 200
        assert time.monotonic() - began < 5
