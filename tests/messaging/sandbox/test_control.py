"""The control API: a test arranges the world with it, and gets a sentence for what it got wrong."""

import httpx
import pytest

from tests.messaging.sandbox.conftest import Ask
from tests.sandbox_process import SandboxProcess


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("options", {"latency": 1}, "There is no option latency"),
        ("options", {"latency_ms": -1}, "wants a number of at least 0"),
        ("accounts", {"dialect": "pigeon"}, "dialect wants one of: zender"),
        ("accounts", {"dialect": "zender", "name": "Demo"}, "There is an account Demo already"),
        ("incoming", {"account": 777}, "account wants the id"),
        ("incoming", {"account": "zender"}, "from wants the phone"),
        ("incoming", {"account": "zender", "from": "+521", "line": "none"}, "line wants the unique id"),
        ("disconnect", {"account": "zender", "number": "none"}, "line wants the unique id"),
        ("scan", {"token": "none"}, "unknown or has expired"),
    ],
)
def test_it_names_what_is_wrong(http: httpx.Client, path: str, body: dict[str, object], sentence: str) -> None:
    answer = http.post(f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_it_refuses_what_is_not_json(http: httpx.Client) -> None:
    assert http.post("/control/options", content=b"{").json() == {"error": "The body is not JSON."}
    assert http.post("/control/options", content=b"[]").status_code == 400


def test_it_has_no_other_paths(http: httpx.Client) -> None:
    assert http.get("/control/nothing").status_code == 404


def test_it_creates_accounts_with_credentials_of_their_own(http: httpx.Client, sandbox: SandboxProcess) -> None:
    account = sandbox.new_account("zender", "Second", credentials={"secret": "second-secret"})
    answer = http.get("/zender/api/get/wa.accounts", params={"secret": "second-secret"}).json()
    assert {row["unique"] for row in answer["data"]} == {row["unique"] for row in account["numbers"]}
    assert account["base_url"] == f"{sandbox.url}/zender"


@pytest.mark.parametrize(("channel", "path"), [("whatsapp", "get/wa.received"), ("sms", "get/sms.received")])
def test_a_phone_writes_to_a_line(ask: Ask, sandbox: SandboxProcess, channel: str, path: str) -> None:
    sandbox.control("incoming", {"account": "zender", "channel": channel, "from": "+5215555000001", "text": "Hola"})
    assert [row["message"] for row in ask(path)["data"]] == ["Hola"]


def test_it_finds_deliveries_by_phone_and_time(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    for last in (1, 2, 2):
        ask("send/whatsapp", account=number, recipient=f"+521555500000{last}", message="Hi")
    entries = sandbox.deliveries()
    assert len(sandbox.deliveries(to="+5215555000002")) == 2
    assert [entry["at"] for entry in sandbox.deliveries(since=entries[1]["at"])] == [entries[2]["at"]]
    assert sandbox.received_by() == {"+5215555000001": 1, "+5215555000002": 2}


def test_it_forgets_everything_on_reset(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    ask("send/whatsapp", account=number, recipient="+5215555000001", message="Hi")
    sandbox.new_account("zender", "Second")
    sandbox.reset()
    assert sandbox.deliveries() == []
    assert "Second" not in [row["name"] for row in sandbox.control("accounts")["items"]]
    assert sandbox.account()["numbers"][0]["unique"] == number


def test_its_page_shows_deliveries_as_text(ask: Ask, http: httpx.Client, number: str) -> None:
    ask("send/whatsapp", account=number, recipient="+5215555000001", message="<b>Hola</b>")
    page = http.get("/control/").text
    assert "&lt;b&gt;Hola&lt;/b&gt;" in page
    assert 'http-equiv="refresh"' in page
