"""The network block that conftest.py promises to every test."""

import random
import socket

import numpy as np
import pytest

DOCUMENTATION_HOST = "192.0.2.1"  # RFC 5737: an address that is nobody's


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_to_another_machine_is_refused(method):
    with socket.socket() as client, pytest.raises(RuntimeError, match="may not use the network"):
        getattr(client, method)((DOCUMENTATION_HOST, 80))


def test_a_datagram_to_another_machine_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        with pytest.raises(RuntimeError, match="may not use the network"):
            client.sendto(b"x", (DOCUMENTATION_HOST, 80))
        with pytest.raises(RuntimeError, match="may not use the network"):
            client.sendmsg([b"x"], [], 0, (DOCUMENTATION_HOST, 80))


@pytest.mark.parametrize("host", ["example.invalid", b"example.invalid", DOCUMENTATION_HOST])
def test_a_name_of_another_machine_is_not_looked_up(host):
    with pytest.raises(RuntimeError, match="may not use the network"):
        socket.getaddrinfo(host, 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
    ):
        client.sendall(b"hello")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"hello"


def test_unix_sockets_work():
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"hello")
        assert right.recv(5) == b"hello"


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_begins_with_the_same_draws(attempt):
    assert random.random() == pytest.approx(0.8444218515250481)
    assert np.random.rand() == pytest.approx(0.5488135039273248)
