"""Each person once: whatever runs again, overlaps, is interrupted or refused."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns import books, lifecycle, runner, scheduled
from campaigns.models import Campaign, CampaignEvent, Recipient
from messaging import clock, outbox, pumping, tasks
from messaging.lease import Singleton
from messaging.models import Line, Message
from messaging.outbox.queueing import queue_many
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, phone, run_tasks, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


def test_ticks_that_see_the_same_due_campaign_start_it_once(sandbox: SandboxProcess) -> None:
    people = make_people(5)
    campaign = make_campaign([whatsapp_line(make_account(sandbox))])
    lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    Campaign.objects.update(start_at=timezone.now())
    for _tick in range(3):
        runner.sweep()
    run_tasks()
    scheduled.start(campaign.pk)  # a task of a tick that looked before the others, and comes late
    run_tasks()
    work(campaign)
    assert CampaignEvent.objects.filter(after=S.PREPARING).count() == 1
    assert sandbox.received_by() == {person.phone: 1 for person in people}


def test_every_task_may_run_as_often_as_it_likes(sandbox: SandboxProcess) -> None:
    people = make_people(8)
    campaign = start(make_campaign([whatsapp_line(make_account(sandbox))]))
    for _delivery in range(3):
        lifecycle.prepare(campaign.pk)
        runner.run(campaign.pk)
        pumping.pump()
        tasks.recover()
    campaign.refresh_from_db()
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert campaign.state == S.FINISHED


def test_an_interrupted_preparation_is_taken_up_again(sandbox: SandboxProcess) -> None:
    people = make_people(4)
    campaign = make_campaign([whatsapp_line(make_account(sandbox))])
    lifecycle.transition(campaign, S.PREPARING)  # and then the power went
    CampaignEvent.objects.update(at=timezone.now() - timedelta(minutes=5))
    runner.sweep()
    run_tasks()
    assert work(campaign).state == S.FINISHED
    assert sandbox.received_by() == {person.phone: 1 for person in people}


def test_a_restart_half_way_finishes_nothing_early(sandbox: SandboxProcess) -> None:
    """Some are sent, some queued, some only planned; whoever starts anew finds all of them and ends with the last."""
    people = make_people(12)
    line = whatsapp_line(make_account(sandbox))
    Line.objects.filter(pk=line.pk).update(gap_seconds=8, per_hour=2)
    campaign = work(start(make_campaign([line])))
    states = set(Recipient.objects.values_list("state", flat=True))
    assert {"planned", "queued"} < states
    for _restart in range(3):
        assert work(campaign, seconds=0.2).state == S.RUNNING
    Line.objects.filter(pk=line.pk).update(gap_seconds=0, per_hour=None, next_free_at=timezone.now(), waits_for="")
    assert work(campaign).state == S.FINISHED
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert books.check(campaign).is_balanced


@pytest.mark.parametrize("dialect", ["zender", "wablas", "smsgateway24"])
def test_one_refused_number_neither_stops_nor_repeats_the_others(sandbox: SandboxProcess, dialect: str) -> None:
    people = make_people(6)
    make_people(1, story="91", first=50)
    account = make_account(sandbox, dialect)
    line = account.lines.filter(state=Line.State.READY).order_by("id")[0]
    campaign = work(start(make_campaign([line])))
    for _turn in range(3):
        campaign = work(campaign, seconds=1)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert Message.objects.filter(phone=phone(50, "91")).count() == 1
    assert books.check(campaign).is_balanced


def test_the_database_refuses_a_person_twice_in_a_campaign() -> None:
    make_people(1)
    campaign = set_going(a_campaign(a_line()))
    person = Recipient.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(campaign=campaign, phone=person.phone, phone_key=person.phone_key)


def test_the_database_refuses_one_message_for_two_people_and_two_successors_of_one() -> None:
    make_people(2)
    set_going(a_campaign(a_line()))
    first, second = Recipient.objects.order_by("id")
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.filter(pk=second.pk).update(message=first.message)
    old = first.message
    assert old
    outbox.apply([outbox.Update(message_id=old.pk, status="failed", reason="rejected")], source="send")
    outbox.resend(old, user=None)
    twin = Message.objects.get(resend_of=old)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        queue_many([twin])


def test_one_clock_ticks_however_many_are_started_after_downtime() -> None:
    turn = Singleton(clock.NAME, seconds=clock.LEASE)
    assert turn.acquire()
    clock.run()  # returns at once: it is somebody else's turn
    assert clock.is_alive()
    turn.release()


def test_two_runs_of_one_campaign_do_not_overlap() -> None:
    make_people(3)
    campaign = start(a_campaign(a_line()))
    turn = Singleton(f"run:{campaign.pk}", seconds=60)
    assert turn.acquire()
    runner.run(campaign.pk)
    assert Message.objects.count() == 0
    turn.release()
    runner.run(campaign.pk)
    assert Message.objects.count() == 3
