"""Zender's calls to us: forms in PHP's nesting (docs/wire.md 1.5). Numbers and texts are our own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.http import Http
from messaging.providers.shapes import Callback, Incoming
from messaging.providers.zender import ZenderProvider

PHONE = "+5215555010001"
NOON = 1767268800  # unix seconds


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    session = Http()
    yield session
    session.close()


@pytest.fixture
def provider(http: Http) -> ZenderProvider:
    """Reads what comes in and asks nobody."""
    credentials = {"secret": "our0key", "webhook_secret": "5f0e"}
    return ZenderProvider(base_url="http://127.0.0.1:9", credentials=credentials, http=http)


def form(**fields: str) -> Callback:
    return Callback(
        headers={}, body=urlencode(fields).encode(), content_type="application/x-www-form-urlencoded; charset=utf-8"
    )


WHATSAPP = {
    "type": "whatsapp",
    "data[id]": "31",
    "data[wid]": "+5215550001001",
    "data[phone]": "5215555010001",
    "data[message]": "¿A qué hora & dónde?",
    "data[attachment]": "0",
    "data[timestamp]": str(NOON),
}
SMS = {
    "type": "sms",
    "data[id]": "32",
    "data[rid]": "9",
    "data[sim]": "1",
    "data[device]": "00000000-0000-0000-a1b2",
    "data[phone]": "Banco",
    "data[message]": "Su clave",
    "data[timestamp]": str(NOON),
}


def test_it_reads_a_whatsapp_message_from_a_call(provider: ZenderProvider) -> None:
    (news,) = provider.parse_callback(form(secret="5f0e", **WHATSAPP))
    assert isinstance(news, Incoming)
    assert (news.channel, news.sender, news.body) == ("whatsapp", "5215555010001", "¿A qué hora & dónde?")
    assert (news.remote_id, news.line_hint, news.media_url) == ("wa:31", "+5215550001001", "")
    assert news.at == datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("nothing", ["", "0", "false"])
def test_it_takes_every_spelling_of_no_attachment(provider: ZenderProvider, nothing: str) -> None:
    (news,) = provider.parse_callback(form(**{**WHATSAPP, "data[attachment]": nothing}))
    assert isinstance(news, Incoming)
    assert (news.media_url, news.media_kind) == ("", "")


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "image"), ("a.ogg", "audio"), ("a.mp4", "video"), ("a.pdf", "document")]
)
def test_it_keeps_the_attachments_address(provider: ZenderProvider, name: str, kind: str) -> None:
    url = f"https://gateway.example//uploads/{name}"
    (news,) = provider.parse_callback(form(**{**WHATSAPP, "data[attachment]": url}))
    assert isinstance(news, Incoming)
    assert (news.media_url, news.media_kind) == (url, kind)


def test_it_reads_an_sms_from_a_call(provider: ZenderProvider) -> None:
    (news,) = provider.parse_callback(form(secret="5f0e", **SMS))
    assert isinstance(news, Incoming)
    assert (news.channel, news.sender, news.body) == ("sms", "Banco", "Su clave")
    assert (news.remote_id, news.line_hint) == ("sms:32", "00000000-0000-0000-a1b2")


def test_it_reads_a_call_in_json_alike(provider: ZenderProvider) -> None:
    body = {"secret": "5f0e", "type": "sms", "data": {"id": 32, "phone": PHONE, "message": "Hola", "timestamp": NOON}}
    callback = Callback(headers={}, body=json.dumps(body).encode(), content_type="application/json")
    provider.verify_callback(callback)
    (news,) = provider.parse_callback(callback)
    assert isinstance(news, Incoming)
    assert (news.remote_id, news.sender) == ("sms:32", PHONE)


@pytest.mark.parametrize("kind", ["ussd", "notification", "notifications", "something-new"])
def test_it_passes_over_calls_that_are_no_message(provider: ZenderProvider, kind: str) -> None:
    assert provider.parse_callback(form(type=kind, **{"data[id]": "1", "data[title]": "x"})) == []


@pytest.mark.parametrize("given", ["", "5f0", "5F0E", "ñ"])
def test_it_refuses_a_call_with_another_secret(provider: ZenderProvider, given: str) -> None:
    with pytest.raises(CallbackRejected) as caught:
        provider.verify_callback(form(secret=given, **SMS))
    assert (caught.value.reason, caught.value.status) == (Reason.BAD_CREDENTIALS, 403)


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"secret": ', b'["5f0e"]', b""])
def test_it_refuses_a_call_it_cannot_read(provider: ZenderProvider, body: bytes) -> None:
    with pytest.raises(CallbackRejected):
        provider.verify_callback(Callback(headers={}, body=body))


def test_it_takes_any_call_where_no_secret_is_set(http: Http) -> None:
    credentials = {"secret": "our0key"}
    provider = ZenderProvider(base_url="http://127.0.0.1:9", credentials=credentials, http=http)
    provider.verify_callback(form(**SMS))
    assert len(provider.parse_callback(form(**SMS))) == 1
