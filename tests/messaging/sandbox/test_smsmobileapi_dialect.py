"""The sandbox as SMSMobileAPI: what it answers, what it tells the product, and that our client and the vendor's own
published one find their way."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from smsmobileapi import SMSSender  # type: ignore[import-untyped]

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, Reason
from messaging.providers.shapes import Accepted, Callback, Incoming, Outgoing, Route, StatusReport
from messaging.providers.smsmobileapi import SMSMobileAPIProvider
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually

SLUG = "smsmobileapi"
PHONE = "+5215550100010"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def account(sandbox: SandboxProcess) -> dict[str, Any]:
    return sandbox.account(SLUG)


@pytest.fixture
def ask(http: httpx.Client, account: dict[str, Any]) -> Ask:
    """ask("GET", "getwa/", before=5): the answer to a call with the account's key."""

    def call(method: str, path: str, **fields: object) -> httpx.Response:
        named = {"apikey": account["credentials"]["api_key"], **{name: str(value) for name, value in fields.items()}}
        where = {"params": named} if method == "GET" else {"data": named}
        return http.request(method, f"/{SLUG}/{path}", **where)  # type: ignore[arg-type]

    return call


@pytest.fixture
def provider(account: dict[str, Any]) -> Iterator[SMSMobileAPIProvider]:
    provider = SMSMobileAPIProvider(
        base_url=account["base_url"],
        credentials={"api_key": account["credentials"]["api_key"], "webhook_secret": "our-hook-secret"},
    )
    yield provider
    provider.close()


def send(ask: Ask, **fields: object) -> dict[str, Any]:
    answer = ask("POST", "sendsms/", recipients=PHONE.lstrip("+"), message="Hola", **fields)
    result: dict[str, Any] = answer.json()["result"]
    return result


# Rows 1 and 2


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["sendsms", "sendsms/"])
def test_it_takes_an_sms(ask: Ask, sandbox: SandboxProcess, account: dict[str, Any], method: str, path: str) -> None:
    result = ask(method, path, recipients=PHONE, message="Hola\nAna", port=2).json()["result"]
    assert (result["error"], result["sent"], len(result["id"]), result["port"]) == (0, "1", 40, "2")
    (delivery,) = sandbox.deliveries(to=PHONE)
    assert (delivery["channel"], delivery["line"], delivery["text"]) == (
        "sms",
        account["devices"][0]["unique"],
        "Hola\nAna",
    )


def test_it_takes_a_whatsapp_message(ask: Ask, sandbox: SandboxProcess) -> None:
    assert send(ask, waonly="yes", url_media="https://shop.example/menu.pdf")["send_with_whatsapp"] == "1"
    (delivery,) = sandbox.deliveries(to=PHONE)
    assert (delivery["channel"], delivery["attachment"]) == ("whatsapp", "https://shop.example/menu.pdf")


@pytest.mark.parametrize(
    "fields",
    [
        {"recipients": ""},
        {"recipients": "0052155501"},
        {"recipients": "521,522"},
        {"message": ""},
        {"waonly": "yes", "recipients": PHONE},
        {"url_media": "https://shop.example/i.png"},
        {"waonly": "yes", "url_media": "http://shop.example/i.png"},
        {"port": 3},
        {"sIdentifiant": "nobody"},
        {"schedule_timestamp": "tomorrow"},
        {"apikey": ""},
    ],
)
def test_it_names_a_bad_parameter(ask: Ask, sandbox: SandboxProcess, fields: dict[str, object]) -> None:
    answer = ask("POST", "sendsms/", **{"recipients": "5215550100010", "message": "Hola", **fields})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message"}
    assert sandbox.deliveries() == []


def test_it_says_no_in_each_documented_way(ask: Ask, sandbox: SandboxProcess, account: dict[str, Any]) -> None:
    assert ask("POST", "sendsms/", apikey="wrong", recipients="521555010", message="x").status_code == 403
    sandbox.control("deny", {"account": SLUG, "endpoints": ["sendsms"]})
    assert send(ask)["error"] == "1"
    sandbox.control("deny", {"account": SLUG, "endpoints": []})
    sandbox.control("disconnect", {"account": SLUG, "line": account["devices"][0]["unique"]})
    assert send(ask)["error"] == 2
    sandbox.control("credit", {"account": SLUG, "left": False})
    assert send(ask)["error"] == "subscription_expire"
    assert sandbox.deliveries() == []


