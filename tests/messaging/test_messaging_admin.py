"""The admin of messaging: every list opens, keys are written and never read, history stays as it is."""

import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import Account, Callback, Exchange, Line, LinkSession, Message, MessageEvent
from tests.world import phone

pytestmark = pytest.mark.django_db
MODELS = sorted(model._meta.model_name or "" for model in apps.get_app_config("messaging").get_models())
LOGS = [
    "message",
    "messageevent",
    "exchange",
    "callback",
    "tally",
    "incident",
    "conversation",
    "linksession",
    "conversationevent",
    "draft",
]


@pytest.fixture
def account() -> Account:
    return Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={"secret": "very-secret-key"}, region="MX"
    )  # fmt: skip


@pytest.fixture
def message(account: Account) -> Message:
    line = Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address="u", label="Line")
    message = Message.objects.create(
        account=account, line=line, direction="out", channel="whatsapp", phone=phone(1), phone_key=phone(1)[1:], status="sent"
    )  # fmt: skip
    MessageEvent.objects.create(message=message, status="sent", source="poll")
    return message


@pytest.mark.parametrize("name", MODELS)
def test_it_lists_and_searches_every_model(admin_site: Client, message: Message, name: str) -> None:
    url = reverse(f"admin:messaging_{name}_changelist")
    assert admin_site.get(url).status_code == 200
    assert admin_site.get(url, {"q": "x"}).status_code == 200


def test_it_changes_a_key_without_showing_it(admin_site: Client, account: Account) -> None:
    url = reverse("admin:messaging_account_change", args=[account.pk])
    assert "very-secret-key" not in admin_site.get(url).content.decode()
    fields = {"name": "Shop", "base_url": "https://gateway.example/api", "region": "mx"}
    admin_site.post(url, {**fields, "new_credentials": ""})
    account.refresh_from_db()
    assert (account.credentials, account.base_url) == ({"secret": "very-secret-key"}, "https://gateway.example")
    admin_site.post(url, {**fields, "new_credentials": json.dumps({"secret": "newer"})})
    account.refresh_from_db()
    assert account.credentials == {"secret": "newer"}
    assert "Write a JSON object" in admin_site.post(url, {**fields, "new_credentials": "newest"}).content.decode()


def test_it_shows_no_token_of_a_link(admin_site: Client, account: Account) -> None:
    link = LinkSession.objects.create(account=account, offer={"token": "link-token"}, expires_at=timezone.now())
    page = admin_site.get(reverse("admin:messaging_linksession_change", args=[link.pk])).content.decode()
    assert "link-token" not in page


def test_it_shows_a_message_with_its_history_and_changes_nothing(admin_site: Client, message: Message) -> None:
    url = reverse("admin:messaging_message_change", args=[message.pk])
    assert "asking the gateway" in admin_site.get(url).content.decode()
    assert admin_site.post(url, {"status": "queued"}).status_code == 403


@pytest.mark.parametrize("name", LOGS)
def test_it_lets_nobody_add_to_history(admin_site: Client, name: str) -> None:
    assert admin_site.get(reverse(f"admin:messaging_{name}_add")).status_code == 403


def test_it_reads_a_call_again(admin_site: Client, account: Account) -> None:
    call = Callback.objects.create(account=account, state="failed", attempts=5, problem="?", next_attempt_at=None)
    asked = {"action": "replay", "_selected_action": [call.pk]}
    admin_site.post(reverse("admin:messaging_callback_changelist"), asked)
    call.refresh_from_db()
    assert (call.state, call.attempts) == (Callback.State.NEW, 0)
    assert call.next_attempt_at is not None


def test_it_counts_no_further_than_it_must(
    admin_site: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.admin.logs._COUNTED", 3)
    Exchange.objects.bulk_create(Exchange(account=account, method="GET", url=f"/{n}") for n in range(5))
    response = admin_site.get(reverse("admin:messaging_exchange_changelist"))
    assert response.context["cl"].result_count == 3


def test_it_leaves_the_schedules_to_the_code(admin_site: Client) -> None:
    assert admin_site.get(reverse("admin:django_q_schedule_changelist")).status_code == 200
    assert admin_site.get(reverse("admin:django_q_schedule_add")).status_code == 403


def test_it_has_every_model() -> None:
    registered = {model for model in admin.site._registry if model._meta.app_label == "messaging"}
    assert registered == set(apps.get_app_config("messaging").get_models())
