"""SMSGateway24 behind the contract: what leaves for messages, which lines there are, what its lists and calls say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    Reason,
)
from messaging.providers.shapes import Accepted, CannotTell, Found, Incoming, Location, Media, NotFound, Outgoing, Route
from messaging.providers.smsgateway24 import SMSGateway24Provider
from tests.messaging.smsgateway24_words import WORDS
from tests.recorded_gateway import RecordedGateway

SIM = Route(channel="sms", kind="sim", address="260", slot=1)
WHATSAPP = Route(channel="whatsapp", kind="sim", address="260", slot=3)
SAVED = {"error": 0, "sms_id": 62807347, "message": "Sms has been saved successfully"}
REFUSED = {"error": 1, "message": "Number is wrong"}
PHONE = "+5215550100010"


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        running.answer_at("/gettoken", {"error": 0, "message": "OK", "token": "token-of-today"})
        yield running


@pytest.fixture(params=["", "/", "/getdata", "/getdata/"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(gateway: RecordedGateway) -> Iterator[SMSGateway24Provider]:
    provider = provider_at(gateway.url)
    yield provider
    provider.close()


def provider_at(url: str) -> SMSGateway24Provider:
    return SMSGateway24Provider(
        base_url=url, credentials={"email": "shop@example.org", "password": "words-of-the-shop"}
    )


def message(reference: str = "41", route: Route = SIM, **fields: Any) -> Outgoing:
    return Outgoing(**{"reference": reference, "route": route, "to": PHONE, "body": "Hola", **fields})


def row(key: int, customer: int | None = None, status: int = 7, **fields: Any) -> dict[str, Any]:
    return {"id": key, "sendto": PHONE, "body": "Hola", "customerid": customer, "status": status, **fields}


def smss(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"error": 0, "smss": {str(each["id"]): each for each in rows}, "count": len(rows), "message": "Ok"}


def ago(**spell: float) -> datetime:
    return datetime.now(UTC) - timedelta(**spell)


def names(gateway: RecordedGateway) -> list[str]:
    return [request.path.rpartition("/")[2] for request in gateway.requests]


# Sending


def test_it_finds_the_gateway_however_its_address_is_written(gateway: RecordedGateway, base: str) -> None:
    gateway.answer(SAVED)
    provider = provider_at(gateway.url + base)
    provider.send([message()])
    provider.close()
    assert gateway.last.path == "/getdata/addsms"


@pytest.mark.parametrize(
    ("outgoing", "fields"),
    [
        (message(), {"sim": "1", "body": "Hola"}),
        (message(is_urgent=True), {"sim": "1", "body": "Hola", "urgent": "1"}),
        (message(route=WHATSAPP), {"sim": "3", "body": "Hola"}),
        (
            message(attachment=Media(kind="image", url="https://shop.example/i.png")),
            {"sim": "1", "body": "Hola\nhttps://shop.example/i.png"},
        ),
        (
            message(body="", route=WHATSAPP, attachment=Media(kind="image", url="https://shop.example/i.png")),
            {"sim": "3", "body": "https://shop.example/i.png"},
        ),
    ],
    ids=["sim 2", "urgent", "whatsapp", "picture after a text", "picture"],
)
def test_it_sends_one(
    provider: SMSGateway24Provider, gateway: RecordedGateway, outgoing: Outgoing, fields: dict[str, str]
) -> None:
    gateway.answer(SAVED)
    assert provider.send([outgoing]) == [Accepted(remote_id="62807347")]
    common = {"token": "token-of-today", "sendto": PHONE, "device_id": "260", "customerid": "41"}
    assert gateway.last.form == common | fields


def test_it_uploads_a_picture_over_whatsapp(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer(SAVED)
    picture = Media(kind="image", content=b"\x89PNG", filename="menu.png", mime_type="image/png")
    assert provider.send([message(body="", route=WHATSAPP, attachment=picture)]) == [Accepted(remote_id="62807347")]
    assert gateway.last.files == {"file": b"\x89PNG"}


PICTURE = Media(kind="image", content=b"\x89PNG", filename="menu.png")


@pytest.mark.parametrize(
    "outgoing",
    [
        message(to="120363000000000001@g.us", is_group=True),
        message(attachment=Location(latitude=19.4, longitude=-99.1)),
        message(attachment=Media(kind="document", url="https://shop.example/menu.pdf")),
        message(body="", attachment=PICTURE),
        message(route=WHATSAPP, attachment=PICTURE),
    ],
    ids=["group", "location", "document", "upload by SMS", "upload with a text"],
)
def test_it_refuses_what_the_gateway_cannot_carry(
    provider: SMSGateway24Provider, gateway: RecordedGateway, outgoing: Outgoing
) -> None:
    (outcome,) = provider.send([outgoing])
    assert isinstance(outcome, MessageRejected)
    assert outcome.reason == Reason.NOT_SUPPORTED
    assert gateway.requests == []


def test_it_sends_many_in_one_call_and_pictures_singly(
    provider: SMSGateway24Provider, gateway: RecordedGateway
) -> None:
    gateway.answer_at("/addalotofsms", {"error": 0, "message": "Sms has been saved successfully"})
    gateway.answer_at("/addsms", SAVED)
    picture = message("42", attachment=Media(kind="image", url="https://shop.example/i.png"))
    group = message("43", to="1@g.us", is_group=True)
    first, second, third, fourth = provider.send([message("41"), picture, group, message("44")])
    assert (first, second) == (Accepted(remote_id="", raw=first.raw), Accepted(remote_id="62807347"))  # type: ignore[union-attr]
    assert isinstance(third, MessageRejected)
    assert isinstance(fourth, Accepted)
    assert names(gateway) == ["gettoken", "addalotofsms", "addsms"]
    sent = json.loads(gateway.requests[1].form["datajson"])["smsdata"]
    assert [each["customerid"] for each in sent] == [41, 44]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, "<html>", OutcomeUnknown),
        (200, "<html>", OutcomeUnknown),
        (429, "slow", NotSent),
        (200, {"error": 1, "message": "Device not found"}, AccountRejected),
        (200, {"error": 1, "message": "Token is not valid"}, AccountRejected),
    ],
)
def test_it_gives_every_message_of_a_batch_the_same_end(
    provider: SMSGateway24Provider, gateway: RecordedGateway, status: int, body: Any, kind: type[Exception]
) -> None:
    gateway.answer(body, status=status)
    outcomes = provider.send([message("41"), message("42")])
    assert [type(outcome) for outcome in outcomes] == [kind, kind]
    assert "addsms" not in names(gateway)


def test_it_sends_nothing_again_right_after_a_batch_was_refused(
    provider: SMSGateway24Provider, gateway: RecordedGateway
) -> None:
    gateway.answer_at("/addalotofsms", REFUSED)
    gateway.answer_at("/getallsms", smss(row(7, 41)))
    first, second, third = provider.send([message("41"), message("42", to="+52155"), message("43", body="Other")])
    assert first == Accepted(remote_id="7")
    assert [type(second), type(third)] == [OutcomeUnknown, OutcomeUnknown]
    assert names(gateway)[1:] == ["addalotofsms", "getallsms"]


def test_it_sends_by_itself_what_a_batch_failed_with(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer_at("/addsms", REFUSED)
    gateway.answer_at("/addsms", SAVED)
    first, second = provider.send([message("41", is_alone=True), message("42", is_alone=True)])
    assert isinstance(first, MessageRejected)
    assert second == Accepted(remote_id="62807347")
    assert names(gateway)[1:] == ["addsms", "addsms"]


@pytest.mark.parametrize("listing", [smss(row(7, None)), None])
def test_it_does_not_split_a_batch_it_cannot_see_into(
    provider: SMSGateway24Provider, gateway: RecordedGateway, listing: Any
) -> None:
    gateway.answer_at("/addalotofsms", REFUSED)
    gateway.answer_at("/getallsms", listing or "<html>", status=200 if listing else 500)
    outcomes = provider.send([message("41"), message("42")])
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert "addsms" not in names(gateway)


# Settling what is not known


@pytest.mark.parametrize(
    ("rows", "around", "age", "verdict"),
    [
        ([row(7, 41, status=1)], [], 5, Found(remote_id="7", status="accepted", raw=row(7, 41, status=1))),
        ([row(7, 41, status=8)], [], 60, Found(remote_id="7", status="failed", raw=row(7, 41, status=8))),
        ([], [], 5, CannotTell),
        ([], [], 60, NotFound()),
        ([], [row(8, 40)], 60, NotFound()),
        ([], [row(8, None, body="Adiós")], 60, NotFound()),
        ([], [row(8, None, status=5)], 60, NotFound()),
        ([], [row(8, None)], 60, CannotTell),
        ([], [row(8, 0, sendto=" 5215550100010")], 60, CannotTell),
        ([row(7, 41, sendto="+5215550100099")], [], 60, NotFound()),
    ],
    ids=[
        "there",
        "there and failed",
        "too young to say",
        "absent",
        "only others of ours",
        "another text",
        "a reply",
        "alike without reference",
        "alike in another spelling",
        "another program's customer",
    ],
)
def test_it_settles_an_unknown_outcome(
    provider: SMSGateway24Provider,
    gateway: RecordedGateway,
    rows: list[dict[str, Any]],
    around: list[dict[str, Any]],
    age: int,
    verdict: Any,
) -> None:
    gateway.answer(smss(*rows))
    gateway.answer(smss(*around))
    found = provider.find(message(attempted_at=ago(seconds=age)))
    if verdict is CannotTell:
        assert isinstance(found, CannotTell)
    else:
        assert found == verdict
    assert gateway.requests[1].form["customerid"] == "41"


# Reports


@pytest.mark.parametrize(("code", "status", "reason"), WORDS)
def test_it_reads_every_status_of_one_message(
    provider: SMSGateway24Provider, gateway: RecordedGateway, code: int, status: Any, reason: Reason | None
) -> None:
    gateway.answer({"error": 0, "sms_id": 7, "status": str(code), "status_description": "words", "message": "Ok"})
    reports = provider.fetch_reports([message(remote_id="7")])
    assert [(r.status, r.reason, r.remote_id, r.reference) for r in reports] == (
        [(status, reason, "7", "41")] if status else []
    )


def test_it_follows_a_message_without_id_by_its_reference(
    provider: SMSGateway24Provider, gateway: RecordedGateway
) -> None:
    gateway.answer(smss(row(9, 41, sendto="+5215550100099"), row(7, 41)))
    (report,) = provider.fetch_reports([message()])
    assert (report.status, report.remote_id, report.reference) == ("delivered", "7", "41")


def test_it_asks_for_many_by_the_time_they_left(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer(smss(*(row(100 + n, n, status=6) for n in range(1, 10)), row(200, None, status=5)))
    left = datetime(2026, 5, 26, 12, 0, tzinfo=UTC)
    messages = [message(str(n), attempted_at=left + timedelta(minutes=n)) for n in range(1, 9)]
    messages.append(message("9", attempted_at=left, remote_id="109"))
    reports = provider.fetch_reports(messages)
    assert sorted((r.reference, r.remote_id) for r in reports) == [(str(n), str(100 + n)) for n in range(1, 10)]
    assert names(gateway) == ["gettoken", "getallsms"]
    assert gateway.last.form == {
        "token": "token-of-today",
        "begindate": "2026-05-26 11:45:00",
        "enddate": "2026-05-26 12:23:00",
        "timezone": "UTC",
    }


def test_it_asks_singly_for_what_the_list_leaves_out(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer(smss())
    gateway.answer(smss(row(7, 1)))
    messages = [message(str(n), attempted_at=ago(minutes=5)) for n in range(1, 30)]
    assert [report.reference for report in provider.fetch_reports(messages)] == ["1"]
    assert names(gateway) == ["gettoken", *["getallsms"] * 11]


def test_it_says_nothing_about_an_id_the_gateway_forgot(
    provider: SMSGateway24Provider, gateway: RecordedGateway
) -> None:
    gateway.answer({"error": 1, "message": "Sms not found"})
    assert provider.fetch_reports([message(remote_id="7")]) == []


# The account and its lines


def device(key: int, **fields: Any) -> dict[str, Any]:
    seen = {"date": f"{ago(minutes=2):%Y-%m-%d %H:%M:%S}.000000", "timezone_type": 3, "timezone": "UTC"}
    return {"id": key, "title": f"Phone {key}", "lastseen": seen, "siminfo": [], "subscription": True, **fields}


def test_it_lists_sims_and_whatsapp_apps(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    sims = [{"Slot": "0", "Number": " 15555215554"}, {"Slot": "1", "Number": "null"}, {"Slot": "7"}]
    gateway.answer({"count": 1, "device": {"260": device(260, siminfo=sims)}})
    lines = provider.fetch_lines()
    shown = [(line.route.channel, line.route.slot, line.label, line.phone, line.is_connected) for line in lines]
    assert shown == [
        ("sms", 0, "Phone 260 SIM 1", "15555215554", True),
        ("sms", 1, "Phone 260 SIM 2", "", True),
        ("whatsapp", 3, "Phone 260 WhatsApp", "", True),
        ("whatsapp", 2, "Phone 260 WhatsApp Business", "", True),
    ]
    assert {(line.route.kind, line.route.address, line.device_name) for line in lines} == {("sim", "260", "Phone 260")}


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"subscription": False}, "no subscription for this phone"),
        ({"lastseen": None}, "never seen by the gateway"),
        (
            {"lastseen": {"date": "2020-04-23 17:02:21.000000", "timezone_type": 1, "timezone": "+02:00"}},
            "not seen since 2020-04-23 15:02 UTC",
        ),
    ],
)
def test_it_says_why_a_phone_cannot_send(
    provider: SMSGateway24Provider, gateway: RecordedGateway, fields: dict[str, Any], note: str
) -> None:
    gateway.answer({"device": {"260": device(260, **fields)}})
    assert {(line.is_connected, line.note) for line in provider.fetch_lines()} == {(False, note)}


@pytest.mark.parametrize("listing", [[], {}])
def test_it_lists_nothing_for_an_account_without_phones(
    provider: SMSGateway24Provider, gateway: RecordedGateway, listing: Any
) -> None:
    gateway.answer({"count": 0, "device": listing})
    assert provider.fetch_lines() == []


def test_it_tells_who_we_are(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer({"count": 1, "device": {"260": device(260)}})
    info = provider.check()
    assert (info.label, info.quota) == ("shop@example.org", {"devices": {"used": 1, "limit": None}})


def test_it_says_that_the_password_is_wrong() -> None:
    with RecordedGateway() as gateway:
        gateway.answer({"error": 1, "message": "Login or password incorrect"})
        with pytest.raises(AccountRejected) as caught:
            provider_at(gateway.url).check()
    assert (caught.value.reason, caught.value.detail) == (Reason.BAD_CREDENTIALS, "Login or password incorrect")


# What comes in


def test_it_polls_the_inbox(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    created = {"date": "2023-11-02 22:44:43.000000", "timezone_type": 3, "timezone": "Europe/Paris"}
    text = row(7, status=5, body="STOP", deviceid=260, created=created)
    gateway.answer(smss(text, row(8, status=5, sim=3, created=created), row(9, 41)))
    first, second = provider.fetch_incoming(datetime(2023, 11, 2, 21, 0, tzinfo=UTC))
    assert first == Incoming(
        channel="sms",
        sender=PHONE,
        body="STOP",
        at=datetime(2023, 11, 2, 21, 44, 43, tzinfo=UTC),
        remote_id="7",
        line_hint="260",
        raw=text,
    )
    assert (second.remote_id, second.channel) == ("8", "whatsapp")
    assert (gateway.last.form["status"], gateway.last.form["begindate"]) == ("5", "2023-11-02 20:45:00")


def test_it_polls_everything_the_first_time(provider: SMSGateway24Provider, gateway: RecordedGateway) -> None:
    gateway.answer({"smss": [], "count": 0})
    assert provider.fetch_incoming(None) == []
    assert "begindate" not in gateway.last.form
