"""The last two digits of a recipient decide what happens, in front of the caller and in the delivery log."""

import time
from pathlib import Path

import httpx
import pytest

from tests.messaging.sandbox.conftest import Ask
from tests.sandbox_process import SandboxProcess, eventually

FIRST_PART = "+52155550000"


def phone(digits: int) -> str:
    return f"{FIRST_PART}{digits:02d}"


def send(ask: Ask, number: str, digits: int) -> dict[str, object]:
    return ask("send/whatsapp", account=number, recipient=phone(digits), message="Hello")


def status_of(ask: Ask, digits: int) -> str | None:
    rows = ask("get/wa.sent", limit=100)["data"]
    return next((row["status"] for row in rows if row["recipient"] == phone(digits)), None)


@pytest.mark.parametrize("digits", [0, 42, 87, 90, 92, 96, 97, 98, 99])
def test_it_takes_a_message_exactly_once(ask: Ask, sandbox: SandboxProcess, number: str, digits: int) -> None:
    assert send(ask, number, digits)["status"] == 200
    assert [entry["to"] for entry in sandbox.deliveries()] == [phone(digits)]


def test_it_rejects_91_and_delivers_nothing(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    assert send(ask, number, 91) == {"status": 400, "message": "Invalid phone number!", "data": False}
    assert sandbox.deliveries() == []


def test_it_fails_92_after_taking_it(ask: Ask, number: str) -> None:
    send(ask, number, 92)
    assert eventually(lambda: status_of(ask, 92)) == "failed"


def test_it_throttles_93_once(http: httpx.Client, sandbox: SandboxProcess, number: str) -> None:
    fields = {"secret": "sandbox-zender-secret", "account": number, "recipient": phone(93), "message": "Hello"}
    answers = [http.post("/zender/send/whatsapp", data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert sandbox.received_by() == {phone(93): 1}


def test_it_takes_94_and_hangs_up(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        send(ask, number, 94)
    assert sandbox.received_by() == {phone(94): 1}


def test_it_hangs_up_on_88_and_takes_it_later(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.reset(late_seconds=0.3)
    before = time.time()
    with pytest.raises(httpx.RemoteProtocolError):
        send(ask, number, 88)
    assert status_of(ask, 88) is None
    (entry,) = eventually(sandbox.deliveries)
    assert entry["to"] == phone(88)
    assert entry["at"] - before >= 0.3


def test_it_takes_95_and_shows_an_error_page(http: httpx.Client, sandbox: SandboxProcess, number: str) -> None:
    fields = {"secret": "sandbox-zender-secret", "account": number, "recipient": phone(95), "message": "Hello"}
    answer = http.post("/zender/send/whatsapp", data=fields)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert sandbox.received_by() == {phone(95): 1}


def test_it_answers_89_late(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.reset(slow_seconds=0.3)
    before = time.monotonic()
    assert send(ask, number, 89)["status"] == 200
    assert time.monotonic() - before >= 0.3


def test_it_replies_stop_from_97(ask: Ask, number: str) -> None:
    send(ask, number, 97)
    rows = eventually(lambda: ask("get/wa.received")["data"])
    assert [(row["recipient"], row["message"]) for row in rows] == [(phone(97), "STOP")]


def test_it_replies_with_a_question_from_98(ask: Ask, number: str) -> None:
    send(ask, number, 98)
    rows = eventually(lambda: ask("get/wa.received")["data"])
    assert rows[0]["message"].endswith("?")


def test_it_never_reports_99(ask: Ask, number: str) -> None:
    send(ask, number, 99)
    send(ask, number, 0)
    assert eventually(lambda: status_of(ask, 0)) == "sent"
    assert [row["recipient"] for row in ask("get/wa.pending")["data"]] == [phone(99)]


@pytest.mark.parametrize(
    ("option", "delivered"), [("drop_rate", 1), ("error_rate", 1), ("lose_rate", 0), ("throttle_rate", 0)]
)
def test_it_fails_by_rate_where_no_story_speaks(
    http: httpx.Client, sandbox: SandboxProcess, number: str, option: str, delivered: int
) -> None:
    sandbox.reset(**{option: 1.0})
    fields = {"secret": "sandbox-zender-secret", "account": number, "recipient": phone(0), "message": "Hello"}
    try:
        status = http.post("/zender/send/whatsapp", data=fields).status_code
    except httpx.RemoteProtocolError:
        status = 0
    assert status in {0, 429, 500}
    assert len(sandbox.deliveries()) == delivered


def test_its_log_file_survives_a_kill(tmp_path: Path) -> None:
    log = tmp_path / "deliveries.jsonl"
    with SandboxProcess(log=log) as process:
        account = process.account()
        unique = account["numbers"][0]["unique"]
        fields = {**account["credentials"], "account": unique, "recipient": phone(1), "message": "Hello"}
        httpx.post(f"{process.url}/zender/api/send/whatsapp", data=fields)
        process.kill()
    assert phone(1) in log.read_text()


def test_its_message_ids_go_on_after_a_restart(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    first = send(ask, number, 1)["data"]
    with SandboxProcess() as later:
        account = later.account()
        fields = {**account["credentials"], "account": number, "recipient": phone(1), "message": "Hello"}
        second = httpx.post(f"{later.url}/zender/api/send/whatsapp", data=fields).json()["data"]
    assert isinstance(first, dict)
    assert second["messageId"] > first["messageId"]
