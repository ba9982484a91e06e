"""What the engine's measurement does: imported once Django is set up."""

import time

import httpx
from django.db import connection, transaction

from campaigns import audience
from campaigns.models import Campaign, Recipient
from contacts.models import Contact, Group, Membership
from messaging.models import Account, Message
from messaging.outbox.pump import Pump
from messaging.outbox.queueing import queue_many
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, whatsapp_line


def bare_loop(sandbox: SandboxProcess, count: int) -> float:
    """Calls a second of a loop that sends and stores nothing."""
    remote = sandbox.account("zender")
    fields = {
        "secret": remote["credentials"]["secret"], "account": remote["numbers"][0]["unique"], "type": "text",
        "message": "Hello there", "priority": 2,
    }  # fmt: skip
    with httpx.Client() as client:
        started = time.perf_counter()
        for number in range(count):
            answer = client.post(f"{sandbox.url}/zender/api/send/whatsapp", data={**fields, "recipient": phone(number)})
            if answer.json()["status"] != 200:
                raise RuntimeError(answer.text)
        return count / (time.perf_counter() - started)


def pump(sandbox: SandboxProcess, dialect: str, count: int) -> float:
    """Messages a second from the queue to a recorded answer."""
    account = Account.objects.filter(provider=dialect).first() or make_account(sandbox, dialect)
    line = whatsapp_line(account)
    for start in range(0, count, 1000):
        queue_many(
            [
                Message(
                    account=account,
                    line=line,
                    channel=line.channel,
                    phone=phone(number),
                    phone_key=phone(number)[1:],
                    body="Hello there",
                    priority=Message.Priority.CAMPAIGN,
                )
                for number in range(start, min(count, start + 1000))
            ]
        )
    started = time.perf_counter()
    sent = Pump(seconds=600).run()
    elapsed = time.perf_counter() - started
    left = Message.objects.filter(line=line).exclude(status=Message.Status.ACCEPTED).count()
    if sent < count or left:
        raise RuntimeError(f"{sent} of {count} sent, {left} not accepted")
    return count / elapsed


def make_people(size: int) -> None:
    """An audience of exactly this size, in one group."""
    Recipient.objects.all().delete()
    group, _ = Group.objects.get_or_create(name="Everybody")
    known = Contact.objects.count()
    for start in range(known, size, 5000):
        contacts = Contact.objects.bulk_create(
            Contact(phone=f"+52{n:011d}", phone_key=f"52{n:011d}", name=f"Person {n}")
            for n in range(start, min(size, start + 5000))
        )
        Membership.objects.bulk_create(Membership(group=group, contact=contact) for contact in contacts)


def plain_insert() -> None:
    """The same rows without any question asked."""
    campaign = Campaign.objects.create(name="plain")
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "INSERT INTO campaigns_recipient (campaign_id, contact_id, phone, phone_key, state, reason)"
            " SELECT %s, id, phone, phone_key, 'planned', '' FROM contacts_contact",
            [campaign.pk],
        )


def freeze() -> None:
    """What a start does."""
    campaign = Campaign.objects.create(name="frozen")
    campaign.groups.set(Group.objects.filter(name="Everybody"))
    with transaction.atomic():
        audience.freeze(campaign)
