"""Wablas in the tests: the demo account's provider, and messages to phones whose stories are known."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.providers.errors import ProviderError
from messaging.providers.http import Http
from messaging.providers.shapes import Accepted, Media, Outgoing, Route
from messaging.providers.wablas import WablasProvider
from tests.sandbox_process import SandboxProcess

PHONE, OTHER, WAITING = "+6281230000042", "+6281230000043", "+6281230000099"
ROUTE = Route(channel="whatsapp", kind="whatsapp", address="S3R1AL")
LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


def message(reference: int, to: str = PHONE, body: str = "Hola", **more: Any) -> Outgoing:
    return Outgoing(reference=str(reference), route=ROUTE, to=to, body=body, **more)


def media(kind: Any, **more: Any) -> Media:
    return Media(kind=kind, **more)


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    session = Http()
    yield session
    session.close()


@pytest.fixture
def provider(sandbox: SandboxProcess, http: Http) -> WablasProvider:
    row = sandbox.account("wablas")
    return WablasProvider(base_url=row["base_url"] + "/api", credentials=row["credentials"], http=http)


def account_with(sandbox: SandboxProcess, http: Http, **settings: Any) -> WablasProvider:
    row = sandbox.new_account("wablas", "Other", settings=settings)
    return WablasProvider(base_url=row["base_url"], credentials=row["credentials"], http=http)


def accepted(provider: WablasProvider, *messages: Outgoing) -> list[Outgoing]:
    """Send, and the same messages as the engine keeps them."""
    outcomes = provider.send(messages)
    now = datetime.now(UTC)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    ids = [outcome.remote_id for outcome in outcomes if isinstance(outcome, Accepted)]
    return [replace(sent, remote_id=key, attempted_at=now) for sent, key in zip(messages, ids, strict=True)]


def words(outcomes: list[Any]) -> list[Any]:
    """What is worth comparing: the reason of an error, else the kind of outcome."""
    return [outcome.reason if isinstance(outcome, ProviderError) else type(outcome) for outcome in outcomes]
