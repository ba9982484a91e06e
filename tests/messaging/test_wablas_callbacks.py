"""Wablas' three webhooks, read as news. Payloads have the shapes of docs/wire.md 3.5; phones and texts are our own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.http import Http
from messaging.providers.shapes import Callback, Incoming, LineState, News, StatusReport
from messaging.providers.wablas import WablasProvider
from tests.messaging.wablas_world import PHONE, accepted, http, message
from tests.messaging.wablas_world import provider as sandbox_provider
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually

__all__ = ["http", "sandbox_provider"]

INCOMING: dict[str, Any] = {
    "id": "5F0A41D0C2",
    "pushName": "Marta",
    "isGroup": False,
    "group": {"sender": "", "subject": "", "owner": "", "desc": "", "participants": None},
    "message": "¿Hay mesa?",
    "phone": "34600111222",
    "messageType": "text",
    "file": "",
    "url": "",
    "mimeType": "",
    "deviceId": "D3V1C3",
    "sender": "34600999888",
    "isFromMe": False,
    "timestamp": "2026-03-31T02:15:45Z",
    "ticketId": "",
}
TRACKING = {
    "id": "0b6f6a52",
    "phone": "34600111222",
    "status": "read",
    "note": "",
    "sender": "34600999888",
    "deviceId": "D3V1C3",
}
DEVICE = {
    "deviceId": "D3V1C3",
    "deviceName": "Bar Sol",
    "sender": "34600999888",
    "status": "disconnected",
    "note": "need scan qr code again",
    "timestamp": "2026-01-22T04:56:02.41114184Z",
}


@pytest.fixture
def provider(http: Http) -> WablasProvider:
    return WablasProvider(base_url="http://127.0.0.1:9", credentials={"token": "t"}, http=http)


def call(payload: Any) -> Callback:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Callback(headers={"content-type": "application/json"}, body=body, content_type="application/json")


def news(provider: WablasProvider, payload: Any) -> list[News]:
    callback = call(payload)
    provider.verify_callback(callback)
    return provider.parse_callback(callback)


def incoming(provider: WablasProvider, **changes: Any) -> Incoming:
    (item,) = news(provider, {**INCOMING, **changes})
    assert isinstance(item, Incoming)
    return item


def test_it_reads_what_came_in(provider: WablasProvider) -> None:
    item = incoming(provider)
    assert (item.channel, item.sender, item.body, item.name) == ("whatsapp", "34600111222", "¿Hay mesa?", "Marta")
    assert (item.remote_id, item.line_hint) == ("5F0A41D0C2", "D3V1C3")
    assert item.at == datetime(2026, 3, 31, 2, 15, 45, tzinfo=UTC)
    assert (item.is_own, item.is_group, item.media_kind) == (False, False, "")


def test_it_reads_a_picture(provider: WablasProvider) -> None:
    item = incoming(provider, messageType="image", message="", url="https://f.example/a.jpg", file="a.jpg")
    assert (item.media_kind, item.media_url, item.body) == ("image", "https://f.example/a.jpg", "")


@pytest.mark.parametrize("is_group", [True, "true"])
def test_it_reads_who_wrote_in_a_group(provider: WablasProvider, is_group: object) -> None:
    group = {**INCOMING["group"], "sender": "34600111222", "participants": [{"jid": "x", "is_admin": True}]}
    item = incoming(provider, isGroup=is_group, phone="120363064449269", group=group)
    assert (item.is_group, item.sender, item.author) == (True, "120363064449269", "34600111222")


@pytest.mark.parametrize("is_own", [True, "true"])
def test_it_tells_our_own_messages_apart(provider: WablasProvider, is_own: object) -> None:
    assert incoming(provider, isFromMe=is_own).is_own


def test_it_takes_the_time_of_arrival_where_none_is_told(provider: WablasProvider) -> None:
    before = datetime.now(UTC)
    assert before <= incoming(provider, timestamp="soon").at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("sent", "sent", None),
        ("received", "delivered", None),
        ("read", "read", None),
        ("cancel", "cancelled", None),
        ("reject", "failed", Reason.NOT_DELIVERED),
    ],
)
def test_it_reads_a_status(provider: WablasProvider, word: str, status: str, reason: Reason | None) -> None:
    (item,) = news(provider, {**TRACKING, "status": word, "note": "why"})
    assert isinstance(item, StatusReport)
    assert (item.remote_id, item.status, item.reason, item.note) == ("0b6f6a52", status, reason, "why")


@pytest.mark.parametrize(("word", "is_connected"), [("connected", True), ("disconnected", False)])
def test_it_reads_that_the_device_went_up_or_down(provider: WablasProvider, word: str, is_connected: bool) -> None:
    (item,) = news(provider, {**DEVICE, "status": word})
    assert isinstance(item, LineState)
    assert (item.address, item.is_connected) == ("D3V1C3", is_connected)
    assert item.at == datetime(2026, 1, 22, 4, 56, 2, 411141, tzinfo=UTC)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"hello": "world"},
        {**TRACKING, "status": "pondering"},
        {**DEVICE, "status": "thinking"},
        {**INCOMING, "phone": ""},
        {"status": "sent"},
    ],
)
def test_it_makes_no_news_of_what_says_nothing(provider: WablasProvider, payload: dict[str, Any]) -> None:
    assert news(provider, payload) == []


@pytest.mark.parametrize("body", [b"", b"hello", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"a": '])
def test_it_refuses_what_is_no_json_object(provider: WablasProvider, body: bytes) -> None:
    with pytest.raises(CallbackRejected) as caught:
        provider.verify_callback(call(body))
    assert caught.value.status == 400


@pytest.fixture
def product() -> Iterator[RecordedGateway]:
    """Who is called by the gateway."""
    with RecordedGateway() as server:
        server.answer(b"")
        yield server


def heard(product: RecordedGateway, provider: WablasProvider) -> list[News]:
    return [item for request in list(product.requests) for item in news(provider, request.body)]


def test_it_understands_all_three_as_the_sandbox_posts_them(
    sandbox_provider: WablasProvider, sandbox: SandboxProcess, product: RecordedGateway
) -> None:
    sandbox.control("callbacks", {"account": "wablas", "url": product.url})
    (sent,) = accepted(sandbox_provider, message(1, to="+6281230000098"))
    eventually(lambda: any(isinstance(item, Incoming) for item in heard(product, sandbox_provider)))
    sandbox_provider.client.disconnect_device()
    eventually(lambda: any(isinstance(item, LineState) for item in heard(product, sandbox_provider)))
    items = heard(product, sandbox_provider)
    statuses = {item.status for item in items if isinstance(item, StatusReport) and item.remote_id == sent.remote_id}
    (question,) = [item for item in items if isinstance(item, Incoming)]
    assert statuses == {"accepted", "sent", "delivered"}
    assert question.sender == "6281230000098"


def test_it_hears_its_own_messages_as_its_own(sandbox: SandboxProcess, http: Http, product: RecordedGateway) -> None:
    row = sandbox.new_account("wablas", "Echo", settings={"echo_own": True})
    provider = WablasProvider(base_url=row["base_url"], credentials=row["credentials"], http=http)
    sandbox.control("callbacks", {"account": str(row["id"]), "url": product.url})
    accepted(provider, message(1, to=PHONE))
    own = eventually(lambda: [item for item in heard(product, provider) if isinstance(item, Incoming)])
    assert [(item.is_own, item.body) for item in own] == [(True, "Hola")]
