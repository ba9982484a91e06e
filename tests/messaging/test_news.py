"""What gateways tell: one bad piece of it stops nothing behind it, and is kept for people to look at."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Consent
from messaging import callbacks, polling, understanding
from messaging.models import Account, Callback, Incident, Line, Message, OptOutDoubt
from messaging.providers.shapes import StatusReport
from messaging.signals import message_changed, message_received
from tests.messaging.talking import make_shop, says
from tests.sandbox_process import SandboxProcess
from tests.world import ask_now, make_account, phone, send, whatsapp_line

pytestmark = pytest.mark.django_db


@contextmanager
def broken_for(text: str) -> Iterator[None]:
    """Whoever listens to incoming messages breaks at this text."""

    def listen(messages: list[Message], **_kwargs: Any) -> None:
        if any(message.body == text for message in messages):
            raise ZeroDivisionError("a fault of ours")

    message_received.connect(listen)
    try:
        yield
    finally:
        message_received.disconnect(listen)


def writes(sandbox: SandboxProcess, text: str, *, number: int = 1, sender: str = "") -> None:
    sandbox.control("incoming", {"account": "zender", "from": sender or phone(number), "text": text})


def call(account: Account, text: str) -> None:
    """The gateway calls about a message, and the call is read."""
    body = json.dumps({"id": "7", "phone": phone(1), "message": text, "messageType": "text"})
    Client().post(callbacks.url_for(account), body, "application/json")
    understanding.work_waiting()


def bodies() -> set[str]:
    return set(Message.objects.filter(direction="in").values_list("body", flat=True))


def told() -> list[str]:
    """Whether people are told now that news could not be taken in."""
    return list(Incident.objects.filter(kind="news_unread", closed_at=None).values_list("note", flat=True))


def test_a_poll_keeps_a_text_without_what_no_database_keeps(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    writes(sandbox, "Is it\x00 open?")
    polling.poll_account(account.pk)
    assert (bodies(), told()) == ({"Is it open?"}, [])


@pytest.mark.parametrize("text", ["STOP", "START", "sotp"])
@pytest.mark.parametrize("sender", ["A shop with a very long name", "1203630412345678901234@g.us", "9" * 30])
def test_a_sender_that_is_no_phone_says_nothing_about_consent(sender: str, text: str) -> None:
    assert len(says(make_shop(), text, sender=sender)) == 1
    assert not Consent.objects.exists()
    assert not OptOutDoubt.objects.exists()


def test_half_a_character_in_a_call_is_left_out() -> None:
    call(make_shop(provider="wablas"), "Is it\ud83d open?")
    assert (bodies(), told()) == ({"Is it open?"}, [])


def test_one_bad_message_in_a_poll_stops_nothing_behind_it(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    message = send(whatsapp_line(account), phone(9))
    for number, text in enumerate(["first", "bad", "last"]):
        writes(sandbox, text, number=number)
    with broken_for("bad"):
        ask_now(account)
        ask_now(account)
        assert bodies() == {"first", "last"}
        message.refresh_from_db()
        assert message.status != "accepted"
        understanding.work_waiting()
    assert (Callback.objects.get().state, told()) == ("failed", ["ZeroDivisionError"])


def test_what_was_set_aside_is_read_again_and_the_incident_ends(sandbox: SandboxProcess, admin_client: Client) -> None:
    account = make_account(sandbox)
    writes(sandbox, "bad", number=7)
    with broken_for("bad"):
        ask_now(account)
        understanding.work_waiting()
    Account.objects.update(received_until=None)
    row = Callback.objects.get()
    admin_client.post(
        reverse("admin:messaging_callback_changelist"), {"action": "replay", "_selected_action": str(row.pk)}
    )
    understanding.work_waiting()
    message = Message.objects.get(direction="in")
    assert (message.body, message.phone_key, message.account) == ("bad", phone(7)[1:], account)
    ask_now(account)
    assert (Message.objects.filter(direction="in").count(), told()) == (1, [])


def test_a_bad_status_stops_no_other(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    messages = [send(whatsapp_line(account), phone(number)) for number in (1, 2, 3)]

    def listen(changes: list[Any], **_kwargs: Any) -> None:
        if any(change.message_id == messages[1].pk for change in changes):
            raise ZeroDivisionError("a fault of ours")

    message_changed.connect(listen)
    try:
        ask_now(account)
    finally:
        message_changed.disconnect(listen)
    assert [Message.objects.get(pk=each.pk).status != "accepted" for each in messages] == [True, False, True]
    understanding.work_waiting()
    assert Message.objects.get(pk=messages[1].pk).status != "accepted"
    assert Callback.objects.get().state == "done"


# Calls that could not be understood


def test_a_call_that_is_not_understood_is_told(bob_client: Client) -> None:
    with broken_for("bad"):
        call(make_shop(provider="wablas"), "bad")
    assert Callback.objects.get().state == "failed"
    assert len(told()) == 1
    assert "news could not be taken in" in bob_client.get("/").content.decode().lower()


def test_the_account_page_counts_them_and_shows_admins_where(admin_user: User, admin_client: Client) -> None:
    account = make_shop()
    Callback.objects.create(account=account, state="failed", next_attempt_at=None)
    page = admin_client.get(reverse("messaging:account", args=[account.pk])).content.decode()
    assert "1 call could not be understood" in page
    listed = f"{reverse('admin:messaging_callback_changelist')}?account__id__exact={account.pk}&amp;state__exact=failed"
    assert listed in page
    assert admin_client.get(listed.replace("&amp;", "&")).status_code == 200


# Statuses


def test_a_status_finds_its_message_where_both_channels_count_alike() -> None:
    shop = make_shop()
    by_sms = Line.objects.create(account=shop, channel="sms", kind="sim", address="d1", slot=1, label="SIM")
    first, second = (
        Message.objects.create(
            account=shop, line=line, direction="out", channel=line.channel, phone=phone(number), phone_key=phone(number)[1:],
            status="accepted", remote_id="12", attempted_at=timezone.now(),
        )
        for number, line in enumerate([shop.lines.get(channel="whatsapp"), by_sms])
    )  # fmt: skip
    reports = [
        StatusReport(status="delivered", remote_id="12", reference=str(first.pk)),
        StatusReport(status="failed", remote_id="12", reference=str(second.pk)),
    ]
    polling.apply_reports(shop, reports, messages=[first, second], source="poll")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("delivered", "failed")


def test_a_foreign_reference_does_not_hide_the_gateways_id() -> None:
    shop = make_shop()
    (line,) = shop.lines.all()
    fields = {
        "account": shop,
        "line": line,
        "direction": "out",
        "channel": "whatsapp",
        "phone": phone(1),
        "phone_key": "1",
    }
    waiting = Message.objects.create(status="queued", **fields)
    ours = Message.objects.create(status="accepted", remote_id="12", attempted_at=timezone.now(), **fields)
    report = StatusReport(status="failed", remote_id="12", reference=str(waiting.pk))
    polling.apply_reports(shop, [report], source="callback")
    waiting.refresh_from_db()
    ours.refresh_from_db()
    assert (waiting.status, ours.status) == ("queued", "failed")
