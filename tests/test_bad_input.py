"""What a gateway or a person gets wrong, on each gateway: a clear sentence, before or after sending, and never a traceback."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.models import ApiToken
from contacts.refusal import Refused
from messaging import accounts, outbox
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import Reason
from messaging.reasons import sentence
from tests.conftest import signed_in
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, running_sandbox, sandbox
from tests.world import make_account, phone, send

__all__ = ["running_sandbox", "sandbox"]
pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status

WRONG = {
    "zender": {"secret": "not-the-key"},
    "wablas": {"token": "not-the-token", "secret_key": "nor-this"},
    "smsmobileapi": {"api_key": "not-the-key"},
    "smsgateway24": {"email": "demo@sandbox.example", "password": "not-the-password"},
}
NUMBERS = dict.fromkeys(WRONG, phone(1))


def first_line(account: Account) -> Line:
    line = account.lines.filter(state=Line.State.READY).order_by("-channel", "id").first()
    assert line is not None
    return line


@pytest.mark.parametrize("dialect", WRONG)
def test_wrong_credentials_are_named_as_such(sandbox: SandboxProcess, dialect: str) -> None:
    account = accounts.create_account(
        provider=dialect, name="Desk", base_url=sandbox.account(dialect)["base_url"], credentials=WRONG[dialect], region="MX"
    )  # fmt: skip
    result = accounts.check_account(account)
    assert (result.ok, result.reason) == (False, Reason.BAD_CREDENTIALS)
    assert "key" in result.sentence


@pytest.mark.parametrize("dialect", WRONG)
def test_a_key_that_died_stops_the_account_and_keeps_the_message(sandbox: SandboxProcess, dialect: str) -> None:
    account = make_account(sandbox, dialect)
    account.credentials = WRONG[dialect]
    account.save()
    message = send(first_line(account), NUMBERS[dialect])
    account.refresh_from_db()
    assert (message.status, account.state, account.reason) == (S.QUEUED, Account.State.BLOCKED, Reason.BAD_CREDENTIALS)


@pytest.mark.parametrize("dialect", WRONG)
def test_an_error_page_instead_of_an_answer_is_no_account_and_no_traceback(
    dialect: str, admin: User, sandbox: SandboxProcess
) -> None:
    with RecordedGateway() as gateway:
        gateway.answer("<html><h1>502 Bad Gateway</h1></html>", status=502, content_type="text/html")
        account = accounts.create_account(
            provider=dialect, name="Desk", base_url=gateway.url, credentials=sandbox.account(dialect)["credentials"], region="MX"
        )  # fmt: skip
        page = signed_in(admin).post(f"/accounts/{account.pk}/check/", follow=True)
        assert page.status_code == 200
        assert "Traceback" not in page.content.decode()
        result = accounts.check_account(account)
    assert not result.ok
    assert result.sentence


@pytest.mark.parametrize("dialect", WRONG)
def test_an_error_page_after_sending_leaves_the_outcome_open(sandbox: SandboxProcess, dialect: str) -> None:
    account = make_account(sandbox, dialect)
    message = send(first_line(account), phone(1, "95"))
    assert message.status == S.UNKNOWN
    assert sentence(message.reason)
    assert sandbox.received_by().popitem()[1] == 1


def test_a_wrong_wablas_server_is_explained(sandbox: SandboxProcess) -> None:
    """Wablas answers 500 "token invalid or device expired" on every server but the account's own."""
    with RecordedGateway() as gateway:
        gateway.answer({"status": False, "message": "token invalid or device expired"}, status=500)
        account = accounts.create_account(
            provider="wablas", name="Desk", base_url=gateway.url, credentials={"token": "tok", "secret_key": "key"}, region="ID"
        )  # fmt: skip
        result = accounts.check_account(account)
        account.refresh_from_db()
    assert (result.ok, result.reason) == (False, Reason.BAD_CREDENTIALS)
    assert "server" in account.note or "address" in account.note


def test_an_expired_subscription_stops_the_account(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsmobileapi")
    sandbox.control("credit", {"account": "smsmobileapi", "left": False})
    message = send(first_line(account), phone(1))
    account.refresh_from_db()
    assert (message.status, account.reason) == (S.QUEUED, Reason.SUBSCRIPTION_EXPIRED)


def test_a_text_too_long_for_wablas_is_refused_before_sending(sandbox: SandboxProcess) -> None:
    line = first_line(make_account(sandbox, "wablas"))
    with pytest.raises(Refused, match=r"1024.*1025"):
        outbox.queue(line=line, to=phone(1), body="a" * 1025)
    assert send(line, phone(1), "a" * 1024).status == S.ACCEPTED


def test_a_local_number_without_a_region_says_what_is_missing(sandbox: SandboxProcess, admin: User) -> None:
    account = make_account(sandbox, region="")
    line = first_line(account)
    client = api_of(admin)
    answer = client.post(
        "/api/v1/messages", {"line": line.pk, "to": "5512345678", "body": "Hi"}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert "country code" in answer.json()["detail"]


def test_an_attachment_goes_out_by_its_address(sandbox: SandboxProcess, admin: User) -> None:
    line = first_line(make_account(sandbox, "wablas"))
    body = {
        "line": line.pk, "to": phone(1), "body": "The menu",
        "attachment": {"type": "media", "kind": "image", "url": "https://files.example.org/menu.png"},
    }  # fmt: skip
    answer = api_of(admin).post("/api/v1/messages", body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    Pump(seconds=2).run()
    assert Message.objects.get().status == S.ACCEPTED
    assert sandbox.received_by() != {}


@pytest.mark.parametrize(
    "attachment",
    [
        {"type": "media", "kind": "image", "url": "file:///etc/passwd"},
        {"type": "media", "kind": "spell", "url": "https://files.example.org/a.png"},
        {"type": "location", "latitude": 91, "longitude": 0},
        {"type": "pigeon"},
    ],
)
def test_a_bad_attachment_is_refused(sandbox: SandboxProcess, admin: User, attachment: dict[str, Any]) -> None:
    line = first_line(make_account(sandbox, "wablas"))
    body = {"line": line.pk, "to": phone(1), "body": "Hi", "attachment": attachment}
    answer = api_of(admin).post("/api/v1/messages", body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert not Message.objects.exists()


def api_of(user: User) -> Client:
    """A client with a token of this user."""
    return Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=user.pk)}"})
