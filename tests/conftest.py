"""What holds for every test: no network, repeatable draws, a quiet TensorFlow."""

import ipaddress
import os
import random
import socket
import sys
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pytest

# Child processes inherit these; the guards below reach this process only. Nothing listens on port
# 9, so that a child which asks for a web page fails at once instead of fetching it.
DEAD_PROXY = "http://127.0.0.1:9"
for variable in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ[variable] = os.environ[variable.upper()] = DEAD_PROXY
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
os.environ["NO_GCE_CHECK"] = "true"  # else google clients look for a cloud machine's metadata

# Read once, when TensorFlow starts. They do not silence it wholly; pytest captures the rest.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # whatever the user's ~/.keras says

hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.load_profile("repeatable")


class NetworkBlockedError(RuntimeError):
    """A test tried to leave the machine; no OSError, which libraries would swallow."""


def is_local(host: object) -> bool:
    """Tell whether a host as sockets take it (name, address, bytes or None) is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def guard(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a socket method whose last argument is the address: (host, port, ...), or a path."""

    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None
        if isinstance(address, tuple) and not is_local(address[0]):
            raise NetworkBlockedError(
                f"tests may not use the network; {method.__name__} to {address}"
            )
        return method(self, *args)

    return guarded


def pytest_configure() -> None:
    """Block the network before the first test module is imported."""
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        setattr(socket.socket, name, guard(getattr(socket.socket, name)))
    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *args: Any, **options: Any) -> Any:
        if not is_local(host):
            raise NetworkBlockedError(f"tests may not use the network; getaddrinfo of {host!r}")
        return lookup(host, *args, **options)

    socket.getaddrinfo = guarded_lookup


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Give every test the same draws, whichever tests ran before it."""
    if "keras" in sys.modules:  # importing it here would cost every test run its 4 seconds
        sys.modules["keras"].utils.set_random_seed(0)
    random.seed(0)
    np.random.seed(0)
