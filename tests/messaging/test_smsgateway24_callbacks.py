"""SMSGateway24's calls to us: delivery, incoming text, incoming image. docs/wire.md 4.5."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Incoming, StatusReport
from messaging.providers.smsgateway24 import SMSGateway24Provider
from messaging.providers.smsgateway24.reading import moment
from tests.messaging.smsgateway24_words import WORDS

PHONE = "+5215550100010"


def provider_at(url: str) -> SMSGateway24Provider:
    return SMSGateway24Provider(
        base_url=url, credentials={"email": "shop@example.org", "password": "words-of-the-shop"}
    )


def call(body: Any) -> Callback:
    return Callback(headers={}, body=json.dumps(body).encode(), content_type="application/json")


def parsed(body: Any) -> list[Any]:
    provider = provider_at("http://127.0.0.1:9")
    provider.verify_callback(call(body))
    return provider.parse_callback(call(body))


@pytest.mark.parametrize(("code", "status", "reason"), WORDS)
def test_it_reads_a_delivery_call(code: int, status: Any, reason: Reason | None) -> None:
    body = {
        "sms_id": 7,
        "status_id": code,
        "status_message": "words",
        "sendto": PHONE,
        "senttime": None,
        "sim": 0,
        "device_id": 260,
    }
    wanted = StatusReport(
        status=status, remote_id="7", reason=reason, note="words" if reason else "", at=None, raw=body
    )
    assert parsed(body) == ([wanted] if status else [])


@pytest.mark.parametrize("slot", ["sim", "channel_id"])
@pytest.mark.parametrize("date", [1_741_692_420_000, "1741692420", "2025-03-11T12:27:00+01:00"])
def test_it_reads_an_incoming_text(slot: str, date: object) -> None:
    body = {
        "address": PHONE,
        "date": date,
        "body": "¿Abren hoy?",
        "internal_id": 12,
        slot: 1,
        "sms_id": 7,
        "device_id": 260,
        "type": "text",
    }
    assert parsed(body) == [
        Incoming(
            channel="sms",
            sender=PHONE,
            body="¿Abren hoy?",
            at=datetime(2025, 3, 11, 11, 27, tzinfo=UTC),
            remote_id="7",
            line_hint="260",
            raw=body,
        )
    ]


def test_it_reads_an_incoming_image() -> None:
    body = {
        "address": PHONE,
        "date": 1_741_692_420,
        "body": "",
        "internal_id": None,
        "sim": 3,
        "sms_id": 8,
        "type": "img",
        "img_url": "https://files.example/i.jpg",
    }
    (item,) = parsed(body)
    assert (item.channel, item.media_kind, item.media_url) == ("whatsapp", "image", "https://files.example/i.jpg")


@pytest.mark.parametrize("body", [{}, {"event": "sms", "message_id": 1}, {"status_id": 7}])
def test_it_has_no_news_in_other_calls(body: Any) -> None:
    assert parsed(body) == []


@pytest.mark.parametrize("body", [b"", b"sms_id=7", b"[]", b"\xff"])
def test_it_turns_away_what_is_no_json_object(body: bytes) -> None:
    with pytest.raises(CallbackRejected) as caught:
        provider_at("http://127.0.0.1:9").verify_callback(Callback(headers={}, body=body))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "2025-03-11 12:27:00",
        {"date": "x"},
        {"date": "2025-03-11 12:27:00", "timezone": "Mars/1"},
    ],
)
def test_it_does_not_guess_a_time(value: object) -> None:
    assert moment(value) is None
