"""Addresses that others gave us: only public ones are called, whatever they look like and wherever they lead."""

import threading
import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from messaging import guard
from tests.receiver import Receiver, Told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1",
     "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "240.0.0.1"],
)  # fmt: skip
def test_it_knows_what_is_not_public(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "203.0.114.1", "2620:fe::fe", "64:ff9b::909:909"])
def test_it_knows_what_is_public(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "http://user:pass@example.org/", "https://", "http://127.0.0.1/",
     "http://localhost/", "http://[::1]/", "http://intranet/", "http://10.0.0.1:9000/", "http://example.org:0/", "gopher://x"],
)  # fmt: skip
def test_it_refuses_an_address_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(guard.NotAllowed):
        guard.check(url)


def test_it_does_not_call_this_machine(receiver: Receiver) -> None:
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(guard.NotAllowed):
            guard.get(url, seconds=2, limit=100)
        with pytest.raises(guard.NotAllowed):
            guard.post(url, content=b"x", headers={}, seconds=2)
    assert receiver.heard == []


def test_it_calls_a_private_host_that_the_settings_name(receiver: Receiver, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = [receiver.host]
    receiver.answers["*"] = Told(body=b"hello")
    assert guard.get(receiver.url, seconds=2, limit=100).content == b"hello"
    settings.PRIVATE_HOSTS = ["127.0.0.1:1"]
    with pytest.raises(guard.NotAllowed):
        guard.get(receiver.url, seconds=2, limit=100)


def test_it_looks_at_where_a_redirect_leads(receiver: Receiver, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = [receiver.host]
    receiver.answers["/in"] = Told(302, headers={"Location": "http://127.0.0.1:1/secret"})
    receiver.answers["/out"] = Told(302, headers={"Location": "file:///etc/passwd"})
    receiver.answers["/round"] = Told(302, headers={"Location": "/round"})
    receiver.answers["/here"] = Told(307, headers={"Location": "/there"})
    receiver.answers["/there"] = Told(body=b"found")
    receiver.answers["/broken"] = Told(302, headers={"Location": "http://["})
    for path in ("in", "out", "broken"):
        with pytest.raises(guard.NotAllowed):
            guard.get(f"{receiver.url}{path}", seconds=2, limit=100)
    with pytest.raises(guard.Unreachable):
        guard.get(f"{receiver.url}round", seconds=2, limit=100)
    assert guard.get(f"{receiver.url}here", seconds=2, limit=100).content == b"found"


def test_it_stops_at_the_limit(receiver: Receiver, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = [receiver.host]
    receiver.answers["*"] = Told(body=b"x" * 100_000)
    with pytest.raises(guard.TooLarge):
        guard.get(receiver.url, seconds=2, limit=50_000)
    assert len(guard.post(receiver.url, content=b"x", headers={}, seconds=2, limit=300).content) == 300


def test_it_waits_no_longer_than_it_says(receiver: Receiver, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = [receiver.host]
    receiver.wait = lambda: threading.Event().wait(3)
    started = time.monotonic()
    with pytest.raises(guard.Unreachable):
        guard.get(receiver.url, seconds=0.5, limit=100)
    assert time.monotonic() - started < 2


def test_a_place_where_nobody_answers_is_unreachable(settings: Settings) -> None:
    settings.PRIVATE_HOSTS = ["127.0.0.1:1"]
    with pytest.raises(guard.Unreachable):
        guard.get("http://127.0.0.1:1/", seconds=2, limit=100)
