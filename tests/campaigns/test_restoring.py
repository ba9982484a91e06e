"""An older copy of the database: nothing of it leaves by itself, and nobody gets a second message without a person's word."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from campaigns import books, handing, lifecycle, mirror, runner, scheduled, series
from campaigns.models import Campaign, Recipient, Series
from contacts.refusal import Refused
from messaging import clock, deciding, outbox
from messaging.lease import Singleton
from messaging.models import Line, Message, Reminder
from messaging.outbox.pump import Pump
from messaging.reconcile import undecided
from tests.campaigns.gateway_world import gateway_campaign
from tests.campaigns.test_panic import a_reminder, a_series
from tests.sandbox_process import SandboxProcess
from tests.test_api import Api
from tests.world import ask_now, make_account, make_campaign, make_people, phone, run_tasks, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox, "wablas"))


@pytest.fixture
def half(line: Line) -> Campaign:
    """Of six people, three are written into the outbox; of that the copy was made."""
    make_people(6)
    Line.objects.filter(pk=line.pk).update(gap_seconds=10)
    campaign = start(make_campaign([line]))
    runner.run(campaign.pk)
    Line.objects.filter(pk=line.pk).update(gap_seconds=0)
    assert Message.objects.filter(status="queued").count() == 3
    return campaign


def restored() -> str:
    """Run the command; what it says."""
    out = io.StringIO()
    call_command("after_restore", stdout=out)
    return out.getvalue()


def everything_works(campaign: Campaign) -> Campaign:
    """What the clock and its workers do."""
    for look in (runner.sweep, mirror.sweep, series.sweep, scheduled.sweep, run_tasks, run_tasks):
        look()
    for line in Line.objects.all():
        ask_now(line.account)
    return work(campaign, seconds=1)


@pytest.mark.parametrize("state", ["running", "paused"])
def test_nothing_of_it_leaves_and_nobody_goes_on_by_mistake(
    sandbox: SandboxProcess, half: Campaign, marta: User, marta_client: Client, state: str
) -> None:
    if state == "paused":
        lifecycle.pause(half)
    said = restored()
    assert "1 campaigns" in said
    assert "decide about: 3" in said
    campaign = everything_works(half)
    assert (campaign.state, campaign.reason) == (S.PAUSED, "restored")
    assert sandbox.received_by() == {}
    assert undecided().count() == 3
    assert books.check(campaign).is_balanced
    with pytest.raises(Refused, match="older copy"):
        lifecycle.resume(campaign)
    Api(marta).call("POST", f"/campaigns/{campaign.pk}/resume", expect=409)
    assert "does it go on?" in marta_client.get("/").text
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "may have it already" in page
    assert "decide about: 0" in restored()  # a second time changes nothing


def test_numbers_that_messages_had_since_are_not_given_again(line: Line) -> None:
    """Gateways know messages by our numbers."""
    last, _is_new = outbox.queue(line=line, to=phone(1), body="Hi")
    restored()
    later, _is_new = outbox.queue(line=line, to=phone(2), body="Hi")
    assert later.pk > last.pk + 999_999


def test_it_goes_on_with_the_planned_by_a_persons_word(
    sandbox: SandboxProcess, half: Campaign, marta: User, marta_client: Client
) -> None:
    restored()
    marta_client.post(reverse("campaigns:late", args=[half.pk]), {"verdict": "hours"})
    work(half)
    assert sandbox.received_by() == {phone(n): 1 for n in (4, 5, 6)}
    deciding.decide(undecided(), verdict="drop", user=marta)
    assert work(half).state == S.FINISHED


def test_the_rest_is_left_out_and_becomes_a_group(
    sandbox: SandboxProcess, half: Campaign, marta_client: Client
) -> None:
    restored()
    marta_client.post(reverse("campaigns:late", args=[half.pk]), {"verdict": "leave_out"})
    half.refresh_from_db()
    assert set(Recipient.objects.filter(message=None).values_list("state", "reason")) == {("expired", "restored")}
    assert books.check(half).is_balanced
    address = reverse("campaigns:new_group", args=[half.pk])
    told = marta_client.post(address, {"who": "expired:restored", "name": "Not reached"}, follow=True).text
    assert "was made" in told
    assert sandbox.received_by() == {}


def test_what_was_to_come_starts_nothing(sandbox: SandboxProcess, line: Line) -> None:
    person = make_people(1)[0]
    waiting, preparing = make_campaign([line]), make_campaign([line])
    lifecycle.schedule(waiting, at=timezone.now() + timedelta(hours=1))
    Campaign.objects.filter(pk=waiting.pk).update(start_at=timezone.now())
    lifecycle.start(preparing)
    weekly = a_series(line)
    Series.objects.update(next_at=timezone.now())
    a_reminder(line, person)
    outbox.queue(line=line, to=person.phone, body="Hello")
    Message.objects.update(status="unknown", ask_at=timezone.now(), attempted_at=timezone.now() - timedelta(days=1))
    assert OrmQ.objects.exists()
    restored()
    everything_works(waiting)
    Pump(seconds=1).run()
    states = {each.pk: each.state for each in Campaign.objects.all()}
    assert states == {waiting.pk: S.DRAFT, preparing.pk: S.DRAFT, weekly.pattern_id: S.DRAFT}
    assert (Series.objects.get().is_paused, Reminder.objects.get().is_paused) == (True, True)
    assert sandbox.received_by() == {}
    assert undecided().count() == 1


def test_a_part_that_was_to_be_handed_over_is_looked_for_first(sandbox: SandboxProcess) -> None:
    make_people(3)
    line = whatsapp_line(make_account(sandbox))
    campaign = start(gateway_campaign([line]))
    handing.take_piece(campaign, line)
    restored()
    assert campaign.gateway_runs.get().state == "unknown"
    assert set(Recipient.objects.values_list("state", flat=True)) == {"unknown"}


def test_it_wants_everything_stopped_first(half: Campaign) -> None:
    assert Singleton(clock.NAME, seconds=10).acquire()
    with pytest.raises(CommandError, match="Stop it on every machine"):
        restored()
    half.refresh_from_db()
    assert half.state == S.RUNNING
