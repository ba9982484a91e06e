"""The clock goes on whatever breaks: a chore that fails, or an account whose key nobody can read."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging import accounts, clock, outbox, stopping
from messaging.encryption import CannotDecrypt
from messaging.models import Account, Incident, Line, Message
from messaging.outbox.claiming import lines_with_work
from messaging.outbox.pump import Pump
from tests.sandbox_process import SandboxProcess
from tests.world import ask_now, make_account, phone, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_chore_that_breaks_keeps_no_other_from_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    end = tmp_path / "end"
    monkeypatch.setenv(stopping.VARIABLE, str(end))

    def broken() -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(clock, "_CHORES", {"first": (0.0, broken), "last": (0.0, end.touch)})
    clock.run()
    assert end.exists()
    assert "A chore of the clock broke: first" in caplog.text
    assert clock.is_alive()


@pytest.fixture
def locked(sandbox: SandboxProcess, settings: Settings) -> Line:
    """The line of an account that was encrypted with a key that is gone."""
    settings.FIELD_ENCRYPTION_KEYS = ["lost"]
    account = make_account(sandbox, "wablas")
    settings.FIELD_ENCRYPTION_KEYS = ["ours"]
    return whatsapp_line(account)


def test_an_account_that_cannot_be_read_stops_nobody_elses_messages(
    sandbox: SandboxProcess, locked: Line, settings: Settings
) -> None:
    well = whatsapp_line(make_account(sandbox))
    Line.objects.filter(pk=locked.pk).update(next_free_at="2020-01-01T00:00:00Z")  # it comes first
    for number, line in enumerate([locked, well]):
        outbox.queue(line=Line.objects.select_related("account").get(pk=line.pk), to=phone(number), body="Hi")
    assert next(iter(lines_with_work(timezone.now()))).pk == locked.pk
    Pump(seconds=2).run()
    assert sandbox.received_by() == {phone(1): 1}
    account = Account.objects.get(pk=locked.account_id)
    assert (account.state, account.reason) == ("blocked", "bad_credentials")
    assert "Put the old key back" in Incident.objects.get(account=account, closed_at=None).note
    settings.FIELD_ENCRYPTION_KEYS = ["ours", "lost"]
    assert accounts.check_account(Account.objects.get(pk=account.pk)).ok
    Pump(seconds=2).run()
    assert Message.objects.get(account=account).status == "accepted"


def test_its_credentials_can_be_typed_anew(sandbox: SandboxProcess, locked: Line, alice_client: Client) -> None:
    account = Account.objects.get()
    assert alice_client.get(reverse("messaging:account", args=[account.pk])).status_code == 200
    url = reverse("messaging:account_edit", args=[account.pk])
    assert alice_client.get(url).status_code == 200
    given = sandbox.account("wablas")["credentials"]
    typed = {"name": account.name, "base_url": account.base_url, "region": "MX", **given}
    assert alice_client.post(url, typed).status_code == 302
    account.refresh_from_db()
    assert account.credentials == given


def test_it_is_listed_and_asked_like_any_other_and_never_written_over(locked: Line, marta_client: Client) -> None:
    account = Account.objects.get()
    assert marta_client.get(reverse("messaging:accounts")).status_code == 200
    ask_now(account)
    assert Account.objects.get().state == "blocked"
    for read in (dict, str, bool, len, list):
        with pytest.raises(CannotDecrypt):
            read(account.credentials)
    with pytest.raises(CannotDecrypt):
        account.save()
    assert account.credentials == Account.objects.get().credentials
