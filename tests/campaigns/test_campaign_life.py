"""A campaign's life against the sandbox: nobody twice, nobody lost, and every wrong move refused with a sentence."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns import lifecycle, reports, runner
from campaigns.models import Campaign, Recipient
from contacts import consent
from contacts.models import ConsentEvent, Contact, Group
from contacts.refusal import Refused
from messaging import outbox, tally
from messaging.models import Account, Line, Message
from messaging.providers.errors import Reason
from tests.sandbox_process import SandboxProcess
from tests.test_api import Api
from tests.world import (
    ask_now,
    make_account,
    make_campaign,
    make_people,
    phone,
    run_tasks,
    start,
    whatsapp_line,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


@pytest.fixture
def line(account: Account) -> Line:
    return whatsapp_line(account)


def books_balance(campaign: Campaign) -> bool:
    """Kept counters, recipient rows and messages tell the same."""
    rows = Recipient.objects.filter(campaign=campaign)
    kept = {state: count for state, count in tally.totals(campaign.tally_scope).items() if count}
    counted = {state: rows.filter(state=state).count() for state in Recipient.State.values}
    mirrored = all(
        person.state == runner.state_of(person.message.status)
        for person in rows.exclude(message=None)
        if person.message
    )
    return mirrored and kept == {state: count for state, count in counted.items() if count}


def test_it_messages_everybody_once_and_finishes(sandbox: SandboxProcess, line: Line) -> None:
    people = make_people(30)
    campaign = work(start(make_campaign([line])))
    assert campaign.state == S.FINISHED
    assert sandbox.received_by() == {contact.phone: 1 for contact in people}
    assert books_balance(campaign)


def test_it_shares_the_people_among_its_lines(sandbox: SandboxProcess, account: Account) -> None:
    make_people(30)
    work(start(make_campaign(account.lines.filter(channel="whatsapp"))))
    used = Message.objects.values_list("line", flat=True).distinct()
    assert used.count() == account.lines.filter(channel="whatsapp").count()


def test_it_writes_to_a_person_in_two_groups_once(sandbox: SandboxProcess, line: Line) -> None:
    contact = make_people(1, group="VIP")[0]
    make_people(1, group="Newsletter")
    work(start(make_campaign([line], groups=["VIP", "Newsletter"])))
    assert sandbox.received_by() == {contact.phone: 1}


def test_it_leaves_out_who_opted_out_and_says_so(sandbox: SandboxProcess, line: Line) -> None:
    gone, *rest = make_people(3)
    consent.opt_out(phone_key=gone.phone_key, source=ConsentEvent.Source.STAFF)
    campaign = work(start(make_campaign([line])))
    assert sandbox.received_by() == {contact.phone: 1 for contact in rest}
    assert Recipient.objects.get(campaign=campaign, contact=gone).reason == Reason.OPTED_OUT
    assert reports.progress(campaign).counts["excluded"] == 1


def test_it_leaves_out_the_excluded_groups(sandbox: SandboxProcess, line: Line) -> None:
    make_people(3)
    make_people(1, group="Staff")
    campaign = make_campaign([line], excluded_groups=list(Group.objects.filter(name="Staff")))
    work(start(campaign))
    assert set(sandbox.received_by()) == {phone(2), phone(3)}


def test_it_reports_each_persons_outcome(line: Line) -> None:
    make_people(2)
    make_people(1, story="91", first=50)
    make_people(1, story="94", first=60)
    campaign = work(start(make_campaign([line])))
    counts = reports.progress(campaign).counts
    assert (counts["failed"], counts["unknown"], counts["selected"]) == (1, 1, 4)
    assert books_balance(campaign)


def test_it_stays_open_while_an_outcome_is_looked_into(line: Line) -> None:
    make_people(1, story="94")
    campaign = work(start(make_campaign([line])))
    assert campaign.state == S.RUNNING
    ask_now(line.account)
    assert work(campaign).state == S.FINISHED
    assert books_balance(campaign)


def test_it_pauses_at_once_and_goes_on_where_it_stopped(sandbox: SandboxProcess, line: Line) -> None:
    people = make_people(20)
    Line.objects.filter(pk=line.pk).update(gap_seconds=0.05)
    campaign = start(make_campaign([line]))
    work(campaign, seconds=0.4)
    lifecycle.pause(campaign)
    work(campaign, seconds=0.4)
    paused_at = len(sandbox.deliveries())
    work(campaign, seconds=0.4)
    assert 0 < paused_at < 20
    assert len(sandbox.deliveries()) == paused_at
    lifecycle.resume(campaign)
    work(campaign)
    assert work(campaign).state == S.FINISHED
    assert sandbox.received_by() == {contact.phone: 1 for contact in people}


def test_it_cancels_what_was_not_sent(sandbox: SandboxProcess, line: Line) -> None:
    make_people(10)
    campaign = start(make_campaign([line]))
    runner.run(campaign.pk)
    lifecycle.cancel(campaign)
    work(campaign)
    assert campaign.state == S.CANCELLED
    assert sandbox.received_by() == {}
    assert reports.progress(campaign).counts["cancelled"] == 10
    assert books_balance(campaign)


def test_a_cancelled_one_waits_for_what_is_looked_into_and_keeps_nobody_in_its_queue(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsgateway24")
    make_people(2)
    campaign = start(make_campaign(account.lines.filter(channel="sms", state=Line.State.READY)[:1]))
    sandbox.control("options", {"lose_rate": 1})
    work(campaign, seconds=1)
    assert Message.objects.filter(status="unknown", ask_at__isnull=False).count() == 2
    lifecycle.cancel(campaign)
    runner.run(campaign.pk)
    assert Campaign.objects.get().state == S.STOPPING
    before = timezone.now() - timedelta(minutes=5)
    Message.objects.update(attempted_at=before, status_at=before)
    for _look in range(2):
        ask_now(account)  # the gateway says that it does not have them: they may be sent
    assert Message.objects.filter(status="queued").count() == 2
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == S.CANCELLED
    assert set(Recipient.objects.values_list("state", flat=True)) == {"cancelled"}
    assert books_balance(campaign)


def test_what_comes_back_to_the_queue_of_a_cancelled_one_is_taken_out(line: Line) -> None:
    make_people(1)
    campaign = start(make_campaign([line]))
    runner.run(campaign.pk)
    Campaign.objects.update(state=S.CANCELLED, finished_at=timezone.now())  # it ended in the moment of a "send again"
    runner.sweep_ended()
    run_tasks()
    assert Recipient.objects.get().state == "cancelled"
    assert books_balance(campaign)


def test_it_waits_when_no_line_can_send_and_goes_on_by_itself(sandbox: SandboxProcess, line: Line) -> None:
    make_people(3)
    campaign = start(make_campaign([line]))
    Line.objects.filter(pk=line.pk).update(state=Line.State.DISCONNECTED)
    work(campaign)
    assert (campaign.state, campaign.reason) == (S.BLOCKED, Reason.NO_LINE)
    Line.objects.filter(pk=line.pk).update(state=Line.State.READY)
    assert work(campaign).state == S.FINISHED
    assert len(sandbox.received_by()) == 3


def test_it_runs_on_when_a_message_is_sent_again(sandbox: SandboxProcess, line: Line) -> None:
    make_people(1, story="91")
    campaign = work(start(make_campaign([line])))
    outbox.resend(Message.objects.get(), user=None)
    campaign.refresh_from_db()
    assert campaign.state == S.RUNNING
    assert work(campaign).state == S.FINISHED
    assert books_balance(campaign)


def test_it_says_which_text_was_empty_for_whom(line: Line) -> None:
    make_people(1)
    Contact.objects.update(fields={"note": ""})
    campaign = work(start(make_campaign([line], body="{{ note }}")))
    person = Recipient.objects.get(campaign=campaign)
    assert (person.state, person.reason) == (Recipient.State.FAILED, Reason.NO_TEXT)


def test_it_does_not_send_after_the_deadline(sandbox: SandboxProcess, line: Line) -> None:
    make_people(2)
    campaign = start(make_campaign([line], send_before=timezone.now() + timedelta(minutes=1)))
    Campaign.objects.update(send_before=timezone.now() - timedelta(seconds=1))  # the moment has come
    campaign = work(campaign)
    assert sandbox.received_by() == {}
    assert reports.progress(campaign).counts["open"] == 2
    assert (campaign.state, campaign.reason) == (S.PAUSED, Reason.PAST_DEADLINE)


def test_it_refuses_a_start_after_the_deadline(line: Line) -> None:
    make_people(1)
    campaign = make_campaign([line], send_before=timezone.now() + timedelta(minutes=30))
    with pytest.raises(Refused) as refused:
        lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    assert refused.value.field == "send_before"


def test_it_starts_by_itself_at_its_time(line: Line) -> None:
    make_people(1)
    campaign = make_campaign([line])
    lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    runner.sweep()
    campaign.refresh_from_db()
    assert campaign.state == S.SCHEDULED
    Campaign.objects.update(start_at=timezone.now())
    runner.sweep()
    campaign.refresh_from_db()
    assert campaign.state == S.SCHEDULED  # the clock counts nobody: it hands out the work
    run_tasks()
    campaign.refresh_from_db()
    assert campaign.state == S.PREPARING


def test_it_prepares_once_however_often_it_is_told(line: Line) -> None:
    make_people(3)
    campaign = start(make_campaign([line]))
    lifecycle.prepare(campaign.pk)
    assert Recipient.objects.filter(campaign=campaign).count() == 3


def test_it_is_not_resumed_before_its_audience_is_written_down(line: Line, marta: User) -> None:
    make_people(3)
    campaign = make_campaign([line])
    lifecycle.start(campaign)
    Api(marta).call("POST", f"/campaigns/{campaign.pk}/resume", expect=409)
    lifecycle.prepare(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, Recipient.objects.filter(campaign=campaign).count()) == (S.RUNNING, 3)


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (S.DRAFT, lifecycle.pause),
        (S.DRAFT, lifecycle.resume),
        (S.FINISHED, lifecycle.start),
        (S.FINISHED, lifecycle.pause),
        (S.CANCELLED, lifecycle.resume),
        (S.PREPARING, lifecycle.resume),
        (S.BLOCKED, lifecycle.resume),
        (S.FINISHED, lifecycle.resume),
        (S.RUNNING, lifecycle.start),
    ],
)
def test_it_refuses_a_wrong_move(line: Line, state: str, move: object) -> None:
    campaign = make_campaign([line])
    Campaign.objects.update(state=state)
    campaign.refresh_from_db()
    with pytest.raises(Refused, match="cannot become"):
        move(campaign)  # type: ignore[operator]
    campaign.refresh_from_db()
    assert campaign.state == state


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "Hi {{ nickname }}"}, "body"),
        ({"body": "Hi {{ name|upper }}"}, "body"),
        ({"groups": []}, "groups"),
    ],
)
def test_it_refuses_to_start_what_is_not_ready(line: Line, changes: dict[str, object], field: str) -> None:
    make_people(1)
    campaign = make_campaign([line])
    if "groups" in changes:
        campaign.groups.clear()
    else:
        Campaign.objects.update(**changes)
    campaign.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        lifecycle.start(campaign)
    assert refusal.value.field == field


def test_it_refuses_to_start_without_a_connected_line(line: Line) -> None:
    make_people(1)
    Line.objects.update(state=Line.State.DISCONNECTED)
    with pytest.raises(Refused) as refusal:
        lifecycle.start(make_campaign([line]))
    assert refusal.value.field == "lines"


def test_it_refuses_an_empty_audience(line: Line) -> None:
    Group.objects.create(name="VIP")
    with pytest.raises(Refused, match="Nobody"):
        lifecycle.start(make_campaign([line]))
