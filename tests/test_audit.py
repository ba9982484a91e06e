"""Every change that matters is written down, and no secret with it."""

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from messaging.models import Account

pytestmark = pytest.mark.django_db


def test_it_writes_down_who_changed_an_account(alice: User, alice_client: Client) -> None:
    account = Account.objects.create(
        name="Desk", provider="zender", base_url="http://127.0.0.1:9", credentials={"secret": "s3cr3t-key"}
    )
    body = {"name": "Front desk", "base_url": "http://127.0.0.1:9", "region": "MX", "secret": ""}
    alice_client.post(f"/accounts/{account.pk}/edit/", body)
    entry = LogEntry.objects.filter(object_pk=str(account.pk), action=LogEntry.Action.UPDATE).latest("id")
    assert (entry.actor, entry.changes["name"]) == (alice, ["Desk", "Front desk"])


def test_it_keeps_no_secret(db: None) -> None:
    account = Account.objects.create(
        name="Desk", provider="zender", base_url="http://127.0.0.1:9", credentials={"secret": "s3cr3t-key"}
    )
    User.objects.create_user("dora", password="a word of her own")
    kept = str([entry.changes for entry in LogEntry.objects.all()])
    assert "s3cr3t-key" not in kept
    assert account.callback_secret not in kept
    assert "password" not in kept
