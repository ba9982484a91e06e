"""Messages for a measurement, the loop they are compared with, and the engine at work on them."""

import time

import httpx
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Campaign
from contacts.models import Contact, Group
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from messaging.outbox.queueing import queue_many
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, whatsapp_line

TEXT = "Hello there"
EVERYBODY = "Everybody"


def bare_loop(sandbox: SandboxProcess, count: int) -> float:
    """Calls a second of a loop that sends and stores nothing."""
    remote = sandbox.account("zender")
    fields = {
        "secret": remote["credentials"]["secret"], "account": remote["numbers"][0]["unique"], "type": "text",
        "message": TEXT, "priority": 2,
    }  # fmt: skip
    with httpx.Client() as client:
        started = time.perf_counter()
        for number in range(count):
            answer = client.post(f"{sandbox.url}/zender/api/send/whatsapp", data={**fields, "recipient": phone(number)})
            if answer.json()["status"] != 200:
                raise RuntimeError(answer.text)
        return count / (time.perf_counter() - started)


def line_of(sandbox: SandboxProcess, dialect: str) -> Line:
    """A WhatsApp line without a pace at this sandbox's demo account."""
    known = Account.objects.filter(provider=dialect, base_url=sandbox.account(dialect)["base_url"]).first()
    account = known or make_account(sandbox, dialect, name=f"{dialect} at {sandbox.url}")
    return whatsapp_line(account)


def queue_messages(sandbox: SandboxProcess, dialect: str, count: int, *, line: Line | None = None) -> int:
    """Fill the outbox. Returns how many."""
    line = line or line_of(sandbox, dialect)
    for start in range(0, count, 1000):
        queue_many(
            [
                Message(
                    account=line.account,
                    line=line,
                    channel=line.channel,
                    phone=phone(number),
                    phone_key=phone(number)[1:],
                    body=TEXT,
                    priority=Message.Priority.CAMPAIGN,
                )
                for number in range(start, min(count, start + 1000))
            ]
        )
    return count


def pump(count: int) -> float:
    """Messages a second from the queue to a recorded answer, in slices as long as the clock's."""
    started = time.perf_counter()
    sent = 0
    while sent < count:
        handed_over = Pump().run()
        if not handed_over:
            raise RuntimeError(f"{sent} of {count} sent")
        sent += handed_over
    elapsed = time.perf_counter() - started
    if left := Message.objects.exclude(status=Message.Status.ACCEPTED).count():
        raise RuntimeError(f"{left} are not accepted")
    return count / elapsed


def make_people(size: int) -> None:
    """People up to this number, all in one group; the database writes them by itself, so a million takes seconds."""
    group, _ = Group.objects.get_or_create(name=EVERYBODY)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(_PEOPLE, [Contact.objects.count(), size, now, now])
        cursor.execute(_MEMBERSHIPS, [group.pk, now, group.pk])


_PEOPLE = """
    INSERT INTO contacts_contact (phone, phone_key, name, language, time_zone, fields, created_at, updated_at)
    WITH RECURSIVE numbers(n) AS (SELECT %s + 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
    SELECT '+' || (52220000000 + n) || '00', (52220000000 + n) || '00', 'Person ' || n, '', '', '{}', %s, %s FROM numbers
"""
_MEMBERSHIPS = """
    INSERT INTO contacts_membership (group_id, contact_id, created_at)
    SELECT %s, id, %s FROM contacts_contact WHERE id NOT IN (SELECT contact_id FROM contacts_membership WHERE group_id = %s)
"""


def make_campaign(line: Line) -> Campaign:
    """A draft to everybody in the group, over one line."""
    campaign = Campaign.objects.create(name="Everybody", body="Hi {{ name }}", channel=line.channel)
    campaign.groups.set(Group.objects.filter(name=EVERYBODY))
    campaign.lines.set([line])
    return campaign