def test_it_sends_again_only_what_failed(ask: Ask, sandbox: SandboxProcess) -> None:
    failing = ask("POST", "sendsms/", recipients="5215550100092", message="Hola", waonly="yes").json()["result"]["id"]
    eventually(lambda: ask("GET", "log/sent/sms/", guid_message=failing, error_mobile=1).json()["result"]["sms"])
    assert ask("POST", "resendwa/", guid=failing).json()["result"]["sent"] == "1"
    assert len(sandbox.deliveries(to="+5215550100092")) == 2
    sound = send(ask, waonly="yes")["id"]
    assert ask("GET", "resendwa/", guid=sound).json()["result"]["sent"] == "0"
    assert ask("POST", "resendwa/", guid="unknown").status_code == 400


# Rows 3 and 4, and the SMS inbox


def test_it_hands_out_whatsapp_messages_in_the_documented_order(ask: Ask, sandbox: SandboxProcess) -> None:
    sandbox.control("incoming", {"account": SLUG, "from": PHONE, "text": "¿Abren?"})
    assert "error" in ask("GET", "getwa/synchronisation/").json()
    assert ask("GET", "getwa/active/", statut="x").json()["statut"] == "0"
    assert ask("GET", "getwa/active/", statut="1").json()["statut"] == "1"
    assert ask("GET", "getwa/").json()["error"] == "not_synchronized"
    answer = ask("GET", "getwa/synchronisation/").text
    assert '"expire_at ": ' in answer
    assert answer.endswith(",\n}")
    one = ask("GET", "getwa/").text
    assert '"total_tokens_cost":"0""response"' in one
    assert json.loads(one.replace('"0""response"', '"0","response"'))["message"] == "¿Abren?"
    sandbox.control("incoming", {"account": SLUG, "from": PHONE, "text": "¿Hoy?", "attachment": "note.ogg"})
    assert ask("GET", "getwa/").text.count('"guid"') == 2
    assert ask("GET", "getwa/", message_type="audio").text.count('"guid"') == 1
    assert ask("GET", "getwa/", before=5).text == "[]"
    assert ask("GET", "getwa/", message_type="video").status_code == 400


def test_it_lists_received_sms(ask: Ask, sandbox: SandboxProcess) -> None:
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "STOP"})
    (row,) = ask("GET", "getsms/", onlyunread="yes").json()["result"]["sms"]
    assert (row["number"], row["message"]) == (PHONE, "STOP")
    assert ask("GET", "getsms/", onlyunread="yes").json()["result"]["sms"] == []
    later = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    assert ask("GET", "getsms/", after_timestamp_unix=later).json()["result"]["sms"] == []


@pytest.mark.parametrize("path", ["getwa/", "getsms/", "log/sent/sms/", "gateway/mobile/list/"])
def test_it_wants_a_key_everywhere(http: httpx.Client, path: str) -> None:
    assert http.get(f"/{SLUG}/{path}").status_code == 400
    assert http.get(f"/{SLUG}/{path}", params={"apikey": "wrong"}).status_code == 403


def test_it_answers_other_paths_with_a_page(ask: Ask) -> None:
    assert ask("GET", "getmms/").status_code == 404
    assert ask("POST", "getwa/").status_code == 405


# Row 5


def token_for(http: httpx.Client, account: dict[str, Any]) -> httpx.Response:
    names = ("client_id", "client_secret")
    client = {name: account["credentials"][name] for name in names}
    return http.post(f"/{SLUG}/oauth2/token", data={"grant_type": "client_credentials", **client})


def test_it_gives_a_token_that_opens_the_door(http: httpx.Client, account: dict[str, Any]) -> None:
    token = token_for(http, account).json()["access_token"]
    phones = http.get(f"/{SLUG}/gateway/mobile/list/", headers={"Authorization": f"Bearer {token}"})
    assert phones.json()["items"][0]["status"] == "online"
    token_for(http, account)
    stale = http.get(f"/{SLUG}/gateway/mobile/list/", headers={"Authorization": f"Bearer {token}"})
    assert stale.status_code == 403


