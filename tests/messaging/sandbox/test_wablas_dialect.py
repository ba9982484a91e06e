"""The Wablas dialect against docs/wire.md 3, asked with plain HTTP."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.messaging.sandbox.wablas_asks import ASKS, OTHER, PHONE, WAITING, batch, upload
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually

IN_QUERY = ("api/list-server", "GET api/send-message", "api/blacklist")
TOKEN_IN_QUERY = ("api/device/info", "api/device/scan", "GET api/v2/group/text")
TOKEN_IN_HEADER = ("check-phone-number", "api/channel/")
Asks = Callable[..., httpx.Response]


@pytest.fixture
def asks(http: httpx.Client, sandbox: SandboxProcess) -> Asks:
    """asks("GET api/device/info"): the answer, with the token shown where this call wants it."""
    credentials = sandbox.account("wablas")["credentials"]

    def _asks(call: str, *, token: str = "", query: Any = None, form: Any = None, **more: Any) -> httpx.Response:
        method, path = call.split(" ")
        is_alone = any(part in call for part in TOKEN_IN_QUERY + TOKEN_IN_HEADER)
        shown = token or (credentials["token"] if is_alone else "{token}.{secret_key}".format(**credentials))
        if any(part in call for part in IN_QUERY + TOKEN_IN_QUERY):
            return http.request(method, f"/wablas/{path}", params={"token": shown, **(query or {})}, **more)
        headers = {"Authorization": shown, "url": "http://127.0.0.1"}
        return http.request(method, f"/wablas/{path}", params=query, data=form, headers=headers, **more)

    return _asks


@pytest.fixture
def ids(asks: Asks) -> dict[str, str]:
    """A delivered picture, something pending, plans and a reply: their ids by the words of the table."""
    sent = asks("POST api/v2/send-image", **batch(phone=PHONE, image="http://f.example/a.png", ref_id="41")).json()
    waiting = asks("POST api/v2/send-message", **batch(phone=WAITING, message="Halo")).json()
    later = {"date": "2035-05-20", "time": "13:20:00", "timezone": "Asia/Jakarta"}
    schedule = asks("POST api/schedule", form={"phone": PHONE, "message": "Halo", **later}).json()
    days = {"periode": "custom", "custom_day": "5", "start_date": "2035-05-20 13:20:00"}
    reminder = asks("POST api/reminder", form={"phone": PHONE, "message": "Ingat", **days}).json()
    reply = asks("POST api/v2/autoreply", json={"keyword": "harga", "response": "12"}).json()
    agent = {"name": "Sri", "phone": PHONE, "email": "sri@example.org", "password": "rahasia"}
    assert asks("POST api/create-agent", form=agent).status_code == 200
    message = sent["data"]["messages"][0]["id"]
    eventually(lambda: reported(asks, message) == "delivered")
    return {
        "MESSAGE": message,
        "PENDING": waiting["data"]["messages"][0]["id"],
        "SCHEDULE": schedule["messages"][0]["id"],
        "REMINDER": reminder["data"]["id"],
        "REPLY": reply["data"]["id"],
    }


def reported(asks: Asks, message_id: str) -> str:
    rows = asks("GET api/report/message", query={"message_id": message_id}).json()["message"]
    return rows[0]["status"] if rows else ""


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The same value with the table's words replaced by ids."""
    if isinstance(value, str):
        for word, key in ids.items():
            value = value.replace(word, key)
        return value
    return {name: filled(inner, ids) for name, inner in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("row", "call", "how", "tells"), ASKS, ids=[f"row {ask[0]}" for ask in ASKS])
def test_it_answers_as_documented(
    asks: Asks, ids: dict[str, str], row: int, call: str, how: dict[str, Any], tells: str
) -> None:
    response = asks(filled(call, ids), **filled(how, ids))
    assert response.status_code == 200
    assert tells in response.text


@pytest.mark.parametrize(("row", "call", "how", "tells"), ASKS, ids=[f"row {ask[0]}" for ask in ASKS])
def test_it_knows_no_other_token(asks: Asks, row: int, call: str, how: dict[str, Any], tells: str) -> None:
    response = asks(call, token="somebody.else", **how)
    assert response.status_code == 500
    assert response.json() == {"status": False, "message": "token invalid or device expired"}


def test_it_has_every_row_in_its_tests() -> None:
    assert sorted([13, *(ask[0] for ask in ASKS)]) == list(range(1, 74))


def test_it_deletes_a_device_only_when_it_has_expired(http: httpx.Client, sandbox: SandboxProcess, asks: Asks) -> None:
    assert not asks("DELETE api/device/delete").json()["status"]
    old = sandbox.new_account("wablas", "Old", settings={"expired_date": "2020-01-01"})["credentials"]
    deleted = asks("DELETE api/device/delete", token="{token}.{secret_key}".format(**old))
    gone = asks("GET api/device/info", token=old["token"])
    assert (deleted.json()["status"], gone.status_code) == (True, 500)


REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    ("POST api/v2/send-message", {"content": b"no json"}, 400, "param invalid"),
    ("POST api/v2/send-message", {"json": {"data": []}}, 400, "param invalid"),
    ("POST api/v2/send-message", {"json": {"data": [{"phone": PHONE, "message": "x"}] * 101}}, 400, "param invalid"),
    ("POST api/v2/send-message", {"token": "sandboxwablastoken", **batch(phone=PHONE)}, 500, "need secret key"),
    ("POST api/v2/send-message", {"token": "sandboxwablastoken.x", **batch(phone=PHONE)}, 500, "secret key invalid"),
    ("GET api/device/info", {"token": "sandboxwablastoken.sandboxkey"}, 500, "token invalid or device expired"),
    ("POST api/send-message", {"form": {"phone": PHONE}}, 400, "param invalid"),
    ("POST api/send-image", {"form": {"phone": PHONE, "image": "a.png"}}, 400, "url invalid"),
    (
        "POST api/send-image",
        {"form": {"phone": PHONE, "image": "http://f.example/a.exe"}},
        400,
        "file extention not support",
    ),
    ("POST api/device/speed", {"form": {"delay": "9"}}, 400, "param invalid"),
    ("POST api/upload/image", upload("a.exe"), 400, "file extention not support"),
    ("POST api/channel/pigeon", {"form": {"user_id": "7", "message": "Halo"}}, 400, "param invalid"),
    ("PUT api/schedule/nothing", {"form": {}}, 404, "schedule not found"),
    ("GET api/reminder/info/nothing", {}, 404, "reminder not found"),
]


@pytest.mark.parametrize(("call", "how", "status", "message"), REFUSALS)
def test_it_refuses_in_wablas_words(asks: Asks, call: str, how: dict[str, Any], status: int, message: str) -> None:
    response = asks(call, **how)
    assert (response.status_code, response.json()) == (status, {"status": False, "message": message})


def test_it_wants_no_bearer(asks: Asks) -> None:
    response = asks("GET api/device/restart", token="Bearer sandboxwablastoken.sandboxkey")
    assert response.json()["message"] == "token invalid or device expired"


def test_it_takes_files_up_to_two_megabytes(asks: Asks) -> None:
    big = {"files": {"file": ("a.png", b"\0" * (2 * 1024 * 1024 + 1), "image/png")}}
    assert asks("POST api/upload/image", **big).json() == {"status": False, "message": "max size file 2 MB"}


def test_it_shows_an_uploaded_file_at_its_address(asks: Asks, http: httpx.Client) -> None:
    url = asks("POST api/upload/image", **upload("a.png")).json()["data"]["messages"][0]["url"]
    assert http.get(url).content == b"bytes"


def test_it_answers_a_batch_row_by_row(asks: Asks, sandbox: SandboxProcess) -> None:
    texts = [(PHONE, "Halo"), ("x", "Halo"), (OTHER, "Halo" * 257), ("6281230000091", "Halo"), (OTHER, "Halo")]
    items = [{"phone": phone, "message": text, "ref_id": str(place)} for place, (phone, text) in enumerate(texts)]
    rows = asks("POST api/v2/send-message", json={"data": items}).json()["data"]["messages"]
    assert [row["status"] for row in rows] == ["pending", False, False, False, "pending"]
    assert sandbox.received_by() == {f"+{PHONE}": 1, f"+{OTHER}": 1}


def test_it_answers_with_a_list_of_devices_when_any_may_send(asks: Asks) -> None:
    data = asks("POST api/v2/send-message", **batch(phone=PHONE, message="Halo", random="true")).json()["data"]
    assert data[0]["messages"]["phone"] == PHONE


def test_it_says_once_to_come_back_later(asks: Asks) -> None:
    how = batch(phone="6281230000093", message="Halo")
    first, second = asks("POST api/v2/send-message", **how), asks("POST api/v2/send-message", **how)
    assert (first.status_code, first.json()["message"]) == (429, "limit exceeded")
    assert (first.headers["retry-after"], second.status_code) == ("1", 200)


def test_it_takes_a_batch_and_drops_the_line(asks: Asks, sandbox: SandboxProcess) -> None:
    items = [{"phone": phone, "message": "Halo"} for phone in (PHONE, "6281230000094")]
    with pytest.raises(httpx.RemoteProtocolError):
        asks("POST api/v2/send-message", json={"data": items})
    assert len(sandbox.received_by()) == 2


def test_it_sends_to_a_whatsapp_group(asks: Asks, sandbox: SandboxProcess) -> None:
    asks("POST api/v2/send-message", **batch(phone="1203630001", message="Halo", isGroup="true"))
    assert sandbox.received_by() == {"1203630001@g.us": 1}


def test_it_fills_a_name_from_its_own_contacts(asks: Asks, sandbox: SandboxProcess) -> None:
    asks("POST api/v2/send-message", **batch(phone="6281230003001", message="Halo {name}", spintax="true"))
    assert sandbox.deliveries()[0]["text"] == "Halo Rosa Medina"


