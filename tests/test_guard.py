"""The guard that keeps the tests on this machine."""

import contextlib
import socket

import pytest

from tests import guard


def test_it_refuses_a_connection_beyond_loopback() -> None:
    with guard.expected(), socket.socket() as out, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        out.connect(("192.0.2.1", 80))


def test_it_refuses_to_look_up_a_foreign_name() -> None:
    with guard.expected(), pytest.raises(pytest.fail.Exception, match=r"gateway\.example"):
        socket.getaddrinfo("gateway.example", 443)


def test_it_remembers_what_the_code_under_test_swallowed() -> None:
    with guard.expected() as violations, socket.socket() as out:
        with contextlib.suppress(BaseException):  # as careless as code can be
            out.connect(("192.0.2.1", 80))
        assert violations[-1:] == ["socket.connect to '192.0.2.1'"]


def test_it_lets_loopback_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as out:
        assert out.getpeername()[0] == "127.0.0.1"