def test_it_gives_no_token_to_a_stranger(http: httpx.Client) -> None:
    form = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "wrong"}
    assert http.post(f"/{SLUG}/oauth2/token", data=form).status_code == 401
    assert http.post(f"/{SLUG}/oauth2/token", data={**form, "grant_type": "password"}).status_code == 400


# The published client


def test_the_published_client_sends_and_reads(sandbox: SandboxProcess, account: dict[str, Any]) -> None:
    witness = SMSSender(account["credentials"]["api_key"])
    witness.api_url_send = f"{account['base_url']}/sendsms"
    witness.api_url_received = f"{account['base_url']}/getsms"
    assert witness.send_message("5215550100010", "Hola")["result"]["sent"] == "1"
    assert witness.send_message("5215550100011", "Hola", sendwa=1, sendsms=0)["result"]["send_with_whatsapp"] == "1"
    assert [each["channel"] for each in sandbox.deliveries()] == ["sms", "whatsapp"]
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "Gracias"})
    assert witness.get_received_messages()["result"]["sms"][0]["message"] == "Gracias"


def test_the_published_client_is_told_of_a_wrong_key(account: dict[str, Any]) -> None:
    stranger = SMSSender("wrong")
    stranger.api_url_send = f"{account['base_url']}/sendsms"
    assert "403" in stranger.send_message("5215550100010", "Hola")["error"]


# Our provider


def message(to: str = PHONE, channel: Any = "whatsapp", **fields: Any) -> Outgoing:
    route = Route(channel=channel, kind="whatsapp" if channel == "whatsapp" else "sim", address="")
    return Outgoing(reference="41", route=route, to=to, body="Hola", **fields)


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
@pytest.mark.parametrize(
    ("ending", "kind", "deliveries"),
    [
        ("10", Accepted, 1),
        ("89", Accepted, 1),
        ("91", MessageRejected, 0),
        ("93", NotSent, 0),
        ("94", OutcomeUnknown, 1),
        ("95", OutcomeUnknown, 1),
    ],
)
def test_our_provider_tells_each_story(
    provider: SMSMobileAPIProvider, sandbox: SandboxProcess, channel: str, ending: str, kind: type, deliveries: int
) -> None:
    (outcome,) = provider.send([message(f"+52155501000{ending}", channel)])
    assert isinstance(outcome, kind)
    assert len(sandbox.deliveries()) == deliveries


@pytest.mark.parametrize(("ending", "status"), [("10", "sent"), ("92", "failed")])
def test_our_provider_follows_a_message(provider: SMSMobileAPIProvider, ending: str, status: str) -> None:
    (outcome,) = provider.send([message(f"+52155501000{ending}")])
    assert isinstance(outcome, Accepted)
    sent = message(remote_id=outcome.remote_id)
    (report,) = eventually(lambda: provider.fetch_reports([sent]))
    assert report.status == status


def test_our_provider_reads_both_inboxes(provider: SMSMobileAPIProvider, sandbox: SandboxProcess) -> None:
    for channel in ("whatsapp", "sms"):
        sandbox.control("incoming", {"account": SLUG, "channel": channel, "from": PHONE, "text": f"by {channel}"})
    found = provider.fetch_incoming(datetime.now(UTC))
    assert [(item.channel, item.body, len(item.remote_id)) for item in found] == [
        ("whatsapp", "by whatsapp", 40),
        ("sms", "by sms", 40),
    ]
    assert provider.fetch_incoming(datetime.now(UTC) + timedelta(hours=1)) == []


def test_our_provider_finds_the_lines_and_sends_by_them(
    provider: SMSMobileAPIProvider, sandbox: SandboxProcess
) -> None:
    assert provider.check().quota == {"devices": {"used": 1, "limit": 5}}
    lines = provider.fetch_lines()
    assert [line.label for line in lines] == [
        "Sandbox Mobile WhatsApp",
        "Sandbox Mobile SMS",
        "Sandbox Mobile SMS, SIM 2",
    ]
    for line in lines:
        (outcome,) = provider.send([Outgoing(reference="41", route=line.route, to=PHONE, body="Hola")])
        assert isinstance(outcome, Accepted)
    assert [each["channel"] for each in sandbox.deliveries()] == ["whatsapp", "sms", "sms"]


