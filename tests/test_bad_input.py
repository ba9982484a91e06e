"""What a gateway or a person gets wrong, on each gateway: a clear sentence, before or after sending, and never a traceback."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.models import ApiToken
from contacts.refusal import Refused
from messaging import accounts, outbox
from messaging.gateway import provider_of, route_of
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import MessageRejected, Reason
from messaging.providers.shapes import Media, Outgoing
from messaging.reasons import sentence
from tests.conftest import signed_in
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, send

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
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


def first_line_of(account: Account) -> Line:
    """Its first line, whatever state that is in."""
    line = account.lines.order_by("-channel", "id").first()
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
    assert (result.ok, result.reason) == (False, Reason.GATEWAY_ERROR)
    assert "an error page" in result.sentence
    assert "may or may not have been sent" not in page.content.decode()


@pytest.mark.parametrize("dialect", WRONG)
@pytest.mark.parametrize(
    ("status", "reason"), [(404, Reason.WRONG_ADDRESS), (200, Reason.UNREADABLE)], ids=["not there", "a web site"]
)
def test_an_address_where_no_gateway_is_says_so(
    sandbox: SandboxProcess, dialect: str, status: int, reason: Reason
) -> None:
    with RecordedGateway() as gateway:
        gateway.answer("<html><h1>Flowers for you</h1></html>", status=status, content_type="text/html")
        account = accounts.create_account(
            provider=dialect, name="Desk", base_url=gateway.url, credentials=sandbox.account(dialect)["credentials"], region="MX"
        )  # fmt: skip
        result = accounts.check_account(account)
    assert (result.ok, result.reason) == (False, reason)
    assert "address" in result.sentence


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


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        ("zender", {"status": 403, "message": "Subscription has no permission to use SMS services!", "data": False}),
        ("wablas", {"status": False, "message": "your package has expired"}),
        ("smsgateway24", {"error": 1, "message": "Subscription of this device has expired"}),
    ],
)
def test_an_expired_subscription_keeps_the_message_and_says_what_to_do(
    sandbox: SandboxProcess, dialect: str, answer: dict[str, Any], charlie_client: Client
) -> None:
    account = make_account(sandbox, dialect)
    with RecordedGateway() as gateway:
        gateway.answer_at("/gettoken", {"error": 0, "message": "OK", "token": "tok-of-a-test"})
        gateway.answer(answer, status=500 if dialect == "wablas" else 200)
        Account.objects.update(base_url=gateway.url)
        message = send(first_line(account), phone(1))
    line = first_line_of(account)
    account.refresh_from_db()
    reasons = {message.reason, account.reason, line.reason}
    assert message.status == S.QUEUED
    assert Reason.SUBSCRIPTION_EXPIRED in reasons
    page = charlie_client.get(f"/accounts/{account.pk}/").content.decode()
    assert "Renew it" in page


def test_a_text_too_long_for_wablas_is_refused_before_sending(sandbox: SandboxProcess) -> None:
    line = first_line(make_account(sandbox, "wablas"))
    with pytest.raises(Refused, match=r"1024.*1025"):
        outbox.queue(line=line, to=phone(1), body="a" * 1025)
    assert send(line, phone(1), "a" * 1024).status == S.ACCEPTED


def test_a_file_too_large_for_wablas_is_refused_before_anything_is_sent(sandbox: SandboxProcess) -> None:
    """A file known by its address alone is looked at by the gateway; its no is told as what it is."""
    account = make_account(sandbox, "wablas")
    line = first_line(account)
    big = Media(kind="image", content=b"x" * (2 * 1024 * 1024 + 1), filename="menu.png", mime_type="image/png")
    with provider_of(account) as provider:
        (refused,) = provider.send([Outgoing(reference="1", route=route_of(line), to=phone(1), attachment=big)])
    assert isinstance(refused, MessageRejected)
    assert refused.reason == Reason.MEDIA_TOO_LARGE
    assert sandbox.received_by() == {}
    with RecordedGateway() as gateway:
        gateway.answer({"status": False, "message": "max size file 2 MB"}, status=400)
        Account.objects.update(base_url=gateway.url)
        url = {"type": "media", "kind": "image", "url": "https://files.example.org/poster.png"}
        message, _new = outbox.queue(line=first_line(account), to=phone(1), body="The poster", attachment=url)
        Pump(seconds=1).run()
    message.refresh_from_db()
    assert (message.status, message.reason) == (S.FAILED, Reason.MEDIA_TOO_LARGE)
    assert "Send a smaller one" in sentence(message.reason)


@pytest.mark.parametrize("dialect", WRONG)
def test_a_local_number_without_a_region_says_what_is_missing(
    sandbox: SandboxProcess, admin: User, dialect: str
) -> None:
    account = make_account(sandbox, dialect, region="")
    body = {"line": first_line(account).pk, "to": "5512345678", "body": "Hi"}
    answer = api_of(admin).post("/api/v1/messages", body, content_type="application/json")
    assert answer.status_code == 422
    assert "country code" in answer.json()["detail"]
    page = signed_in(admin).post(
        f"/lines/{body['line']}/test/", {"to": "5512345678", "body": "Hi", "key": "k"}, follow=True
    )
    assert "country code" in page.content.decode()
    assert not Message.objects.exists()


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
