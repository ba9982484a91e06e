"""The REST API as an integrator uses it: the main job without a browser."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns import lifecycle, runner
from config.models import ApiToken
from messaging.models import Message
from messaging.outbox.pump import Pump
from tests.sandbox_process import SandboxProcess
from tests.world import ask_now, make_account, make_people, phone, run_tasks, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)


class Api:
    """Calls with a token."""

    def __init__(self, user: User | None) -> None:
        token = ApiToken.issue(user_id=user.pk) if user else "nobody's"
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        response = (
            self._client.generic(method, f"/api/v1{path}")
            if body is None
            else getattr(self._client, method.lower())(f"/api/v1{path}", **more)
        )
        assert response.status_code == expect, response.content.decode()
        return response.json() if response.content else None


@pytest.fixture
def api(admin: User) -> Api:
    return Api(admin)


def problem(answer: dict[str, Any]) -> str:
    """The sentence in a problem+json answer."""
    assert {"type", "title", "status", "detail"} <= set(answer)
    return str(answer["detail"])


def account_body(sandbox: SandboxProcess, **changes: Any) -> dict[str, Any]:
    remote = sandbox.account("zender")
    return {
        "provider": "zender", "name": "Desk", "base_url": remote["base_url"], "credentials": remote["credentials"], "region": "MX", **changes,
    }  # fmt: skip


def test_it_wants_a_token(db: None) -> None:
    assert "Bearer" in problem(Api(None).call("GET", "/accounts", expect=401))


def test_only_who_may_change_accounts_sees_where_the_gateway_calls(
    api: Api, charlie: User, sandbox: SandboxProcess
) -> None:
    account = api.call("POST", "/accounts", account_body(sandbox), expect=201)
    one = f"/accounts/{account['id']}"
    seen = [Api(charlie).call("GET", "/accounts")["items"][0], Api(charlie).call("GET", one)]
    assert [row["callback_url"] for row in seen] == ["", ""]
    assert api.call("GET", one)["callback_url"] == account["callback_url"] != ""


def test_it_refuses_a_revoked_token(admin: User) -> None:
    api = Api(admin)
    api.call("GET", "/accounts")
    ApiToken.objects.all()[0].delete()
    api.call("GET", "/accounts", expect=401)


def test_it_keeps_roles_apart(charlie: User, sandbox: SandboxProcess) -> None:
    assert problem(Api(charlie).call("POST", "/accounts", account_body(sandbox), expect=403))


@pytest.mark.parametrize("tail", ["", "/", "/api", "/api/"])
def test_it_adds_an_account_whatever_the_end_of_its_address(api: Api, sandbox: SandboxProcess, tail: str) -> None:
    body = account_body(sandbox)
    account = api.call("POST", "/accounts", {**body, "base_url": body["base_url"] + tail}, expect=201)
    assert (account["state"], account["provider"]) == ("new", "zender")
    assert "/callbacks/zender/" in account["callback_url"]
    assert api.call("POST", f"/accounts/{account['id']}/check")["ok"] is True
    assert (
        "secret"
        not in str(api.call("GET", f"/accounts/{account['id']}")).replace("callback_url", "").split("/callbacks/")[0]
    )


def test_it_says_why_a_check_failed(api: Api, sandbox: SandboxProcess) -> None:
    account = api.call("POST", "/accounts", account_body(sandbox, credentials={"secret": "wrong one"}), expect=201)
    answer = api.call("POST", f"/accounts/{account['id']}/check")
    assert (answer["ok"], answer["reason"]) == (False, "bad_credentials")
    account = api.call(
        "POST", "/accounts", account_body(sandbox, name="Away", base_url="http://127.0.0.1:9"), expect=201
    )
    assert api.call("POST", f"/accounts/{account['id']}/check")["reason"] == "unreachable"


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "pigeon"}, "provider"),
        ({"name": " "}, "name"),
        ({"base_url": "gateway.example"}, "base_url"),
        ({"credentials": {}}, "secret"),
        ({"region": "Mexico"}, "region"),
    ],
)
def test_it_names_the_field_that_is_wrong(
    api: Api, sandbox: SandboxProcess, changes: dict[str, Any], field: str
) -> None:
    answer = api.call("POST", "/accounts", account_body(sandbox, **changes), expect=422)
    assert answer["errors"][0]["field"] == field
    assert problem(answer)


def test_it_syncs_and_lists_lines(api: Api, sandbox: SandboxProcess) -> None:
    account = api.call("POST", "/accounts", account_body(sandbox), expect=201)["id"]
    job = api.call("POST", f"/accounts/{account}/sync", expect=202)["job"]
    assert api.call("GET", f"/jobs/{job}")["state"] == "running"
    run_tasks()
    assert api.call("GET", f"/jobs/{job}")["state"] == "done"
    lines = api.call("GET", f"/lines?account={account}")["items"]
    assert {line["channel"] for line in lines} == {"whatsapp", "sms"}
    pace = {"gap_seconds": 0, "jitter_seconds": 0, "per_minute": None, "per_hour": 50, "per_day": None}
    changed = api.call("PATCH", f"/lines/{lines[0]['id']}", pace)
    assert {key: changed[key] for key in pace} == pace
    assert api.call("PATCH", f"/lines/{lines[0]['id']}", {"gap_seconds": 2})["per_hour"] == 50


def test_it_links_a_number(api: Api, sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    link = api.call("POST", f"/accounts/{account.pk}/link", expect=201)
    assert (link["state"], bool(link["qr"]), bool(link["expires_at"])) == ("waiting", True, True)
    sandbox.control("scan", {"qr": link["qr"], "phone": "+5215550007777"})
    found = api.call("GET", f"/links/{link['id']}")
    assert found["state"] == "linked"
    assert api.call("GET", f"/lines/{found['line']}")["phone"] == "+5215550007777"


def test_it_sends_a_message_once_per_key(api: Api, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    body = {"line": line.pk, "to": phone(1), "body": "Your table is ready", "idempotency_key": "table-7"}
    first = api.call("POST", "/messages", body, expect=202)
    again = api.call("POST", "/messages", body, expect=202)
    assert (first["id"], first["status"]) == (again["id"], "queued")
    Pump(seconds=2).run()
    listed = api.call("GET", f"/messages?direction=out&phone={phone(1).replace('+', '%2B')}")["items"]
    assert [(item["id"], item["status"]) for item in listed] == [(first["id"], "accepted")]
    assert sandbox.received_by() == {phone(1): 1}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"to": "12"}, ""), ({"to": "call me"}, ""), ({"body": " "}, "body"), ({"line": 99999}, "line")],
)
def test_it_refuses_a_bad_message(api: Api, sandbox: SandboxProcess, changes: dict[str, Any], field: str) -> None:
    line = whatsapp_line(make_account(sandbox))
    answer = api.call("POST", "/messages", {"line": line.pk, "to": phone(1), "body": "Hi", **changes}, expect=422)
    assert problem(answer)
    assert not field or answer["errors"][0]["field"] == field
    assert not Message.objects.exists()


def test_it_runs_a_campaign(api: Api, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    for number in range(3):
        person = {"phone": phone(number), "name": f"Ana {number}", "groups": ["VIP"], "fields": {"city": "Puebla"}}
        api.call("POST", "/contacts", person, expect=201)
    body = {"name": "Spring", "lines": [line.pk], "groups": ["VIP"], "body": "Hi {{ name }} in {{ city }}"}
    campaign = api.call("POST", "/campaigns", body, expect=201)
    assert campaign["state"] == "draft"
    path = f"/campaigns/{campaign['id']}"
    assert api.call("POST", f"{path}/start")["state"] == "preparing"
    lifecycle.prepare(campaign["id"])
    assert api.call("POST", f"{path}/pause")["state"] == "paused"
    assert api.call("GET", path)["waiting_for"] == "paused"
    assert "cannot become" in problem(api.call("POST", f"{path}/pause", expect=409))
    assert api.call("POST", f"{path}/resume")["state"] == "running"
    runner.run(campaign["id"])
    Pump(seconds=3).run()
    runner.run(campaign["id"])
    found = api.call("GET", path)
    assert (found["state"], found["counts"]["selected"], found["counts"]["open"]) == ("finished", 3, 0)
    people = api.call("GET", f"{path}/recipients?state=accepted")["items"]
    assert len(people) == 3
    assert sorted(row["text"] for row in sandbox.deliveries()) == [f"Hi Ana {n} in Puebla" for n in range(3)]


def test_it_pages_recipients_by_key(api: Api, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    make_people(5)
    body = {"name": "Spring", "lines": [line.pk], "groups": ["vip"], "body": "Hi"}
    campaign = api.call("POST", "/campaigns", body, expect=201)["id"]
    api.call("POST", f"/campaigns/{campaign}/start")
    lifecycle.prepare(campaign)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.call("GET", f"/campaigns/{campaign}/recipients?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        seen += [person["phone"] for person in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == [phone(number) for number in range(1, 6)]


def test_it_says_why_a_campaign_cannot_start(api: Api, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    make_people(1)
    body = {"name": "Spring", "lines": [line.pk], "groups": ["VIP"], "body": ""}
    campaign = api.call("POST", "/campaigns", body, expect=201)["id"]
    assert problem(api.call("POST", f"/campaigns/{campaign}/start", expect=409)) == "Write the message."
    assert problem(api.call("POST", "/campaigns", {**body, "groups": ["Nobody"]}, expect=422))
    assert problem(api.call("POST", "/campaigns", {**body, "body": "{{ nick }}"}, expect=422))


def test_it_shows_a_stop_as_consent(api: Api, sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    line = whatsapp_line(account)
    api.call("POST", "/contacts", {"phone": phone(1), "name": "Ana", "groups": ["VIP"]}, expect=201)
    sandbox.control("incoming", {"account": "zender", "from": phone(1), "text": "Stop.", "line": line.phone})
    ask_now(account)
    consent = api.call("GET", "/contacts?group=VIP")["items"][0]["consent"]
    assert consent == {"sms": "opted-out", "whatsapp": "opted-out"}
    assert api.call("GET", "/messages?direction=in")["items"][0]["body"] == "Stop."
    answer = api.call("POST", "/messages", {"line": line.pk, "to": phone(1), "body": "But"}, expect=422)
    assert "opted out" in problem(answer)


def test_its_documentation_needs_nobody_else(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "//" not in page.replace("://127", "").replace("/static/", "").replace("<!--", "")
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Carillon"
