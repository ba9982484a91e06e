"""Keeps the tests on this machine: whatever tries to connect or to look up a name beyond loopback fails loudly."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_HERE = {"", "localhost", "localhost.localdomain", "0.0.0.0", "::", socket.gethostname().lower()}

violations: list[str] = []
_state = {"installed": False, "active": False}


def is_loopback(host: object) -> bool:
    """Whether an address or name as given to the socket module stays on this machine."""
    if host is None:
        return True
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    name = name.strip("[]").split("%")[0].lower()
    if name in _HERE:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _state["active"]:
        return
    if event in _CONNECTING:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        violations.append(f"{event} to {host!r}")
        # Not an Exception: no `except` of the code under test may swallow it.
        pytest.fail(f"This test tried to leave the machine: {event} to {host!r}", pytrace=True)


def install() -> None:
    """Start watching, for the whole life of this process (an audit hook cannot be taken away)."""
    if not _state["installed"]:
        sys.addaudithook(_watch)
        _state["installed"] = True
    _state["active"] = True


@contextlib.contextmanager
def expected() -> Iterator[list[str]]:
    """The violations made inside are forgiven: for the guard's own test."""
    before = len(violations)
    try:
        yield violations
    finally:
        del violations[before:]
