"""What other systems are told: signed, tried again, each receiver alone, nothing lost and nothing told that did not happen."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contacts import consent
from contacts.models import ConsentEvent
from contacts.refusal import Refused
from messaging import inbox, outbox
from messaging.models import Account, Incident, Line, Message, MessageEvent, Webhook, WebhookDelivery
from messaging.providers.shapes import Incoming
from messaging.webhooks import delivering, keeping, telling
from messaging.webhooks.publishing import publish
from tests.receiver import Receiver, Told
from tests.world import phone

pytestmark = pytest.mark.django_db(transaction=True)
ALL = [event for event, _label in keeping.CHOICES]
D = WebhookDelivery.State


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as running:
        settings.PRIVATE_HOSTS = ["127.0.0.1"]
        yield running


@pytest.fixture
def webhook(receiver: Receiver) -> Webhook:
    return keeping.save(Webhook(), name="Till", url=f"{receiver.url}hook", events=ALL)


@pytest.fixture
def line(db: None) -> Line:
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    return Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address="u1", label="Line")


def write(line: Line, text: str = "hello") -> None:
    item = Incoming(channel="whatsapp", sender=phone(1), body=text, at=timezone.now(), line_hint="u1", remote_id=text)
    inbox.receive(line.account, [item])


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(heard.body) for heard in receiver.heard]


def test_it_tells_of_a_message_that_came_in(webhook: Webhook, receiver: Receiver, line: Line) -> None:
    write(line)
    assert delivering.deliver_due() == 1
    (event,) = told(receiver)
    assert event["type"] == "message.received"
    assert (event["data"]["phone"], event["data"]["body"], event["data"]["line"]) == (phone(1), "hello", line.pk)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status_code, str(delivery.event_id)) == (D.DELIVERED, 200, event["id"])
    assert delivering.deliver_due() == 0


def test_each_call_is_signed_with_its_time(webhook: Webhook, receiver: Receiver, line: Line) -> None:
    write(line)
    delivering.deliver_due()
    (heard,) = receiver.heard
    stamp, signature = (part.split("=")[1] for part in heard.headers["x-carillon-signature"].split(","))
    expected = hmac.new(webhook.secret.encode(), stamp.encode() + b"." + heard.body, hashlib.sha256).hexdigest()
    assert signature == expected
    assert abs(time.time() - int(stamp)) < 30
    assert heard.headers["x-carillon-id"] == told(receiver)[0]["id"]


def test_it_tells_of_statuses_lines_and_consent(webhook: Webhook, receiver: Receiver, line: Line) -> None:
    telling.tell_lines()
    message, _ = outbox.queue(line=line, to=phone(1), body="Hi")
    outbox.apply(
        [outbox.Update(message_id=message.pk, status="failed", reason="rejected")], source=MessageEvent.Source.ENGINE
    )
    Line.objects.update(state=Line.State.DISCONNECTED, reason="line_disconnected")
    telling.tell_lines()
    consent.opt_out(phone_key=message.phone_key, source=ConsentEvent.Source.STAFF)
    delivering.deliver_due()
    events = {(event["type"], event["data"].get("status") or event["data"].get("state")) for event in told(receiver)}
    assert events == {("message.status", "failed"), ("line.state", "disconnected"), ("consent.changed", "opted-out")}
    (state,) = [event["data"] for event in told(receiver) if event["type"] == "line.state"]
    assert (state["before"], bool(state["detail"])) == ("ready", True)


def test_a_line_of_a_blocked_account_is_told_as_blocked(webhook: Webhook, line: Line) -> None:
    telling.tell_lines()
    Account.objects.update(state=Account.State.BLOCKED, reason="bad_credentials")
    assert telling.tell_lines() == 1
    assert telling.tell_lines() == 0
    assert WebhookDelivery.objects.get().data["state"] == "blocked"


def test_it_tells_nothing_that_did_not_happen(webhook: Webhook) -> None:
    with transaction.atomic():
        consent.opt_out(phone_key="1", source=ConsentEvent.Source.STAFF)
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_it_tells_only_what_is_wanted(webhook: Webhook, line: Line) -> None:
    keeping.save(webhook, name="Till", url=webhook.url, events=["campaign.status"])
    write(line)
    keeping.switch(webhook, on=False)
    publish("campaign.status", lambda: [{"id": 1}])
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("answer", [Told(500), Told(404), Told(302, headers={"Location": "/other"}), Told(429)])
def test_it_tries_again_later(webhook: Webhook, receiver: Receiver, line: Line, answer: Told) -> None:
    receiver.answers["*"] = answer
    write(line)
    assert delivering.deliver_due() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.problem) == (D.WAITING, 1, f"HTTP {answer.status}")
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at > timezone.now()
    assert delivering.deliver_due() == 0
    receiver.answers["*"] = Told(204)
    now_due()
    assert delivering.deliver_due() == 1
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, len(receiver.heard)) == (0, None, 2)
    assert len({event["id"] for event in told(receiver)}) == 1


def now_due() -> None:
    Webhook.objects.update(next_attempt_at=timezone.now())
    WebhookDelivery.objects.filter(state=D.WAITING).update(next_attempt_at=timezone.now())


def test_it_gives_up_after_days_and_sends_again_when_asked(
    webhook: Webhook, receiver: Receiver, line: Line, alice_client: Client
) -> None:
    receiver.answers["*"] = Told(500)
    write(line)
    for _ in range(len(delivering.TRY_AGAIN) + 1):
        now_due()
        delivering.deliver_due()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.next_attempt_at) == (D.FAILED, None)
    receiver.answers["*"] = Told(200)
    response = alice_client.post(reverse("messaging:delivery_again", args=[delivery.pk]))
    assert response.headers["Location"] == reverse("messaging:webhook", args=[webhook.pk])
    assert delivering.deliver_due() == 1


def test_after_a_long_streak_it_goes_off_with_an_incident(
    webhook: Webhook, receiver: Receiver, line: Line, alice_client: Client
) -> None:
    receiver.answers["*"] = Told(500)
    write(line)
    Webhook.objects.update(failures=delivering.STREAK - 2, failing_since=timezone.now() - timedelta(hours=25))
    delivering.deliver_due()
    assert Webhook.objects.get().is_active
    now_due()
    delivering.deliver_due()
    assert not Webhook.objects.get().is_active
    incident = Incident.objects.get()
    assert (incident.kind, incident.webhook, incident.account) == ("webhook_off", webhook, None)
    assert webhook.name in alice_client.get(reverse("messaging:incidents")).content.decode()
    assert "It is off" in alice_client.get(reverse("messaging:webhook", args=[webhook.pk])).content.decode()
    receiver.answers["*"] = Told(200)
    alice_client.post(reverse("messaging:webhook_on", args=[webhook.pk]))
    now_due()
    assert delivering.deliver_due() == 1
    assert Incident.objects.get().closed_at is not None


def test_a_fault_in_one_call_holds_nobody_up(webhook: Webhook, receiver: Receiver, line: Line) -> None:
    broken = keeping.save(Webhook(), name="Broken", url=f"{receiver.url}broken", events=ALL)
    Webhook.objects.filter(pk=broken.pk).update(secret={"no": "text"})
    write(line)
    assert delivering.deliver_due() == 1
    assert webhook.deliveries.get().state == D.DELIVERED
    assert (broken.deliveries.get().state, broken.deliveries.get().problem) == (D.WAITING, "AttributeError")


def test_a_receiver_that_is_deleted_while_it_is_called_stops_nobody(webhook: Webhook, line: Line) -> None:
    write(line)
    tried = [delivering.Tried(delivery=webhook.deliveries.get(), problem="HTTP 500")]
    number = webhook.pk
    webhook.delete()
    assert delivering.record(number, tried) == 0


def test_a_slow_receiver_holds_nobody_up(webhook: Webhook, receiver: Receiver, line: Line) -> None:
    let_go = threading.Event()
    with Receiver() as slow:
        slow.wait = lambda: let_go.wait(4)
        keeping.save(Webhook(), name="Slow", url=f"{slow.url}hook", events=ALL)
        for number in range(60):
            write(line, f"text {number}")
        work = threading.Thread(target=delivering.deliver_due, kwargs={"seconds": 3})
        work.start()
        deadline = time.monotonic() + 10
        while len(receiver.heard) < 60 and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        heard_slowly = len(slow.heard)
        let_go.set()
        work.join()
    assert (len(receiver.heard), heard_slowly) == (60, 1)
    assert [event["data"]["body"] for event in told(receiver)] == [f"text {number}" for number in range(60)]


def test_what_was_told_but_not_written_down_is_told_again_with_the_same_id(
    webhook: Webhook, receiver: Receiver, line: Line
) -> None:
    write(line)
    delivering.call(webhook, WebhookDelivery.objects.get())  # and then the process is killed
    assert delivering.deliver_due() == 1
    assert len({event["id"] for event in told(receiver)}) == 1
    assert len(receiver.heard) == 2


@pytest.mark.once
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://localhost/", "http://10.0.0.1/", "ftp://example.org/", "x"]
)
def test_it_takes_no_address_of_our_own_network(url: str, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = []
    with pytest.raises(Refused) as caught:
        keeping.save(Webhook(), name="Till", url=url, events=ALL)
    assert caught.value.field == "url"


def test_an_address_that_became_private_is_not_called(
    webhook: Webhook, receiver: Receiver, line: Line, settings: Settings
) -> None:
    settings.PRIVATE_HOSTS = []
    write(line)
    delivering.deliver_due()
    assert receiver.heard == []
    assert WebhookDelivery.objects.get().problem == "not a public address"


def test_staff_add_one_try_it_and_see_what_came_of_it(receiver: Receiver, alice_client: Client) -> None:
    data = {"name": "Till", "url": f"{receiver.url}hook", "events": ["message.received"]}
    response = alice_client.post(reverse("messaging:webhook_add"), data, follow=True)
    webhook = Webhook.objects.get()
    page = response.content.decode()
    assert webhook.secret in page
    alice_client.post(reverse("messaging:webhook_ping", args=[webhook.pk]))
    delivering.deliver_due()
    assert told(receiver)[0]["type"] == "ping"
    page = alice_client.get(reverse("messaging:webhook", args=[webhook.pk])).content.decode()
    assert "ping" in page
    assert "Delivered" in page or "delivered" in page
    alice_client.post(reverse("messaging:webhook_new_secret", args=[webhook.pk]))
    assert Webhook.objects.get().secret != webhook.secret
    assert "Till" in alice_client.get(reverse("messaging:webhooks")).content.decode()
    wrongs: tuple[dict[str, Any], ...] = ({"name": ""}, {"events": []}, {"url": "http://10.0.0.1/"})
    for wrong in wrongs:
        assert alice_client.post(reverse("messaging:webhook_add"), {**data, "name": "B", **wrong}).status_code == 422
    alice_client.post(reverse("messaging:webhook_delete", args=[webhook.pk]))
    assert not Webhook.objects.exists()


def test_only_managers_see_webhooks(marta_client: Client, webhook: Webhook, client: Client) -> None:
    for name, args in (
        ("webhooks", []),
        ("webhook", [webhook.pk]),
        ("webhook_add", []),
        ("webhook_edit", [webhook.pk]),
    ):
        url = reverse(f"messaging:{name}", args=args)
        assert marta_client.get(url).status_code == 403
        assert client.get(url).status_code == 302
    for name in ("webhook_ping", "webhook_off", "webhook_new_secret", "webhook_delete"):
        assert marta_client.post(reverse(f"messaging:{name}", args=[webhook.pk])).status_code == 403
    assert Message.objects.count() == 0


def test_the_admin_lists_calls_and_shows_no_secret(webhook: Webhook, admin_site: Client, line: Line) -> None:
    write(line)
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(state=D.FAILED, next_attempt_at=None)
    page = admin_site.get(reverse("admin:messaging_webhook_change", args=[webhook.pk])).content.decode()
    assert webhook.secret not in page
    changes = reverse("admin:messaging_webhookdelivery_changelist")
    admin_site.post(changes, {"action": "send_again", "_selected_action": [delivery.pk]})
    assert WebhookDelivery.objects.get().state == D.WAITING


def test_the_log_is_dropped_past_its_days(webhook: Webhook, line: Line) -> None:
    write(line, "waits")
    write(line, "told")
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=30))
    WebhookDelivery.objects.filter(data__body="told").update(state=D.DELIVERED)
    assert keeping.forget_old() == 1
    assert WebhookDelivery.objects.get().data["body"] == "waits"
