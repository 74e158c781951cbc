"""A server for the tests, on ports of its own in a thread of this process."""

import asyncio
import contextlib
import dataclasses
import http.client
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.serving.settings import Limits, Settings


@dataclasses.dataclass(frozen=True)
class Answer:
    """A status, headers with lower-case names, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body read as clients read it: NaN is a number."""
        return json.loads(self.body)


@dataclasses.dataclass(frozen=True)
class Served:
    """The addresses of a server, and requests to it."""

    rest: str
    grpc: str
    ours: bool = True
    server: Any = None

    def ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> Answer:
        """Send one HTTP request; a body that is not bytes is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        with contextlib.closing(http.client.HTTPConnection(self.rest, timeout=30)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())

    def predict(self, model: str, body: Any, headers: Any = None) -> Answer:
        """Send a predict request to the newest version."""
        return self.ask("POST", f"/v1/models/{model}:predict", body, headers)


def raw(served, data, pause=0.0, silence=5.0):
    """Return the response to these bytes, until the server closes or sends no more."""
    host, port = served.rest.split(":")
    with contextlib.closing(socket.create_connection((host, int(port)), 10)) as connection:
        connection.settimeout(silence)
        received = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError, BrokenPipeError):
            for part in data if isinstance(data, list) else [data]:
                connection.sendall(part)
                time.sleep(pause)
            while chunk := connection.recv(65536):
                received += chunk
                if received.endswith(b"}"):
                    break
        return received


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(models: Path, **changes: Any):
    """Run a server on a folder of models within the context."""
    from granian.http import HTTP1Settings
    from granian.server.embed import Server as Embedded

    from pipeline.serving.app import App
    from pipeline.serving.state import ServerState

    ports = {"rest_port": free_port(), "grpc_port": free_port(), "poll_seconds": 0.05}
    settings = Settings(models, **{**ports, "log_requests": False, **changes})
    server = ServerState(settings)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    embedded: list[Any] = []

    async def serve() -> None:
        granian = Embedded(
            App(server),
            port=settings.rest_port,
            interface="asgi",
            websockets=False,
            backpressure=settings.limits.connections,
            log_enabled=False,
            ssl_cert=settings.tls_cert,
            ssl_key=settings.tls_key,
            http1_settings=HTTP1Settings(int(settings.limits.header_seconds * 1000)),
        )
        embedded.append(granian)
        ready.set()
        await granian.serve()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    server.models.polled.wait()
    served = Served(
        f"127.0.0.1:{settings.rest_port}", f"127.0.0.1:{settings.grpc_port}", server=server
    )
    wait_until(lambda: reachable(settings.rest_port))
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(embedded[0].stop)
        thread.join()
        loop.close()


def reachable(port: int) -> bool:
    """Whether a server listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Any, seconds: float = 15.0) -> None:
    """Wait until a condition is true, or fail."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.01)


@pytest.fixture(scope="session")
def contract_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the conformance suite's models; tests must not change it."""
    from tests.serving.contract_models import write_models

    root = tmp_path_factory.mktemp("served")
    write_models(root)
    return root


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest):
    """A server with the suite's models, or TensorFlow Serving at TFS_ADDRESS."""
    address = os.environ.get("TFS_ADDRESS")  # HOST:REST_PORT:GRPC_PORT
    if address:
        host, rest, grpc = address.split(":")
        yield Served(f"{host}:{rest}", f"{host}:{grpc}", ours=False)
        return
    limits = Limits(body=1_000_000, inflated=2_000_000, rows=1000, elements=50_000, text=5_000)
    with serving(request.getfixturevalue("contract_models"), limits=limits) as ours:
        yield ours


@pytest.fixture(scope="session")
def serve():
    """The context manager that starts a server."""
    return serving
