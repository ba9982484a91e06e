"""The sandbox as SMSGateway24: what it answers, what it tells the product, and that our client finds its way."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, Reason
from messaging.providers.shapes import Accepted, Callback, Found, Media, NotFound, Outgoing, Route
from messaging.providers.smsgateway24 import SMSGateway24Provider
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually

SLUG = "smsgateway24"
PHONE = "+5215550100010"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def account(sandbox: SandboxProcess) -> dict[str, Any]:
    return sandbox.account(SLUG)


@pytest.fixture
def device(account: dict[str, Any]) -> str:
    return str(account["devices"][0]["id"])


def log_in(http: httpx.Client, account: dict[str, Any], **changes: str) -> dict[str, Any]:
    login = {"email": account["credentials"]["email"], "pass": account["credentials"]["password"], **changes}
    answer: dict[str, Any] = http.post(f"/{SLUG}/getdata/gettoken", data=login).json()
    return answer


@pytest.fixture
def token(http: httpx.Client, account: dict[str, Any]) -> str:
    return str(log_in(http, account)["token"])


@pytest.fixture
def ask(http: httpx.Client, token: str) -> Ask:
    """ask("addsms", sendto=…): the JSON answer to a POST with the token; via="GET" puts all into the query."""

    def call(name: str, *, via: str = "POST", files: Any = None, **fields: object) -> dict[str, Any]:
        named = {"token": token, **{key: str(value) for key, value in fields.items()}}
        where: dict[str, Any] = {"params": named} if via == "GET" else {"data": named, "files": files}
        answer = http.request(via, f"/{SLUG}/getdata/{name}", **where)
        assert answer.status_code == 200
        decoded: dict[str, Any] = answer.json()
        return decoded

    return call


def bulk(http: httpx.Client, token: str, *rows: dict[str, Any]) -> dict[str, Any]:
    datajson = json.dumps({"token": token, "smsdata": rows})
    answer: dict[str, Any] = http.post(f"/{SLUG}/getdata/addalotofsms", data={"datajson": datajson}).json()
    return answer


# Rows 1 to 4


def test_it_gives_a_token_to_those_who_know_the_password(http: httpx.Client, account: dict[str, Any]) -> None:
    first = log_in(http, account)
    assert (first["error"], first["message"], len(first["token"])) == (0, "OK", 32)
    assert log_in(http, account) == first
    assert log_in(http, account, **{"pass": "wrong"}) == {"error": 1, "message": "Login or password incorrect"}
    assert log_in(http, account, email="nobody@example.org")["error"] == 1


@pytest.mark.parametrize("via", ["GET", "POST"])
@pytest.mark.parametrize(("sim", "channel"), [(0, "sms"), (1, "sms"), (2, "whatsapp"), (3, "whatsapp"), (5, "sms")])
def test_it_takes_one(ask: Ask, sandbox: SandboxProcess, device: str, via: str, sim: int, channel: str) -> None:
    answer = ask("addsms", via=via, sendto=f" {PHONE}", body="Hola", device_id=device, sim=sim, customerid=41, urgent=1)
    assert (answer["error"], answer["message"]) == (0, "Sms has been saved successfully")
    (delivery,) = sandbox.deliveries(to=PHONE)
    assert (delivery["channel"], delivery["reference"], delivery["id"]) == (channel, "41", str(answer["sms_id"]))


def test_it_gives_one_id_for_several_numbers(ask: Ask, sandbox: SandboxProcess, device: str) -> None:
    answer = ask("addsms", sendto=f"{PHONE},5215550100011", body="Hola", device_id=device, sim=0)
    assert isinstance(answer["sms_id"], int)
    assert sandbox.received_by() == {PHONE: 1, "+5215550100011": 1}


def test_it_sends_an_image_as_its_address(ask: Ask, http: httpx.Client, sandbox: SandboxProcess, device: str) -> None:
    files = {"file": ("menu.png", b"\x89PNG", "image/png")}
    assert ask("addsms", files=files, sendto=PHONE, device_id=device, sim=3)["error"] == 0
    (delivery,) = sandbox.deliveries()
    assert delivery["text"] == delivery["attachment"]
    assert http.get(delivery["text"]).content == b"\x89PNG"
    wrong = {"file": ("menu.pdf", b"%PDF", "application/pdf")}
    assert ask("addsms", files=wrong, sendto=PHONE, device_id=device, sim=3)["error"] == 1


def test_it_sends_with_e_mail_and_password(
    http: httpx.Client, sandbox: SandboxProcess, account: dict[str, Any], device: str
) -> None:
    login = {"email": account["credentials"]["email"], "pass": account["credentials"]["password"]}
    fields = {"sendto": PHONE, "body": "Hola", "device_id": device, "sim": "0"}
    assert http.post(f"/{SLUG}/getdata/smstosend", data={**login, **fields}).json()["sms_id"]
    wrong = http.post(f"/{SLUG}/getdata/smstosend", data={**login, **fields, "pass": "wrong"}).json()
    assert wrong == {"error": 1, "message": "Login or password incorrect"}
    assert len(sandbox.deliveries()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"sendto": ""},
        {"sendto": "12"},
        {"sendto": "+5215550100091"},
        {"body": ""},
        {"device_id": ""},
        {"device_id": "999"},
        {"sim": "6"},
        {"customerid": "ana"},
        {"timetosend": "26.05.2026"},
        {"token": "wrong"},
    ],
)
def test_it_refuses_a_bad_message(
    ask: Ask, http: httpx.Client, token: str, sandbox: SandboxProcess, device: str, changes: dict[str, str]
) -> None:
    fields = {"sendto": PHONE, "body": "Hola", "device_id": device, "sim": "0", **changes}
    assert ask("addsms", **fields)["error"] == 1
    row = {name: value for name, value in fields.items() if name != "token"}
    assert bulk(http, changes.get("token", token), row)["error"] == 1
    assert sandbox.deliveries() == []


def test_it_waits_for_the_hour(ask: Ask, sandbox: SandboxProcess, device: str) -> None:
    later = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d %H:%M:%S}"
    assert ask("addsms", sendto=PHONE, body="Hola", device_id=device, sim=0, timetosend=later)["error"] == 0
    assert sandbox.deliveries() == []


def test_it_takes_many_and_gives_no_ids(http: httpx.Client, token: str, sandbox: SandboxProcess, device: str) -> None:
    rows = [{"sendto": f"+521555010001{n}", "body": "Hola", "device_id": int(device), "sim": 1} for n in range(3)]
    assert bulk(http, token, *rows) == {"error": 0, "message": "Sms has been saved successfully"}
    assert len(sandbox.received_by()) == 3


@pytest.mark.parametrize("datajson", ["", "[]", "{", '{"token": "x"}'])
def test_it_refuses_what_is_no_batch(http: httpx.Client, datajson: str) -> None:
    answer = http.post(f"/{SLUG}/getdata/addalotofsms", data={"datajson": datajson}).json()
    assert answer["error"] == 1


# Rows 5, 9, 10


def test_it_lists_messages_by_their_id(ask: Ask, device: str, sandbox: SandboxProcess) -> None:
    assert ask("getallsms") == {"error": 0, "smss": [], "count": 0, "message": "Ok"}
    first = ask("addsms", sendto=PHONE, body="Hola", device_id=device, sim=0, customerid=41)["sms_id"]
    second = ask("addsms", sendto="+5215550100012", body="Adiós", device_id=device, sim=3)["sms_id"]
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "STOP"})
    rows = eventually(lambda: _delivered(ask("getallsms", timezone="UTC")["smss"]))
    row = rows[str(first)]
    assert (row["customerid"], row["status"], row["statustitle"], row["deviceid"]) == (
        41,
        7,
        "delivered",
        int(device),
    )
    assert row["created"]["timezone"] == "UTC"
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    wanted: list[tuple[dict[str, object], list[int]]] = [
        ({"customerid": 41}, [first]),
        ({"sim": 3}, [second]),
        ({"phone": "5215550100012"}, [second]),
        ({"device_id": 999}, []),
        ({"enddate": yesterday}, []),
        ({"begindate": yesterday, "status": 7, "orderbydesc": 1}, [second, first]),
    ]
    for fields, ids in wanted:
        assert list(ask("getallsms", **fields)["smss"]) == [str(each) for each in ids], fields
    assert ask("getallsms", onlycount=1)["count"] == 3
    (incoming,) = ask("getallsms", status=5)["smss"].values()
    assert (incoming["sendto"], incoming["body"]) == (PHONE, "STOP")
    assert ask("getallsms", timezone="Mars/One")["error"] == 1
    assert ask("getallsms", begindate="today")["error"] == 1


def _delivered(rows: dict[str, Any]) -> dict[str, Any]:
    return rows if [row["status"] for row in rows.values()].count(7) == 2 else {}


def test_it_knows_each_message_s_status(ask: Ask, device: str) -> None:
    sent = ask("addsms", sendto="+5215550100099", body="Hola", device_id=device, sim=0)["sms_id"]
    answer = ask("getsmsstatus", sms_id=sent)
    assert (answer["status"], answer["status_description"], answer["error"]) == (1, "New", 0)
    assert ask("getsmsstatus", sms_id=5)["error"] == 1


def test_it_lists_phones_with_their_cards(ask: Ask, device: str, sandbox: SandboxProcess) -> None:
    answer = ask("getalldevices")
    assert "error" not in answer
    row = answer["device"][device]
    assert [sim["Slot"] for sim in row["siminfo"]] == ["0", "1"]
    assert row["siminfo"][0]["Number"].startswith(" ")
    assert ask("getdevicestatus", device_id=device)["online"] is True
    sandbox.control("disconnect", {"account": SLUG, "line": device})
    assert ask("getdevicestatus", device_id=device)["online"] is False
    assert ask("getdevicestatus", device_id=999)["error"] == 1


# Rows 6 to 8


def test_it_runs_a_newsletter_after_the_tap(ask: Ask, device: str, sandbox: SandboxProcess) -> None:
    tag = ask("savetag", title="Loyal")["tag_id"]
    for phone in (PHONE, "+5215550100011", PHONE):
        assert ask("savecontact", phone=phone, tag_id=tag, fullname="Ana")["contact_id"]
    fields = {"title": "May", "device_id": device, "body": "Hola", "tags": tag, "sim": 0}
    paket = ask("savepaket", **fields, time_to_send="26.05.2026 12:10:04")["paket_id"]
    assert sandbox.deliveries() == []
    assert ask("phone/start", paket_id=paket)["error"] == 0
    assert eventually(lambda: len(sandbox.deliveries()) == 2)
    assert sandbox.received_by() == {PHONE: 1, "+5215550100011": 1}
    assert {row["pakettitle"] for row in ask("getallsms")["smss"].values()} == {"May"}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("savetag", {}),
        ("savecontact", {"phone": PHONE}),
        ("savecontact", {"phone": PHONE, "tag_id": 999}),
        ("savecontact", {"phone": "12", "tag_id": 1}),
        ("savepaket", {"title": "May"}),
        ("savepaket", {"title": "May", "body": "x", "device_id": 1, "sim": 0, "tags": "999", "time_to_send": "0"}),
        ("savepaket", {"title": "May", "body": "x", "device_id": 1, "sim": 9, "tags": "1", "time_to_send": "0"}),
        ("phone/start", {"paket_id": 999}),
    ],
)
def test_it_refuses_a_bad_audience(ask: Ask, name: str, fields: dict[str, object]) -> None:
    assert ask(name, **fields)["error"] == 1


@pytest.mark.parametrize(
    "name",
    ["addsms", "getallsms", "savetag", "savecontact", "savepaket", "getalldevices", "getsmsstatus", "getdevicestatus"],
)
def test_it_wants_a_token_everywhere(ask: Ask, sandbox: SandboxProcess, name: str) -> None:
    assert ask(name, token="wrong") == {"error": 1, "message": "Token is not valid"}
    sandbox.control("options", {"token_seconds": 0})
    assert ask(name, token="")["error"] == 1


# Our provider


@pytest.fixture
def provider(account: dict[str, Any]) -> Iterator[SMSGateway24Provider]:
    provider = SMSGateway24Provider(base_url=account["base_url"], credentials=account["credentials"])
    yield provider
    provider.close()


@pytest.fixture
def sim(device: str) -> Route:
    return Route(channel="sms", kind="sim", address=device, slot=0)


def message(route: Route, to: str = PHONE, reference: str = "41", **fields: Any) -> Outgoing:
    at = fields.pop("attempted_at", datetime.now(UTC))
    return Outgoing(**{"reference": reference, "route": route, "to": to, "body": "Hola", "attempted_at": at, **fields})


STORIES = [
    ("10", Accepted, 1),
    ("89", Accepted, 1),
    ("91", MessageRejected, 0),
    ("93", NotSent, 0),
    ("94", OutcomeUnknown, 1),
    ("95", OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("ending", "kind", "deliveries"), STORIES)
def test_our_provider_tells_each_story(
    provider: SMSGateway24Provider, sandbox: SandboxProcess, sim: Route, ending: str, kind: type, deliveries: int
) -> None:
    (outcome,) = provider.send([message(sim, f"+52155501000{ending}")])
    assert isinstance(outcome, kind)
    assert len(sandbox.deliveries()) == deliveries


@pytest.mark.parametrize(("ending", "status"), [("90", "delivered"), ("92", "failed"), ("96", "delivered")])
def test_our_provider_follows_a_batch_by_reference(
    provider: SMSGateway24Provider, sim: Route, ending: str, status: str
) -> None:
    sent = [message(sim, f"+521555010{n}{ending}", reference=str(n)) for n in range(10, 30)]
    assert {outcome.remote_id for outcome in provider.send(sent) if isinstance(outcome, Accepted)} == {""}
    reports = eventually(lambda: _final(provider.fetch_reports(sent), status))
    assert sorted(report.reference for report in reports) == [each.reference for each in sent]


def _final(reports: list[Any], status: str) -> list[Any]:
    return reports if {report.status for report in reports} == {status} and len(reports) == 20 else []


def test_our_provider_sends_nobody_twice_from_a_refused_batch(
    provider: SMSGateway24Provider, sandbox: SandboxProcess, sim: Route
) -> None:
    endings = ["10", "11", "91", "12", "13"]
    sent = [message(sim, f"+52155501000{end}", reference=f"5{end}") for end in endings]
    outcomes = provider.send(sent)
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, *[OutcomeUnknown] * 3]
    again = provider.send([replace(each, is_alone=True) for each in sent[2:]])
    assert [type(outcome) for outcome in again] == [MessageRejected, Accepted, Accepted]
    assert sandbox.received_by() == {f"+52155501000{end}": 1 for end in endings if end != "91"}


@pytest.mark.parametrize(("ending", "is_there"), [("94", True), ("95", True), ("10", False)])
def test_our_provider_settles_a_batch_that_broke_off(
    provider: SMSGateway24Provider, sandbox: SandboxProcess, sim: Route, ending: str, is_there: bool
) -> None:
    if not is_there:
        sandbox.control("options", {"lose_rate": 1})
    a_minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    sent = [message(sim, f"+521555010{n}{ending}", str(n), attempted_at=a_minute_ago) for n in (20, 21)]
    assert [type(outcome) for outcome in provider.send(sent)] == [OutcomeUnknown] * 2
    found = [provider.find(each) for each in sent]
    assert [type(each) for each in found] == [Found if is_there else NotFound] * 2
    assert len(sandbox.deliveries()) == (2 if is_there else 0)


def test_our_provider_finds_the_lines_and_sends_by_them(
    provider: SMSGateway24Provider, sandbox: SandboxProcess
) -> None:
    lines = provider.fetch_lines()
    assert [(line.route.slot, line.label, line.is_connected) for line in lines] == [
        (0, "Sandbox Android SIM 1", True),
        (1, "Sandbox Android SIM 2", True),
        (3, "Sandbox Android WhatsApp", True),
        (2, "Sandbox Android WhatsApp Business", True),
    ]
    for line in lines:
        (outcome,) = provider.send([message(line.route)])
        assert isinstance(outcome, Accepted)
    assert [each["channel"] for each in sandbox.deliveries()] == ["sms", "sms", "whatsapp", "whatsapp"]


def test_our_provider_sees_a_phone_go(provider: SMSGateway24Provider, sandbox: SandboxProcess, device: str) -> None:
    sandbox.control("disconnect", {"account": SLUG, "line": device})
    assert not any(line.is_connected for line in provider.fetch_lines())


def test_our_provider_sends_an_image(provider: SMSGateway24Provider, sandbox: SandboxProcess, device: str) -> None:
    route = Route(channel="whatsapp", kind="sim", address=device, slot=3)
    picture = Media(kind="image", content=b"\x89PNG", filename="menu.png", mime_type="image/png")
    (outcome,) = provider.send([message(route, body="", attachment=picture)])
    assert isinstance(outcome, Accepted)
    assert sandbox.deliveries()[0]["attachment"].endswith(".png")


@pytest.mark.parametrize("is_batch", [False, True])
def test_our_provider_stops_when_the_subscription_is_over(
    provider: SMSGateway24Provider, sandbox: SandboxProcess, sim: Route, is_batch: bool
) -> None:
    sandbox.control("credit", {"account": SLUG, "left": False})
    outcomes = provider.send([message(sim, reference=str(n)) for n in range(2 if is_batch else 1)])
    assert all(isinstance(each, AccountRejected) and each.is_line for each in outcomes)
    assert {each.reason for each in outcomes if isinstance(each, AccountRejected)} == {Reason.SUBSCRIPTION_EXPIRED}


def test_our_provider_renews_its_token(
    provider: SMSGateway24Provider, sandbox: SandboxProcess, http: httpx.Client, account: dict[str, Any], sim: Route
) -> None:
    sandbox.control("options", {"token_seconds": 0.5})
    assert isinstance(provider.send([message(sim)])[0], Accepted)
    old = log_in(http, account)["token"]
    sandbox.control("options", {"token_seconds": 600})
    eventually(lambda: http.post(f"/{SLUG}/getdata/getalldevices", data={"token": old}).json().get("error") == 1)
    assert isinstance(provider.send([message(sim, reference="42")])[0], Accepted)
    assert len(sandbox.deliveries()) == 2


def test_our_provider_reads_the_inbox(provider: SMSGateway24Provider, sandbox: SandboxProcess, device: str) -> None:
    for channel in ("sms", "whatsapp"):
        sandbox.control("incoming", {"account": SLUG, "channel": channel, "from": PHONE, "text": f"by {channel}"})
    found = provider.fetch_incoming(datetime.now(UTC))
    assert [(item.channel, item.sender, item.body, item.line_hint) for item in found] == [
        ("sms", PHONE, "by sms", device),
        ("whatsapp", PHONE, "by whatsapp", device),
    ]
    assert all(datetime.now(UTC) - item.at < timedelta(minutes=1) for item in found)
    assert provider.fetch_incoming(datetime.now(UTC) + timedelta(hours=1)) == []


# Calls to the product


def news(provider: SMSGateway24Provider, listener: RecordedGateway) -> list[Any]:
    found: list[Any] = []
    for request in listener.requests:
        callback = Callback(headers=request.headers, body=request.body, content_type="application/json")
        provider.verify_callback(callback)
        found += provider.parse_callback(callback)
    return found


@pytest.fixture
def listener(sandbox: SandboxProcess) -> Iterator[RecordedGateway]:
    with RecordedGateway() as listener:
        listener.answer(b"", status=200)
        sandbox.control("callbacks", {"account": SLUG, "url": f"{listener.url}/callbacks/smsgateway24/"})
        yield listener


@pytest.mark.parametrize(
    ("ending", "words"), [("10", {"accepted", "sent", "delivered"}), ("92", {"accepted", "failed"})]
)
def test_our_provider_believes_what_it_tells_of_a_message(
    provider: SMSGateway24Provider, listener: RecordedGateway, sim: Route, ending: str, words: set[str]
) -> None:
    (outcome,) = provider.send([message(sim, f"+52155501000{ending}")])
    assert isinstance(outcome, Accepted)
    eventually(lambda: len(listener.requests) == len(words))
    reports = news(provider, listener)
    assert {(report.status, report.remote_id) for report in reports} == {(word, outcome.remote_id) for word in words}
    delivery = listener.requests[0].json()
    assert set(delivery) == {
        "sms_id",
        "status_id",
        "status_message",
        "sendto",
        "senttime",
        "channel_id",
        "device_id",
    }


def test_our_provider_hears_a_text_and_sees_an_image(
    provider: SMSGateway24Provider, listener: RecordedGateway, sandbox: SandboxProcess, device: str
) -> None:
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "¿Abren?"})
    picture = "https://files.example/i.jpg"
    sandbox.control("incoming", {"account": SLUG, "from": PHONE, "text": "", "attachment": picture})
    eventually(lambda: len(listener.requests) == 2)
    heard = {item.channel: item for item in news(provider, listener)}
    assert (heard["sms"].body, heard["sms"].line_hint) == ("¿Abren?", device)
    assert (heard["whatsapp"].media_url, heard["whatsapp"].media_kind) == (picture, "image")
    polled = {item.channel: item.remote_id for item in provider.fetch_incoming(None)}
    assert polled == {channel: item.remote_id for channel, item in heard.items()}
