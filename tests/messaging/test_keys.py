"""A new key from the gateway: stored at once and encrypted, asked for once, and never the old one by accident."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging import accounts, health, keys
from messaging.gateway import outgoing, provider_of, route_of
from messaging.models import Account, Exchange, Incident, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import AccountRejected
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)

OLD = "the-old-token-of-ours"
DEVICE = {
    "status": True,
    "data": {"name": "Desk", "serial": "S3R1AL", "quota": 5, "active": True, "status": "connected"},
}


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox, "wablas")


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as recorded:
        yield recorded


@pytest.fixture
def recorded(gateway: RecordedGateway) -> Account:
    """A tested account at a gateway that answers with recordings."""
    made = accounts.create_account(
        provider="wablas", name="Recorded", base_url=gateway.url, credentials={"token": OLD}, region="MX"
    )
    gateway.answer_at("/device/info", DEVICE)
    assert accounts.check_account(made).ok
    gateway.requests.clear()
    return made


def press(client: Client, account: Account, *, seen: int = 0) -> str:
    url = reverse("messaging:account_key", args=[account.pk])
    return client.post(url, {"seen": seen}, follow=True).content.decode()


def token_of(sandbox: SandboxProcess) -> str:
    token: str = sandbox.account("wablas")["credentials"]["token"]
    return token


def asked(gateway: RecordedGateway) -> int:
    return sum(request.path.endswith("/generate-token") for request in gateway.requests)


def test_the_new_key_is_stored_and_works(alice_client: Client, account: Account, sandbox: SandboxProcess) -> None:
    before = account.credentials["token"]
    assert "The gateway gave a new key." in press(alice_client, account)
    account.refresh_from_db()
    assert account.credentials["token"] == token_of(sandbox) != before
    assert account.credentials["secret_key"] == "sandboxkey"
    assert (account.state, account.key_version, account.key_asked_at) == ("ready", 1, None)
    assert send(whatsapp_line(account), "+6281230000042").status == Message.Status.ACCEPTED


def test_no_key_is_shown_logged_or_readable(
    alice_client: Client, account: Account, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page, new = press(alice_client, account), token_of(sandbox)
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM messaging_account")
        (stored,) = cursor.fetchone()
    kept = [str(list(rows.values())) for rows in (Exchange.objects, LogEntry.objects)]
    assert not any(new in text for text in (page, stored, caplog.text, *kept))


def test_the_audit_trail_says_who_replaced_it(alice_client: Client, alice: User, account: Account) -> None:
    press(alice_client, account)
    entries = LogEntry.objects.filter(object_pk=str(account.pk), content_type__model="account", actor=alice)
    assert any(entry.changes.get("key_version") == ["0", "1"] for entry in entries)


def test_pressing_twice_asks_once(alice_client: Client, recorded: Account, gateway: RecordedGateway) -> None:
    gateway.answer({"status": True, "data": {"token": "a-new-one-of-ours"}})
    press(alice_client, recorded)
    assert "replaced already" in press(alice_client, recorded)
    assert asked(gateway) == 1


def test_two_presses_at_once_ask_once(alice_client: Client, recorded: Account, gateway: RecordedGateway) -> None:
    keys._claim(recorded, seen=0)
    assert "being fetched already" in press(alice_client, recorded)
    assert asked(gateway) == 0


def test_a_lost_answer_leaves_no_key_and_an_incident(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.hang_up()
    page = press(alice_client, recorded)
    assert "The answer got lost" in page
    assert "not stored here" in page
    recorded.refresh_from_db()
    assert (recorded.state, recorded.reason, recorded.credentials) == ("blocked", "needs_key", {})
    assert Incident.objects.get(closed_at=None).reason == "needs_key"
    gateway.requests.clear()
    accounts.look_after(recorded.pk)
    assert "not stored here" in press(alice_client, recorded)
    assert gateway.requests == []


def test_typing_in_the_key_brings_the_account_back(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.hang_up()
    press(alice_client, recorded)
    body = {"name": "Recorded", "base_url": gateway.url, "region": "MX", "token": "", "secret_key": ""}
    url = reverse("messaging:account_edit", args=[recorded.pk])
    assert alice_client.post(url, body).status_code == 422
    alice_client.post(url, {**body, "token": "typed-from-the-panel"})
    recorded.refresh_from_db()
    assert (recorded.state, recorded.key_asked_at) == ("ready", None)
    assert recorded.credentials == {"token": "typed-from-the-panel"}
    assert not Incident.objects.filter(closed_at=None).exists()


def test_a_process_that_dies_in_between_leaves_no_key_in_use(recorded: Account, gateway: RecordedGateway) -> None:
    keys._claim(recorded, seen=0)
    assert not accounts.check_account(recorded).ok
    recorded.refresh_from_db()
    assert (recorded.state, recorded.reason) == ("blocked", "needs_key")
    Account.objects.update(key_asked_at=timezone.now() - timedelta(minutes=5))
    accounts.look_after(recorded.pk)
    recorded.refresh_from_db()
    assert (recorded.state, recorded.reason, recorded.credentials) == ("blocked", "needs_key", {})
    assert Incident.objects.filter(closed_at=None).count() == 1
    assert gateway.requests == []


def test_the_gateways_no_leaves_all_as_it_was(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.answer({"status": False, "message": "param invalid"}, status=500)
    assert "The key was not replaced." in press(alice_client, recorded)
    recorded.refresh_from_db()
    assert (recorded.state, recorded.credentials, recorded.key_asked_at) == ("ready", {"token": OLD}, None)


def test_a_drainer_with_the_old_key_harms_nobody(account: Account) -> None:
    line = Line.objects.select_related("account").get(pk=whatsapp_line(account).pk)
    message = Message(pk=7, phone="+6281230000042", body="Hello", priority=5)
    accounts.replace_key(account, seen=0)
    with provider_of(line.account) as provider:
        (refused,) = provider.send([outgoing(message, route_of(line))])
    assert isinstance(refused, AccountRejected)
    health.block(line, refused)
    account.refresh_from_db()
    assert account.state == "ready"
    assert not Incident.objects.exists()
    sent = send(line, "+6281230000042")

    def goes_out() -> Any:
        Pump(seconds=1).run()
        sent.refresh_from_db()
        return sent.status == Message.Status.ACCEPTED

    eventually(goes_out, within=15)


def test_a_test_of_the_old_key_says_nothing_about_the_new_one(account: Account) -> None:
    old = Account.objects.get(pk=account.pk)
    accounts.replace_key(account, seen=0)
    with provider_of(old) as provider, pytest.raises(AccountRejected) as refused:
        provider.check()
    assert health.block_account(old, refused.value) is False
    account.refresh_from_db()
    assert account.state == "ready"


def test_the_page_asks_before_it_replaces(alice_client: Client, account: Account) -> None:
    page = alice_client.get(reverse("messaging:account", args=[account.pk])).content.decode()
    assert "Have the gateway replace the key?" in page


def test_gateways_without_the_call_offer_nothing(alice_client: Client, sandbox: SandboxProcess) -> None:
    zender = make_account(sandbox)
    assert "Replace the key" not in alice_client.get(reverse("messaging:account", args=[zender.pk])).content.decode()
    assert "make a new one in its panel" in press(alice_client, zender)


def test_a_marketer_replaces_no_key(marta_client: Client, account: Account) -> None:
    url = reverse("messaging:account_key", args=[account.pk])
    assert marta_client.post(url, {"seen": 0}).status_code == 403
    assert "Replace the key" not in marta_client.get(reverse("messaging:account", args=[account.pk])).content.decode()
