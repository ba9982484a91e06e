"""Every endpoint of SMSGateway24 over real HTTP: the request that leaves, and what each documented answer means.

Answers follow the shapes of docs/wire.md 4.2; numbers, texts and ids are our own.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import ExchangeRecord, Http
from messaging.providers.smsgateway24 import client as client_module
from messaging.providers.smsgateway24.client import Client, Text, Upload
from tests.recorded_gateway import RecordedGateway

PASSWORD = "the0words0of0the0shop"
TOKEN = "0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 5, 26, 12, 10, 4)
FULL = Text(
    sendto="+5215550100010",
    body="Hola Ana",
    device_id="260",
    sim=1,
    customerid=41,
    timetosend=NOON,
    is_urgent=True,
)
FULL_FIELDS = {
    "sendto": "+5215550100010",
    "body": "Hola Ana",
    "device_id": "260",
    "sim": "1",
    "customerid": "41",
    "timetosend": "2026-05-26 12:10:04",
    "urgent": "1",
}
PLAIN = Text(sendto="+5215550100010", body="Hola", device_id="260", sim=0)
SAVED = {"error": 0, "sms_id": 62807347, "message": "Sms has been saved successfully"}

Call = Callable[[Client], Any]


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as running:
        running.answer_at("/gettoken", {"error": 0, "message": "OK", "token": TOKEN})
        yield running


@pytest.fixture
def exchanges() -> list[ExchangeRecord]:
    return []


@pytest.fixture
def client(gateway: RecordedGateway, exchanges: list[ExchangeRecord]) -> Iterator[Client]:
    http = Http(secrets=(PASSWORD,), record=exchanges.append)
    yield Client(base_url=gateway.url, email="shop@example.org", password=PASSWORD, http=http)
    http.close()


@dataclass(frozen=True)
class Endpoint:
    """A row of docs/wire.md 4.2 (0: beyond its table): the call, the request it makes, the answer, what comes back."""

    row: int
    call: Call
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    answer: Any = None
    returns: Any = None
    takes_token: bool = True


LOG_IN = {"email": "shop@example.org", "pass": PASSWORD}
SMSS = {"error": 0, "smss": {"7": {"id": 7, "status": 7}}, "count": 1, "message": "Ok"}
DEVICES = {"count": 1, "device": {"260": {"id": 260}}, "message": ""}
ENDPOINTS = [
    Endpoint(1, lambda c: c.gettoken(), "gettoken", LOG_IN, None, TOKEN, takes_token=False),
    Endpoint(2, lambda c: c.addsms(FULL), "addsms", FULL_FIELDS, SAVED, "62807347"),
    Endpoint(3, lambda c: c.smstosend(FULL), "smstosend", LOG_IN | FULL_FIELDS, SAVED, "62807347", takes_token=False),
    Endpoint(
        5,
        lambda c: c.getallsms(
            device_id="260",
            status=5,
            begindate=NOON,
            enddate=NOON,
            sim=0,
            customerid=41,
            onlycount=True,
            phone="+5215550100010",
            orderbydesc=True,
            timezone="Europe/Paris",
        ),
        "getallsms",
        {
            "device_id": "260",
            "status": "5",
            "begindate": "2026-05-26 12:10:04",
            "enddate": "2026-05-26 12:10:04",
            "sim": "0",
            "customerid": "41",
            "onlycount": "1",
            "phone": "+5215550100010",
            "orderbydesc": "1",
            "timezone": "Europe/Paris",
        },
        SMSS,
        SMSS,
    ),
    Endpoint(
        6,
        lambda c: c.savetag(title="Loyal"),
        "savetag",
        {"title": "Loyal"},
        {"error": 0, "tag_id": 8303, "message": "OK"},
        "8303",
    ),
    Endpoint(
        7,
        lambda c: c.savecontact(phone="+5215550100010", tag_id="8303", fullname="Ana"),
        "savecontact",
        {"phone": "+5215550100010", "tag_id": "8303", "fullname": "Ana"},
        {"error": 0, "contact_id": 15954765, "message": "ok"},
        "15954765",
    ),
    Endpoint(
        8,
        lambda c: c.savepaket(title="May", device_id="260", body="Hola", tags=["12", "13"], sim=3, time_to_send=NOON),
        "savepaket",
        {
            "title": "May",
            "device_id": "260",
            "body": "Hola",
            "tags": "12,13",
            "sim": "3",
            "time_to_send": "26.05.2026 12:10:04",
        },
        {"error": 0, "paket_id": 77, "message": "OK"},
        "77",
    ),
    Endpoint(9, lambda c: c.getalldevices(), "getalldevices", {}, DEVICES, DEVICES),
    Endpoint(
        10,
        lambda c: c.getsmsstatus(sms_id="7"),
        "getsmsstatus",
        {"sms_id": "7"},
        {"error": 0, "sms_id": 7, "status": 1, "status_description": "New", "message": "Ok"},
        {"error": 0, "sms_id": 7, "status": 1, "status_description": "New", "message": "Ok"},
    ),
    Endpoint(
        0,
        lambda c: c.getdevicestatus(device_id="260"),
        "getdevicestatus",
        {"device_id": "260"},
        {"online": False, "error": 0, "message": "OK"},
        {"online": False, "error": 0, "message": "OK"},
    ),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_it_asks_as_documented_and_reads_the_answer(
    client: Client, gateway: RecordedGateway, endpoint: Endpoint
) -> None:
    if endpoint.answer is not None:
        gateway.answer(endpoint.answer)
    result = endpoint.call(client)
    assert (gateway.last.method, gateway.last.path) == ("POST", f"/getdata/{endpoint.name}")
    assert gateway.last.form == endpoint.fields | ({"token": TOKEN} if endpoint.takes_token else {})
    assert gateway.last.query == {}
    assert result == endpoint.returns


def add_many(client: Client) -> Any:
    return client.addalotofsms([FULL, PLAIN])


def test_it_sends_many_as_json_in_one_field(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer({"error": 0, "message": "Sms has been saved successfully"})
    add_many(client)
    assert (gateway.last.method, gateway.last.path) == ("POST", "/getdata/addalotofsms")
    assert list(gateway.last.form) == ["datajson"]
    assert json.loads(gateway.last.form["datajson"]) == {
        "token": TOKEN,
        "smsdata": [
            {**FULL_FIELDS, "device_id": 260, "sim": 1, "customerid": 41, "urgent": 1},
            {"sendto": "+5215550100010", "body": "Hola", "device_id": 260, "sim": 0},
        ],
    }


def test_it_has_a_method_and_a_case_for_every_row() -> None:
    numbered = {int(row) for row in re.findall(r"# 4\.2 row (\d+)", inspect.getsource(client_module))}
    assert numbered == {endpoint.row for endpoint in ENDPOINTS} - {0} | {4} == set(range(1, 11))


def test_it_uploads_an_image_instead_of_a_text(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer(SAVED)
    client.addsms(PLAIN, file=Upload(filename="menu.png", content=b"\x89PNG", mime_type="image/png"))
    assert gateway.last.files == {"file": b"\x89PNG"}
    assert gateway.last.form == {"token": TOKEN, "sendto": "+5215550100010", "device_id": "260", "sim": "0"}


def test_it_writes_a_newsletter_without_a_time_as_zero(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer({"error": 0, "paket_id": 77})
    client.savepaket(title="May", device_id="260", body="Hola", tags=["12"], sim=0)
    assert gateway.last.form["time_to_send"] == "0"


@pytest.mark.parametrize("body", [{"smss": [], "count": 0}, {"device": [], "count": 0}])
def test_it_takes_a_list_without_error_for_a_success(client: Client, gateway: RecordedGateway, body: Any) -> None:
    gateway.answer(body)
    assert (client.getallsms() if "smss" in body else client.getalldevices()) == body


ERRORS: list[tuple[str, int, Any, type[ProviderError], Reason]] = [
    ("a refusal", 200, {"error": 1, "message": "Number is wrong"}, MessageRejected, Reason.REJECTED),
    ("a refusal as text", 200, {"error": "1", "message": "no"}, MessageRejected, Reason.REJECTED),
    ("no reason given", 200, {"error": 1}, MessageRejected, Reason.REJECTED),
    ("unknown phone", 200, {"error": 1, "message": "Device not found"}, AccountRejected, Reason.LINE_MISSING),
    (
        "subscription over",
        200,
        {"error": 1, "message": "Subscription of this device is over"},
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    ("too many", 429, "slow down", NotSent, Reason.THROTTLED),
    ("server error", 500, "<html>", OutcomeUnknown, Reason.GATEWAY_ERROR),
    ("server error in JSON", 500, {"error": 1, "message": "oops"}, OutcomeUnknown, Reason.GATEWAY_ERROR),
    ("moved", 302, "", AccountRejected, Reason.WRONG_ADDRESS),
    ("no such path", 404, "<html>", AccountRejected, Reason.WRONG_ADDRESS),
    ("a page", 200, "<html>", OutcomeUnknown, Reason.UNREADABLE),
    ("a list", 200, [], OutcomeUnknown, Reason.UNREADABLE),
    ("neither yes nor no", 200, {"message": "ok"}, OutcomeUnknown, Reason.UNREADABLE),
]


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"), [case[1:] for case in ERRORS], ids=[c[0] for c in ERRORS]
)
@pytest.mark.parametrize("call", [add_many, *(e.call for e in ENDPOINTS[1:])], ids=lambda _: "")
def test_it_names_what_went_wrong(
    client: Client,
    gateway: RecordedGateway,
    call: Call,
    status: int,
    body: Any,
    kind: type[ProviderError],
    reason: Reason,
) -> None:
    gateway.answer(body, status=status)
    with pytest.raises(kind) as caught:
        call(client)
    assert caught.value.reason == reason
    assert len([request for request in gateway.requests if not request.path.endswith("gettoken")]) == 1


@pytest.mark.parametrize("index", [1, 2, 4, 5, 6])
def test_it_does_not_know_what_was_created_without_an_id(client: Client, gateway: RecordedGateway, index: int) -> None:
    gateway.answer({"error": 0, "message": "OK"})
    with pytest.raises(OutcomeUnknown):
        ENDPOINTS[index].call(client)


def test_it_does_not_know_after_a_dropped_line(client: Client, gateway: RecordedGateway) -> None:
    gateway.hang_up()
    with pytest.raises(OutcomeUnknown):
        client.addsms(FULL)
    assert len(gateway.requests) == 2


# The token


def paths(gateway: RecordedGateway) -> list[str]:
    return [request.path.rpartition("/")[2] for request in gateway.requests]


def test_it_fetches_the_token_once(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer(SAVED)
    client.addsms(PLAIN)
    client.addsms(PLAIN)
    assert paths(gateway) == ["gettoken", "addsms", "addsms"]


@pytest.mark.parametrize("refusal", [{"error": 1, "message": "Token is not valid"}, None])
@pytest.mark.parametrize("call", [add_many, lambda c: c.addsms(FULL)])
def test_it_renews_a_refused_token_once(client: Client, gateway: RecordedGateway, call: Call, refusal: Any) -> None:
    gateway.answer(refusal or "Forbidden", status=200 if refusal else 403)
    gateway.answer(SAVED)
    gateway.answer_at("/gettoken", {"error": 0, "token": "a-fresh-token-of-today"})
    call(client)
    name = "addalotofsms" if call is add_many else "addsms"
    assert paths(gateway) == ["gettoken", name, "gettoken", name]
    assert "a-fresh-token-of-today" in str(gateway.last.form)


def test_it_gives_up_when_the_fresh_token_is_refused_too(client: Client, gateway: RecordedGateway) -> None:
    gateway.answer({"error": 1, "message": "Token is not valid"})
    with pytest.raises(AccountRejected) as caught:
        client.addsms(FULL)
    assert caught.value.reason == Reason.BAD_CREDENTIALS
    assert len(gateway.requests) == 4


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"error": 1, "message": "Login or password incorrect"}, AccountRejected),
        (200, {"error": 0, "message": "OK"}, AccountRejected),
        (401, {}, AccountRejected),
        (429, "slow", NotSent),
        (500, "<html>", NotSent),
        (200, "<html>", NotSent),
    ],
)
def test_it_sends_nothing_without_a_token(status: int, body: Any, kind: type[ProviderError]) -> None:
    with RecordedGateway() as gateway:
        gateway.answer(body, status=status)
        http = Http(secrets=(PASSWORD,))
        with pytest.raises(kind):
            Client(base_url=gateway.url, email="shop@example.org", password=PASSWORD, http=http).addsms(FULL)
        http.close()
        assert paths(gateway) == ["gettoken"]


def test_it_keeps_password_and_token_out_of_records_and_errors(
    client: Client, gateway: RecordedGateway, exchanges: list[ExchangeRecord]
) -> None:
    gateway.answer({"error": 1, "message": f"not possible with {TOKEN}"})
    errors = []
    for call in (add_many, lambda c: c.addsms(FULL), lambda c: c.smstosend(FULL)):
        with pytest.raises(MessageRejected) as caught:
            call(client)
        errors.append(str(caught.value))
    assert len(exchanges) == 4
    assert TOKEN not in f"{errors} {exchanges}"
    assert PASSWORD not in f"{errors} {exchanges}"
