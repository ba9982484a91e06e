"""SMSMobileAPI's webhooks: who is let in, and what each of the 15 event types tells. docs/wire.md 2.5."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Incoming, StatusReport
from messaging.providers.smsmobileapi import SMSMobileAPIProvider

SECRET = "hook-secret-of-the-shop"
NOW = time.time()  # the cases below are signed when this file is read, and judged as of then


def provider_with(secret: str) -> SMSMobileAPIProvider:
    return SMSMobileAPIProvider(
        base_url="http://127.0.0.1:9", credentials={"api_key": "key-of-the-shop", "webhook_secret": secret}
    )


def event(kind: str, data: Any, **changes: Any) -> bytes:
    envelope = {
        "id": "9b3c8a52-6f0e-4f0b-9d0e-3f2b8f6f1a01",
        "type": kind,
        "api_version": "2026-09-22",
        "created_at": "2026-10-01T10:00:02Z",
        "occurred_at": "2026-10-01T10:00:00Z",
        "data": data,
    }
    return json.dumps({**envelope, **changes}).encode()


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> Callback:
    stamp = str(int(NOW) - age)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Callback(
        headers={"x-smsmobileapi-timestamp": stamp, "x-smsmobileapi-signature": f"v1={digest}"},
        body=body,
        content_type="application/json",
    )


GOOD = event("sms.sent", {"guid": "g-1"})


@pytest.fixture(autouse=True)
def at_that_moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("age", [0, 290, -290])
def test_it_lets_a_signed_call_in(age: int) -> None:
    callback = signed(GOOD, age=age)
    provider = provider_with(SECRET)
    provider.verify_callback(callback)
    assert len(provider.parse_callback(callback)) == 1


@pytest.mark.parametrize(
    ("callback", "status"),
    [
        (signed(GOOD, secret="another"), 401),
        (signed(GOOD, age=310), 401),
        (signed(GOOD, age=-310), 401),
        (Callback(headers=signed(GOOD).headers, body=GOOD + b" "), 401),
        (Callback(headers={**signed(GOOD).headers, "x-smsmobileapi-signature": "v1=é"}, body=GOOD), 401),
        (Callback(headers={"x-smsmobileapi-timestamp": str(int(NOW))}, body=GOOD), 401),
        (Callback(headers={}, body=GOOD), 400),
        (Callback(headers={**signed(GOOD).headers, "x-smsmobileapi-timestamp": "soon"}, body=GOOD), 400),
        (signed(b"not json"), 400),
        (signed(b"[]"), 400),
        (signed(event("sms.sent", ["no object"])), 400),
        (signed(event("sms.sent", {}, id="")), 400),
        (signed(event("sms.sent", {"guid": "x" * 1_000_000})), 400),
    ],
    ids=[
        "another secret",
        "old",
        "from the future",
        "changed body",
        "odd signature",
        "no signature",
        "no headers",
        "odd time",
        "no json",
        "no object",
        "no data",
        "no id",
        "too large",
    ],
)
def test_it_turns_a_stranger_away(callback: Callback, status: int) -> None:
    with pytest.raises(CallbackRejected) as caught:
        provider_with(SECRET).verify_callback(callback)
    assert caught.value.status == status


def test_it_trusts_the_address_alone_without_a_secret() -> None:
    provider = provider_with("")
    provider.verify_callback(Callback(headers={}, body=GOOD))
    with pytest.raises(CallbackRejected):
        provider.verify_callback(Callback(headers={}, body=b"x" * 1_000_001))


def news_of(kind: str, data: dict[str, Any]) -> list[Any]:
    return provider_with(SECRET).parse_callback(signed(event(kind, data)))


AT = datetime(2026, 10, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("sms.api.submitted", "accepted"),
        ("sms.sent", "sent"),
        ("sms.failed", "failed"),
        ("whatsapp.submitted", "accepted"),
        ("whatsapp.sent", "sent"),
        ("whatsapp.failed", "failed"),
    ],
)
def test_it_reports_what_became_of_a_message(kind: str, status: Any) -> None:
    data = {"guid": "g-1", "error": "no network"}
    has_failed = status == "failed"
    assert news_of(kind, data) == [
        StatusReport(
            status=status,
            remote_id="g-1",
            reason=Reason.NOT_DELIVERED if has_failed else None,
            note="no network" if has_failed else "",
            at=AT,
            raw=data,
        )
    ]


def test_it_reads_a_received_sms() -> None:
    data = {
        "guid": "g-2",
        "from": "+5215550100012",
        "message": "STOP",
        "received_at": "2026-10-01 12:00:00",
        "alias": "Ana",
        "device_id": "phone-1",
    }
    assert news_of("sms.received", data) == [
        Incoming(
            channel="sms",
            sender="+5215550100012",
            body="STOP",
            at=AT,
            remote_id="g-2",
            line_hint="phone-1",
            name="Ana",
            raw=data,
        )
    ]


@pytest.mark.parametrize(("is_voice", "media"), [(False, ""), (True, "audio")])
def test_it_reads_a_received_whatsapp_message(is_voice: bool, media: str) -> None:
    data = {
        "guid": "g-3",
        "data_id": "d-3",
        "from": "+5215550100013",
        "contact_name": "Bea",
        "message": "Hola",
        "is_voice_message": is_voice,
        "received_at": "2026-10-01T09:59:59Z",
    }
    (item,) = news_of("whatsapp.received", data)
    assert (item.channel, item.sender, item.body, item.name) == ("whatsapp", "+5215550100013", "Hola", "Bea")
    assert (item.at, item.remote_id, item.media_kind) == (AT.replace(hour=9, minute=59, second=59), "g-3", media)


def test_it_gives_the_words_of_a_voice_message_an_id_of_their_own() -> None:
    data = {"guid": "g-3", "from": "+5215550100013", "contact_name": "Bea", "transcript": "¿Abren hoy?"}
    (item,) = news_of("whatsapp.voice.transcribed", data)
    assert (item.body, item.remote_id, item.channel) == ("¿Abren hoy?", "g-3/transcript", "whatsapp")


@pytest.mark.parametrize(
    "kind",
    [
        "sms.mobile.sent",
        "call.missed",
        "call.incoming",
        "call.outgoing",
        "email.sent",
        "email.received",
        "something.new",
    ],
)
def test_it_has_no_news_in_other_events(kind: str) -> None:
    assert news_of(kind, {"guid": "g-4", "from": "+5215550100013"}) == []


def test_it_says_nothing_about_a_report_without_guid() -> None:
    assert news_of("sms.sent", {}) == []


@pytest.mark.parametrize(("sender", "channel"), [("waphone", "whatsapp"), ("phone", "sms"), ("from", "sms")])
@pytest.mark.parametrize("is_form", [False, True])
def test_it_reads_the_older_unsigned_call(sender: str, channel: str, is_form: bool) -> None:
    fields = {sender: "5215550100014", "message": "Hola & adiós", "guid": "g-5", "timestamp": "1741692420"}
    body = urlencode(fields).encode() if is_form else json.dumps(fields).encode()
    (item,) = provider_with("").parse_callback(Callback(headers={}, body=body))
    assert isinstance(item, Incoming)
    assert (item.channel, item.sender, item.body, item.remote_id) == (channel, "5215550100014", "Hola & adiós", "g-5")
    assert item.at == datetime(2025, 3, 11, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"[]", b"hello", b'{"message": "no sender"}', b"\xff"])
def test_it_has_no_news_in_nonsense(body: bytes) -> None:
    assert provider_with("").parse_callback(Callback(headers={}, body=body)) == []