def test_it_finds_a_message_by_our_reference_alone(asks: Asks, ids: dict[str, str]) -> None:
    asks("POST api/v2/send-message", **batch(phone=PHONE, message="Halo", ref_id="42"))
    assert [row["ref_id"] for row in asks("GET api/report/message", query={"ref_id": "42"}).json()["message"]] == ["42"]
    assert asks("GET api/report/message", query={"ref_id": "43"}).json()["message"] == []


def test_it_writes_the_key_message_twice_in_the_report_of_today(asks: Asks, ids: dict[str, str]) -> None:
    body = asks("GET api/report-realtime", query={"message_id": ids["MESSAGE"]}).text
    keys = [key for key, _ in json.loads(body, object_pairs_hook=lambda pairs: pairs)]
    assert keys.count("message") == 2


def test_it_hides_a_secret_message_once_it_is_sent(asks: Asks, sandbox: SandboxProcess) -> None:
    asks("POST api/v2/send-message", **batch(phone=PHONE, message="Halo", secret="true", ref_id="44"))
    eventually(lambda: asks("GET api/report/message", query={"ref_id": "44"}).json()["totalData"] == 0)
    assert sandbox.received_by() == {f"+{PHONE}": 1}


def test_it_sends_nothing_that_was_cancelled_in_time(asks: Asks, sandbox: SandboxProcess, ids: dict[str, str]) -> None:
    asks(f"PUT api/schedule-cancel/{ids['SCHEDULE']}")
    rows = asks("GET api/cancel-message", query={"id": ids["PENDING"]}).json()["data"]["messages"]
    assert (rows[0]["status"], reported(asks, ids["PENDING"])) == ("cancel", "cancel")


def test_it_kills_the_old_token_with_a_new_one(asks: Asks) -> None:
    token = asks("GET api/device/generate-token").json()["data"]["token"]
    assert asks("GET api/device/info").status_code == 500
    assert asks("GET api/device/info", token=token).status_code == 200


def test_it_sends_nothing_while_the_device_is_disconnected(asks: Asks, sandbox: SandboxProcess) -> None:
    asks("GET api/device/disconnect")
    answer = asks("POST api/v2/send-message", **batch(phone=PHONE, message="Halo"))
    assert answer.json()["message"] == "device disconnected, need to scan qr code again"
    assert sandbox.received_by() == {}


def test_it_counts_the_quota_down(asks: Asks, sandbox: SandboxProcess) -> None:
    login = sandbox.new_account("wablas", "Small", settings={"quota": 1})["credentials"]
    token = "{token}.{secret_key}".format(**login)
    first = asks("POST api/v2/send-message", token=token, **batch(phone=PHONE, message="Halo"))
    second = asks("POST api/v2/send-message", token=token, **batch(phone=OTHER, message="Halo"))
    assert (first.json()["data"]["quota"], second.json()["message"]) == (0, "your quota is used up")


@pytest.fixture
def product() -> Iterator[RecordedGateway]:
    """Who is called by the gateway: answers with nothing."""
    with RecordedGateway() as server:
        server.answer(b"")
        yield server


def payloads(product: RecordedGateway, path: str) -> list[dict[str, Any]]:
    return [request.json() for request in list(product.requests) if request.path == path]


def test_it_posts_each_status_to_the_tracking_address(asks: Asks, product: RecordedGateway) -> None:
    asks("POST api/device/change-tracking-url", form={"tracking_url": f"{product.url}/tracking"})
    row = asks("POST api/v2/send-message", **batch(phone="6281230000090", message="Halo")).json()["data"]["messages"][0]
    eventually(lambda: len(payloads(product, "/tracking")) == 4)
    calls = payloads(product, "/tracking")
    assert {call["status"] for call in calls} == {"pending", "sent", "received", "read"}
    assert {(call["id"], call["phone"]) for call in calls} == {(row["id"], "6281230000090")}


def test_it_posts_what_comes_in(asks: Asks, sandbox: SandboxProcess, product: RecordedGateway) -> None:
    asks("POST api/device/change-webhook-url", form={"webhook_url": f"{product.url}/webhook"})
    sandbox.control("incoming", {"account": "wablas", "from": f"+{PHONE}", "text": "Berapa?"})
    call = eventually(lambda: payloads(product, "/webhook"))[0]
    assert (call["phone"], call["message"], call["isFromMe"]) == (PHONE, "Berapa?", False)


def test_it_posts_that_the_device_went_down(asks: Asks, sandbox: SandboxProcess, product: RecordedGateway) -> None:
    sandbox.control("callbacks", {"account": "wablas", "urls": {"device": f"{product.url}/device"}})
    asks("GET api/device/disconnect")
    call = eventually(lambda: payloads(product, "/device"))[0]
    assert (call["status"], call["deviceName"]) == ("disconnected", "Demo")
