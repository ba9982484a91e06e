"""SMSMobileAPI behind the contract: what leaves for a message, which lines there are, what its inbox and log say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.providers.errors import AccountRejected, MessageRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import Accepted, Incoming, Location, Media, Outgoing, RemoteLine, Route
from messaging.providers.smsmobileapi import SMSMobileAPIProvider
from tests.recorded_gateway import RecordedGateway

GUID = "5e9d30b1c7a24f8896d0e1b2c3d4e5f60718293a"
TAKEN = {"result": {"error": 0, "sent": "1", "id": GUID}}
WHATSAPP = Route(channel="whatsapp", kind="whatsapp", address="phone-1")
SIM = Route(channel="sms", kind="sim", address="phone-1", slot=2)
DEFAULT = Route(channel="sms", kind="sim", address="")


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        yield running


def provider_for(
    gateway: RecordedGateway, credentials: Mapping[str, str] | None = None, tail: str = "/"
) -> SMSMobileAPIProvider:
    return SMSMobileAPIProvider(base_url=gateway.url + tail, credentials=credentials or {"api_key": "key-of-the-shop"})


@pytest.fixture
def provider(gateway: RecordedGateway) -> Iterator[SMSMobileAPIProvider]:
    provider = provider_for(gateway)
    yield provider
    provider.close()


def message(route: Route = WHATSAPP, **fields: Any) -> Outgoing:
    return Outgoing(**{"reference": "41", "route": route, "to": "+5215550100010", "body": "Hola", **fields})


@pytest.mark.parametrize(
    ("outgoing", "fields"),
    [
        (message(), {"waonly": "yes", "sIdentifiant": "phone-1"}),
        (message(SIM), {"sIdentifiant": "phone-1", "port": "2"}),
        (message(DEFAULT), {}),
        (message(DEFAULT, to="005215550100010"), {}),
        (
            message(attachment=Media(kind="document", url="https://shop.example/menu.pdf")),
            {"waonly": "yes", "sIdentifiant": "phone-1", "url_media": "https://shop.example/menu.pdf"},
        ),
    ],
    ids=["whatsapp", "sim 2", "default phone", "00", "document"],
)
def test_it_sends(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, outgoing: Outgoing, fields: dict[str, str]
) -> None:
    gateway.answer(TAKEN)
    assert provider.send([outgoing]) == [Accepted(remote_id=GUID, raw=TAKEN["result"])]
    common = {"apikey": "key-of-the-shop", "recipients": "5215550100010", "message": "Hola"}
    assert (gateway.last.method, gateway.last.path, gateway.last.form) == ("POST", "/sendsms/", common | fields)


@pytest.mark.parametrize(
    ("outgoing", "reason"),
    [
        (message(to="120363000000000001@g.us", is_group=True), Reason.NOT_SUPPORTED),
        (message(attachment=Location(latitude=19.4, longitude=-99.1)), Reason.NOT_SUPPORTED),
        (message(attachment=Media(kind="video", url="https://shop.example/v.mp4")), Reason.NOT_SUPPORTED),
        (message(SIM, attachment=Media(kind="image", url="https://shop.example/i.png")), Reason.NOT_SUPPORTED),
        (message(attachment=Media(kind="image", url="http://shop.example/i.png")), Reason.MEDIA_INVALID),
        (message(attachment=Media(kind="image", content=b"png", filename="i.png")), Reason.MEDIA_INVALID),
    ],
)
def test_it_refuses_what_the_gateway_cannot_carry(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, outgoing: Outgoing, reason: Reason
) -> None:
    (outcome,) = provider.send([outgoing])
    assert isinstance(outcome, MessageRejected)
    assert outcome.reason == reason
    assert gateway.requests == []


def test_it_returns_what_went_wrong_with_a_message(provider: SMSMobileAPIProvider, gateway: RecordedGateway) -> None:
    gateway.answer({"result": {"error": "2", "note": "phone offline"}})
    (outcome,) = provider.send([message()])
    assert isinstance(outcome, AccountRejected)
    assert (outcome.reason, outcome.is_line) == (Reason.LINE_DISCONNECTED, True)


# The account and its lines


def test_it_tells_who_we_are(provider: SMSMobileAPIProvider, gateway: RecordedGateway) -> None:
    gateway.answer({"success": True, "connected_now": 1, "connected_limit": 3, "items": [{"sid": "a", "name": "Shop"}]})
    info = provider.check()
    assert (info.label, info.quota) == ("Shop", {"devices": {"used": 1, "limit": 3}})


@pytest.mark.parametrize("credentials", [{"webhook_secret": "hook"}, {"client_id": "shop"}])
def test_it_wants_a_key_or_a_client(gateway: RecordedGateway, credentials: dict[str, str]) -> None:
    with pytest.raises(AccountRejected) as caught:
        provider_for(gateway, credentials).check()
    assert caught.value.reason == Reason.BAD_CREDENTIALS
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"error": "forbidden"}, Reason.BAD_CREDENTIALS),
        (200, {"result": {"error": "subscription_expire"}}, Reason.SUBSCRIPTION_EXPIRED),
        (200, {"result": {"error": "9", "note": "not in your plan"}}, Reason.NO_PERMISSION),
        (404, "<html>", Reason.WRONG_ADDRESS),
    ],
)
def test_it_says_why_the_account_is_refused(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, status: int, body: Any, reason: Reason
) -> None:
    gateway.answer(body, status=status)
    with pytest.raises(AccountRejected) as caught:
        provider.check()
    assert caught.value.reason == reason


def shown(lines: list[RemoteLine]) -> list[tuple[str, str, int | None, str, bool]]:
    return [(line.route.channel, line.route.address, line.route.slot, line.label, line.is_connected) for line in lines]


@pytest.mark.parametrize(
    "body",
    [
        [{"sid": "a", "name": "Shop", "status": "online"}, {"sid": "b", "status": "offline"}],
        {"result": {"mobiles": [{"sIdentifiant": "a", "label": "Shop"}, {"sIdentifiant": "b", "online": False}]}},
        {"a": {"sid": "a", "name": "Shop", "connected": "1"}, "b": {"sid": "b", "connected": "0"}},
    ],
    ids=["list", "under a key", "by id"],
)
def test_it_lists_the_lines_of_each_phone(provider: SMSMobileAPIProvider, gateway: RecordedGateway, body: Any) -> None:
    gateway.answer(body)
    assert shown(provider.fetch_lines()) == [
        ("whatsapp", "a", None, "Shop WhatsApp", True),
        ("sms", "a", None, "Shop SMS", True),
        ("sms", "a", 2, "Shop SMS, SIM 2", True),
        ("whatsapp", "b", None, "b WhatsApp", False),
        ("sms", "b", None, "b SMS", False),
        ("sms", "b", 2, "b SMS, SIM 2", False),
    ]


@pytest.mark.parametrize("body", [[], {"result": {"error": "9", "note": "not in your plan"}}])
def test_it_falls_back_to_the_default_phone(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, body: Any
) -> None:
    gateway.answer(body)
    assert shown(provider.fetch_lines()) == [
        ("whatsapp", "", None, "default phone WhatsApp", True),
        ("sms", "", None, "default phone SMS", True),
    ]


# News


@pytest.mark.parametrize(
    ("row", "status", "note"),
    [
        ({"send_from_mobile": "1", "send_from_mobile_erreur": "", "error_api": ""}, "sent", ""),
        ({"send_from_mobile": "1", "error_api": "0"}, "sent", ""),
        ({"send_from_mobile": "1", "send_from_mobile_erreur": "no credit"}, "failed", "no credit"),
        ({"send_from_mobile": "0", "error_api": "bad number"}, "failed", "bad number"),
        ({"error_api": "0", "send_from_mobile_erreur": "radio off"}, "failed", "radio off"),
    ],
)
def test_it_reads_the_log_of_sent_messages(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, row: dict[str, str], status: str, note: str
) -> None:
    gateway.answer({"result": {"error": 0, "sms": [row]}})
    (report,) = provider.fetch_reports([message(remote_id=GUID)])
    assert (report.remote_id, report.status, report.note) == (GUID, status, note)
    assert gateway.last.query["guid_message"] == GUID


@pytest.mark.parametrize(
    "body",
    [
        {"result": {"error": 0, "sms": []}},
        {"result": {"error": "1", "sms": None}},
        {"result": {"error": 0, "sms": [{"send_from_mobile": "0", "error_api": ""}]}},
        {"result": {"error": 0, "sms": [{"guid_message": "another", "send_from_mobile": "1"}]}},
    ],
)
def test_it_says_nothing_about_a_pending_message(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, body: Any
) -> None:
    gateway.answer(body)
    assert provider.fetch_reports([message(remote_id=GUID), message(remote_id="")]) == []
    assert len(gateway.requests) == 1


def test_it_keeps_the_reports_it_has_when_the_line_drops(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway
) -> None:
    gateway.answer({"result": {"error": 0, "sms": [{"send_from_mobile": "1"}]}})
    gateway.hang_up()
    assert len(provider.fetch_reports([message(remote_id="a"), message(remote_id="b")])) == 1


WHATSAPP_ROW = {
    "date": "2025-03-11",
    "hour": "12:27:00",
    "timestamp": "1741692420",
    "number": "5215550100011",
    "contact": "Ana",
    "message": "¿A qué hora abren?",
    "guid": "wa-1",
}
SMS_ROW = {"guid": "sms-1", "number": "+5215550100012", "message": "STOP", "time_received": "1741692421000"}


def inbox(gateway: RecordedGateway, *, whatsapp: Any, sms: Any) -> None:
    gateway.answer_at("/getwa/active/", {"error": "0"})
    gateway.answer_at("/getwa/synchronisation/", {"error": "0", "messages": "synchronized"})
    gateway.answer_at("/getwa/", whatsapp)
    gateway.answer_at("/getsms/", sms)


@pytest.mark.parametrize("whatsapp", [WHATSAPP_ROW, [WHATSAPP_ROW], {"messages": [WHATSAPP_ROW]}])
def test_it_opens_synchronises_and_reads_the_inbox(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, whatsapp: Any
) -> None:
    inbox(gateway, whatsapp=whatsapp, sms={"result": {"error": 0, "sms": [SMS_ROW]}})
    at = datetime(2025, 3, 11, 11, 27, tzinfo=UTC)
    assert provider.fetch_incoming(at) == [
        Incoming(
            channel="whatsapp",
            sender="5215550100011",
            body="¿A qué hora abren?",
            at=at,
            remote_id="wa-1",
            name="Ana",
            raw=WHATSAPP_ROW,
        ),
        Incoming(
            channel="sms", sender="+5215550100012", body="STOP", at=at.replace(second=1), remote_id="sms-1", raw=SMS_ROW
        ),
    ]
    provider.fetch_incoming(at)
    paths = [request.path for request in gateway.requests]
    assert paths == ["/getwa/active/", *["/getwa/synchronisation/", "/getwa/", "/getsms/"] * 2]
    assert gateway.last.query["after_timestamp_unix"] == str(int(at.timestamp()) - 900)


def test_it_leaves_out_messages_of_long_ago(provider: SMSMobileAPIProvider, gateway: RecordedGateway) -> None:
    inbox(gateway, whatsapp=[WHATSAPP_ROW], sms={"result": {"sms": []}})
    assert provider.fetch_incoming(datetime(2025, 3, 11, 12, 0, tzinfo=UTC)) == []
    assert len(provider.fetch_incoming(None)) == 1


@pytest.mark.parametrize(
    "refusal", [{"error": "9", "message": "no WhatsApp here"}, {"result": {"error": "2", "note": "phone offline"}}]
)
def test_it_reads_sms_where_there_is_no_whatsapp(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, refusal: Any
) -> None:
    gateway.answer_at("/getwa/active/", refusal)
    gateway.answer_at("/getsms/", {"result": {"sms": [SMS_ROW]}})
    assert [item.remote_id for item in provider.fetch_incoming(None)] == ["sms-1"]


def test_it_does_not_take_a_refused_key_for_an_empty_inbox(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway
) -> None:
    gateway.answer({"error": "forbidden"}, status=403)
    with pytest.raises(AccountRejected):
        provider.fetch_incoming(None)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"result": {"exists": "1"}}, True),
        ({"valid": False}, False),
        ([{"number": "5215550100010", "whatsapp": "yes"}], True),
    ],
)
def test_it_checks_a_number(provider: SMSMobileAPIProvider, gateway: RecordedGateway, body: Any, verdict: bool) -> None:
    gateway.answer(body)
    assert provider.check_number(WHATSAPP, "+5215550100010") is verdict
    assert gateway.last.query["recipients"] == "5215550100010"


@pytest.mark.parametrize("body", [{"result": {"error": 0}}, []])
def test_it_does_not_guess_about_a_number(provider: SMSMobileAPIProvider, gateway: RecordedGateway, body: Any) -> None:
    gateway.answer(body)
    with pytest.raises(MessageRejected):
        provider.check_number(WHATSAPP, "+5215550100010")


@pytest.mark.parametrize("kind", [OutcomeUnknown, AccountRejected])
def test_it_passes_on_what_the_gateway_does(
    provider: SMSMobileAPIProvider, gateway: RecordedGateway, kind: type[ProviderError]
) -> None:
    gateway.answer("<html>", status=500 if kind is OutcomeUnknown else 404)
    (outcome,) = provider.send([message()])
    assert isinstance(outcome, kind)
