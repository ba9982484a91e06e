"""Accounts, lines and people for tests, made the way the product makes them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from campaigns import lifecycle, plans, runner
from campaigns.models import Campaign
from contacts.models import Contact, Group
from contacts.people import save_contact
from messaging import accounts, outbox, polling, reconcile
from messaging.gateway import provider_of
from messaging.mirror.lines import mirror_lines
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from tests.sandbox_process import SandboxProcess, eventually


def make_account(sandbox: SandboxProcess, dialect: str = "zender", **changes: Any) -> Account:
    """An account of the sandbox that passed its test, with its lines, all without a pace."""
    remote = sandbox.account(dialect)
    account = accounts.create_account(
        **{
            "provider": dialect,
            "name": f"{dialect} in the sandbox",
            "base_url": remote["base_url"],
            "credentials": remote["credentials"],
            "region": "MX",
            **changes,
        }
    )
    result = accounts.check_account(account)
    assert result.ok, result.sentence
    with provider_of(account) as provider:
        mirror_lines(account, provider.fetch_lines())
    account.lines.update(gap_seconds=0, jitter_seconds=0, per_minute=None, per_hour=None, per_day=None)
    return account


def whatsapp_line(account: Account) -> Line:
    """Its first connected WhatsApp line."""
    line = account.lines.filter(channel="whatsapp", state=Line.State.READY).order_by("id").first()
    assert line is not None
    return line


def phone(number: int, story: str = "00") -> str:
    """A Mexican number of our own; `story` is its last two digits."""
    return f"+52222{number:05d}{story}"


def make_people(count: int, *, group: str = "VIP", story: str = "00", first: int = 1) -> list[Contact]:
    """People in a group, all living through the same story."""
    kept, _ = Group.objects.get_or_create(name=group)
    return [
        save_contact(phone=phone(n, story), name=f"Person {n}", groups=[kept], region="MX")[0]
        for n in range(first, first + count)
    ]


def make_campaign(
    lines: Iterable[Line], *, groups: Iterable[str] = ("VIP",), body: str = "Hi {{ name }}", **more: Any
) -> Campaign:
    """A draft."""
    with transaction.atomic():
        return plans.save_draft(
            name="Spring", body=body, lines=list(lines), groups=list(Group.objects.filter(name__in=groups)), **more
        )


def start(campaign: Campaign) -> Campaign:
    """Start it and do what the cluster would do next."""
    lifecycle.start(campaign)
    lifecycle.prepare(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def work(campaign: Campaign, *, seconds: float = 5.0) -> Campaign:
    """Be the cluster: top up, send, and look again until nothing is left to send now."""
    runner.run(campaign.pk)
    Pump(seconds=seconds).run()
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def send(line: Line, to: str, body: str = "Hello", **more: Any) -> Message:
    """Queue one message and let a pump run."""
    message, _ = outbox.queue(line=line, to=to, body=body, **more)
    Pump(seconds=2).run()
    message.refresh_from_db()
    return message


def ask_now(account: Account) -> None:
    """Poll an account as if every waiting question were due."""
    Message.objects.filter(account=account, ask_at__isnull=False).update(ask_at=timezone.now())
    polling.poll_account(account.pk)


def reaches(message: Message, status: str, *, within: float = 5.0) -> Message:
    """Poll its account until a message has this status."""

    def look() -> bool:
        ask_now(message.account)
        message.refresh_from_db()
        return message.status == status

    eventually(look, within=within)
    return message


def recover() -> int:
    """What the clock does for messages of dead claims."""
    return reconcile.recover_abandoned()


def run_tasks() -> None:
    """Do what is enqueued now, as a worker would."""
    for row in list(OrmQ.objects.order_by("id")):
        task = row.task
        function = task["func"] if callable(task["func"]) else import_string(task["func"])
        row.delete()
        function(*task["args"], **task["kwargs"])