@pytest.mark.parametrize(("ending", "is_there"), [("10", True), ("91", False)])
def test_our_provider_checks_a_number(provider: SMSMobileAPIProvider, ending: str, is_there: bool) -> None:
    route = Route(channel="whatsapp", kind="whatsapp", address="")
    assert provider.check_number(route, f"+52155501000{ending}") is is_there


def test_our_provider_renews_its_token(sandbox: SandboxProcess, http: httpx.Client, account: dict[str, Any]) -> None:
    credentials = {name: account["credentials"][name] for name in ("client_id", "client_secret")}
    provider = SMSMobileAPIProvider(base_url=account["base_url"], credentials=credentials)
    assert isinstance(provider.send([message()])[0], Accepted)
    token_for(http, account)  # somebody else signs in, which ends our token
    assert isinstance(provider.send([message()])[0], Accepted)
    provider.close()
    assert len(sandbox.deliveries()) == 2


def test_our_provider_says_that_the_key_is_wrong(account: dict[str, Any]) -> None:
    provider = SMSMobileAPIProvider(base_url=account["base_url"], credentials={"api_key": "wrong"})
    with pytest.raises(AccountRejected) as caught:
        provider.check()
    provider.close()
    assert caught.value.reason == Reason.BAD_CREDENTIALS


# Webhooks


@pytest.fixture
def listener(sandbox: SandboxProcess) -> Iterator[RecordedGateway]:
    with RecordedGateway() as listener:
        listener.answer(b"", status=202)
        url = f"{listener.url}/callbacks/smsmobileapi/"
        sandbox.control("callbacks", {"account": SLUG, "url": url, "secret": "our-hook-secret"})
        yield listener


def test_it_signs_what_it_tells(listener: RecordedGateway, sandbox: SandboxProcess) -> None:
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "STOP"})
    call = eventually(lambda: listener.requests)[0]
    event = call.json()
    assert set(event) == {"id", "type", "api_version", "created_at", "occurred_at", "data"}
    stamp = call.headers["x-smsmobileapi-timestamp"]
    digest = hmac.new(b"our-hook-secret", f"{stamp}.".encode() + call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-smsmobileapi-signature"] == f"v1={digest}"
    assert call.headers["x-smsmobileapi-event"] == event["type"] == "sms.received"
    assert call.headers["x-smsmobileapi-event-id"] == call.headers["idempotency-key"] == event["id"]


def news(provider: SMSMobileAPIProvider, listener: RecordedGateway) -> list[Any]:
    found: list[Any] = []
    for request in listener.requests:
        callback = Callback(headers=request.headers, body=request.body, content_type="application/json")
        provider.verify_callback(callback)
        found += provider.parse_callback(callback)
    return found


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
@pytest.mark.parametrize(("ending", "words"), [("10", ["accepted", "sent"]), ("92", ["accepted", "failed"])])
def test_our_provider_believes_what_it_tells_of_a_message(
    provider: SMSMobileAPIProvider, listener: RecordedGateway, channel: str, ending: str, words: list[str]
) -> None:
    (outcome,) = provider.send([message(f"+52155501000{ending}", channel)])
    assert isinstance(outcome, Accepted)
    eventually(lambda: len(listener.requests) == 2)
    reports = news(provider, listener)
    assert all(isinstance(report, StatusReport) for report in reports)
    assert {(report.status, report.remote_id) for report in reports} == {(word, outcome.remote_id) for word in words}


def test_our_provider_hears_a_reply_and_a_voice_message(
    provider: SMSMobileAPIProvider, listener: RecordedGateway, sandbox: SandboxProcess
) -> None:
    sandbox.control("incoming", {"account": SLUG, "from": PHONE, "text": "¿Abren hoy?", "attachment": "note.ogg"})
    sandbox.control("incoming", {"account": SLUG, "channel": "sms", "from": PHONE, "text": "Gracias"})
    eventually(lambda: len(listener.requests) == 3)
    heard = news(provider, listener)
    assert all(isinstance(item, Incoming) for item in heard)
    assert {(item.channel, item.body, item.media_kind) for item in heard} == {
        ("whatsapp", "", "audio"),
        ("whatsapp", "¿Abren hoy?", ""),
        ("sms", "Gracias", ""),
    }
    assert len({item.remote_id for item in heard}) == 3
