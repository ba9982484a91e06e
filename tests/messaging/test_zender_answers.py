"""Zender's rarer answers behind the contract, from recordings in the shapes of docs/wire.md 1.2. Numbers are our own."""

from collections.abc import Iterator
from typing import Any

import pytest

from messaging.providers.errors import OutcomeUnknown, Reason
from messaging.providers.http import Http
from messaging.providers.shapes import Outgoing, Route
from messaging.providers.zender import ZenderProvider
from tests.recorded_gateway import RecordedGateway

PHONE = "+5215555010001"
NOON = 1767268800  # unix seconds


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    session = Http()
    yield session
    session.close()


@pytest.fixture
def provider(gateway: RecordedGateway, http: Http) -> ZenderProvider:
    credentials = {"secret": "our0key", "webhook_secret": "5f0e"}
    return ZenderProvider(base_url=gateway.url, credentials=credentials, http=http)


def yes(data: Any) -> dict[str, Any]:
    return {"status": 200, "message": "Fine!", "data": data}


def outgoing(**more: Any) -> Outgoing:
    route = Route(channel="whatsapp", kind="whatsapp", address="u")
    return Outgoing(**{"reference": "71", "route": route, "to": PHONE, "body": "Hola", **more})


def test_it_takes_a_yes_without_an_id(provider: ZenderProvider, gateway: RecordedGateway) -> None:
    gateway.answer(yes(False))
    (outcome,) = provider.send([outgoing()])
    assert getattr(outcome, "remote_id", None) == ""


@pytest.mark.parametrize(("is_urgent", "priority"), [(True, "1"), (False, "2")])
def test_it_lets_urgent_messages_pass_the_queue(
    provider: ZenderProvider, gateway: RecordedGateway, is_urgent: bool, priority: str
) -> None:
    gateway.answer(yes({"messageId": 1}))
    provider.send([outgoing(is_urgent=is_urgent)])
    sim = Route(channel="sms", kind="sim", address="d", slot=2)
    provider.send([outgoing(is_urgent=is_urgent, route=sim)])
    assert [request.form["priority"] for request in gateway.requests] == [priority, priority]
    assert (gateway.last.form["device"], gateway.last.form["sim"]) == ("d", "2")


def test_it_serves_hundreds_of_reports_from_one_list(provider: ZenderProvider, gateway: RecordedGateway) -> None:
    rows = [{"id": number, "status": "sent", "created": NOON} for number in range(400)]
    gateway.answer_at("get/wa.sent", yes(rows))
    messages = [outgoing(reference=str(1000 + number), remote_id=str(number)) for number in range(400)]
    reports = provider.fetch_reports(messages)
    assert {(said.remote_id, said.reference) for said in reports} == {(str(n), str(1000 + n)) for n in range(400)}
    assert len(gateway.requests) == 1


def test_it_asks_singly_for_no_more_than_fifty(provider: ZenderProvider, gateway: RecordedGateway) -> None:
    gateway.answer_at("get/wa.sent", yes([]))
    gateway.answer_at("get/wa.pending", yes([{"id": 0, "recipient": PHONE, "created": NOON}]))
    gateway.answer_at("get/wa.message", yes({"status": "queued", "created": NOON}))
    reports = provider.fetch_reports([outgoing(remote_id=str(number)) for number in range(80)])
    assert len(reports) == 51
    assert {said.status for said in reports} == {"accepted"}


def test_it_does_not_cancel_what_the_whatsapp_server_already_has(
    provider: ZenderProvider, gateway: RecordedGateway
) -> None:
    gateway.answer(yes({"id": 7, "status": "queued"}))
    (outcome,) = provider.cancel([outgoing(remote_id="7")])
    assert getattr(outcome, "reason", None) is Reason.REJECTED
    assert [request.path for request in gateway.requests] == ["/api/get/wa.message"]


@pytest.mark.parametrize(
    ("servers", "sid"),
    [
        (yes([{"id": 4, "name": "A", "available": False}, {"id": 5, "name": "B", "available": True}]), "5"),
        (yes([{"id": 4, "name": "A"}, {"id": 5, "name": "B"}]), "4"),
        ({"status": 400, "message": "Invalid API Endpoint!", "data": False}, None),
    ],
    ids=["newer", "as documented", "without the call"],
)
def test_it_links_through_the_first_free_server(
    provider: ZenderProvider, gateway: RecordedGateway, servers: dict[str, Any], sid: str | None
) -> None:
    gateway.answer_at("get/wa.servers", servers)
    gateway.answer_at("create/wa.link", yes({"qrstring": "2@x", "infolink": "https://g//api/get/wa.info?token=t0k"}))
    offer = provider.link()
    assert (offer.qr, offer.token, offer.expires_in) == ("2@x", "t0k", 60)
    assert gateway.last.query.get("sid") == sid


def test_it_shows_the_gateways_image_where_it_tells_no_text(provider: ZenderProvider, gateway: RecordedGateway) -> None:
    gateway.answer_at("get/wa.servers", yes([]))
    gateway.answer_at("create/wa.relink", yes({"qrimagelink": "https://g//api/get/wa.qr?token=t0k"}))
    gateway.answer_at("get/wa.qr", b"\x89PNG", content_type="image/png")
    offer = provider.relink("u")
    assert (offer.qr, offer.token, offer.image) == ("", "t0k", b"\x89PNG")


def test_it_offers_no_link_that_cannot_be_followed(provider: ZenderProvider, gateway: RecordedGateway) -> None:
    gateway.answer_at("get/wa.servers", yes([]))
    gateway.answer_at("create/wa.link", yes({"qrstring": "2@x"}))
    with pytest.raises(OutcomeUnknown):
        provider.link()


def test_it_reads_the_linked_number_from_whatsapps_own_spelling(
    provider: ZenderProvider, gateway: RecordedGateway
) -> None:
    gateway.answer(yes({"wid": "5215550007001:12@s.whatsapp.net", "unique": "abc"}))
    state = provider.link_state("t0k")
    assert (state.state, state.phone, state.address) == ("linked", "+5215550007001", "abc")
