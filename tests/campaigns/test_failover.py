"""Another line, gateway or channel for what certainly was not sent; nothing else moves, and nobody gets two."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from campaigns import books, lifecycle, plans, reports, runner
from campaigns.models import Campaign, CampaignEvent, Recipient
from campaigns.recipients import list_recipients
from contacts import consent
from contacts.models import Channel, Consent, ConsentState
from messaging import outbox
from messaging.lease import make_token
from messaging.models import Account, Incident, Line, Message, MessageEvent
from messaging.outbox import moving
from messaging.outbox.claiming import claim, lease_line
from messaging.providers.errors import Reason
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import ROOT, SandboxProcess, eventually
from tests.test_api import Api
from tests.world import make_account, make_campaign, make_people, phone, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State
M = Message.Status


def down(line: Line, state: str = Line.State.DISCONNECTED) -> None:
    Line.objects.filter(pk=line.pk).update(state=state)


def by_line(status: str = M.QUEUED) -> dict[str, int]:
    """How many messages of a status each line has."""
    rows = Message.objects.filter(status=status).values_list("line__label", flat=True)
    return {label: list(rows).count(label) for label in set(rows)}


def turned_away(line: Line, reason: str) -> list[Message]:
    """Its queued messages are claimed, and the gateway never takes them."""
    token = make_token()
    assert lease_line(line, token, now=timezone.now())
    taken = [each.pk for each in claim(line.pk, token, wanted=100).messages]
    outbox.apply([outbox.Update(message_id=pk, status=M.FAILED, reason=reason) for pk in taken], source="send")
    return list(Message.objects.filter(pk__in=taken).order_by("id"))


def sms_line(**more: Any) -> Line:
    return a_line(9, channel="sms", account="Phones", gap_seconds=0, **more)


# Within the pool


def test_what_waits_on_a_line_that_went_down_goes_over_another(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    first, second = account.lines.filter(channel="whatsapp", state="ready").order_by("id")[:2]
    people = make_people(20)
    campaign = start(make_campaign([first, second]))
    runner.run(campaign.pk)
    assert len(by_line()) == 2
    down(first)
    campaign = work(campaign)
    assert by_line(M.ACCEPTED) == {second.label: 20}
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert campaign.state == S.FINISHED
    assert books.check(campaign).is_balanced


def test_a_gateway_that_refuses_the_key_loses_nobody_to_another_gateway(sandbox: SandboxProcess) -> None:
    zender, wablas = make_account(sandbox), make_account(sandbox, "wablas")
    lines = [whatsapp_line(zender), whatsapp_line(wablas)]
    people = make_people(12)
    campaign = start(make_campaign(lines))
    runner.run(campaign.pk)
    Account.objects.filter(pk=zender.pk).update(credentials={**zender.credentials, "secret": "wrong"})
    for _turn in range(4):  # the refusal itself, then the move, then the rest
        campaign = work(campaign, seconds=2)
    zender.refresh_from_db()
    assert zender.state == Account.State.BLOCKED
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert by_line(M.ACCEPTED) == {lines[1].label: 12}
    assert books.check(campaign).is_balanced


@pytest.mark.parametrize("state", [Line.State.DISABLED, Line.State.DISCONNECTED, Line.State.BLOCKED])
def test_it_moves_for_every_way_of_being_down(state: str) -> None:
    first, second = a_line(1), a_line(2)
    make_people(4)
    campaign = set_going(a_campaign(first, second))
    down(first, state)
    runner.run(campaign.pk)
    assert by_line() == {"Line 2": 4}


def test_a_gateway_that_does_not_answer_counts_as_down_while_another_does() -> None:
    first, second = a_line(1, account="Shop"), a_line(2, account="Desk")
    make_people(4)
    campaign = set_going(a_campaign(first, second))
    Incident.objects.create(kind=Incident.Kind.UNREACHABLE, account=first.account, reason=Reason.UNREACHABLE)
    runner.run(campaign.pk)
    assert by_line() == {"Line 2": 4}
    Incident.objects.create(kind=Incident.Kind.UNREACHABLE, account=second.account, reason=Reason.UNREACHABLE)
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert (by_line(), campaign.state) == ({"Line 2": 4}, S.RUNNING)  # nowhere better: it waits and tries


def test_no_more_moves_than_the_other_line_has_room_for() -> None:
    first, second = a_line(1, gap_seconds=1), a_line(2, gap_seconds=6)
    make_people(40)
    campaign = set_going(a_campaign(first, second))
    before = by_line()
    down(first)
    runner.run(campaign.pk)
    assert by_line()["Line 2"] == before["Line 2"] == 5  # thirty seconds of work at its pace
    Message.objects.filter(line=second).update(status=M.DELIVERED)
    runner.run(campaign.pk)
    assert by_line() == {"Line 1": before["Line 1"] - 5, "Line 2": 5}


def test_the_new_line_keeps_its_caps(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    first, second = account.lines.filter(channel="whatsapp", state="ready").order_by("id")[:2]
    make_people(10)
    campaign = start(make_campaign([first, second]))
    runner.run(campaign.pk)
    down(first)
    Line.objects.filter(pk=second.pk).update(per_hour=3)
    work(campaign, seconds=2)
    assert len(sandbox.deliveries()) == 3


@pytest.mark.parametrize(
    "status", [M.SENDING, M.UNKNOWN, M.ACCEPTED, M.SENT, M.DELIVERED, M.READ, M.FAILED, M.CANCELLED]
)
def test_it_moves_nothing_that_may_have_left(status: str) -> None:
    first, second = a_line(1), a_line(2)
    make_people(1)
    set_going(a_campaign(first))
    Message.objects.update(status=status)
    message = Message.objects.get()
    assert moving.move({message.pk: moving.place_on(second)}) == {}
    if status != M.FAILED:
        assert moving.put_anew({message.pk: moving.place_on(second)}) == []
    message.refresh_from_db()
    assert (message.line, message.status) == (first, status)


@pytest.mark.parametrize("news", [M.ACCEPTED, M.UNKNOWN])
def test_what_was_ever_taken_or_in_doubt_stays_on_its_line(news: str) -> None:
    first, second, other = a_line(1), a_line(2), sms_line()
    make_people(1)
    set_going(a_campaign(first))
    (message,) = turned_away(first, "")
    Message.objects.update(status=M.SENDING)
    outbox.apply([outbox.Update(message_id=message.pk, status=news)], source="send")
    outbox.apply([outbox.Update(message_id=message.pk, status=M.FAILED, reason="not_on_whatsapp")], source="poll")
    assert moving.put_anew({message.pk: moving.place_on(other)}) == []
    Message.objects.update(status=M.QUEUED)
    assert moving.move({message.pk: moving.place_on(second)}) == {}


def test_a_late_word_about_a_message_that_moved_changes_nothing(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    first, second = account.lines.filter(channel="whatsapp", state="ready").order_by("id")[:2]
    make_people(2)
    campaign = start(make_campaign([first, second]))
    runner.run(campaign.pk)
    message = Message.objects.get(line=first)
    token = make_token()
    assert lease_line(first, token, now=timezone.now())
    claim(first.pk, token, wanted=10)
    back = outbox.Update(message_id=message.pk, status=M.QUEUED, claim=token)
    outbox.apply([back], source="send")
    down(first)
    runner.run(campaign.pk)
    for status in (M.ACCEPTED, M.DELIVERED, M.QUEUED, M.UNKNOWN):  # of the call on the first line, whatever it says
        outbox.apply([outbox.Update(message_id=message.pk, status=status, claim=token)], source="callback")
    message.refresh_from_db()
    assert (message.status, message.line, message.attempts) == (M.QUEUED, second, 0)
    work(campaign)
    assert sandbox.received_by() == {phone(1): 1, phone(2): 1}


def test_what_is_claimed_while_it_is_to_be_moved_stays() -> None:
    first, second = a_line(1, gap_seconds=0), a_line(2)
    make_people(2)
    set_going(a_campaign(first))
    places = {pk: moving.place_on(second) for pk in Message.objects.values_list("id", flat=True)}
    token = make_token()
    assert lease_line(first, token, now=timezone.now())
    claim(first.pk, token, wanted=1)
    assert len(moving.move(places)) == 1
    assert by_line(M.SENDING) == {"Line 1": 1}
    assert by_line() == {"Line 2": 1}


@pytest.mark.crash
def test_lines_that_come_and_go_while_clusters_send_give_nobody_two(sandbox: SandboxProcess, database_url: str) -> None:
    lines = list(make_account(sandbox).lines.filter(channel="whatsapp", state="ready").order_by("id")[:2])
    Line.objects.update(gap_seconds=0.02)
    people = make_people(80)
    campaign = start(make_campaign(lines))
    command = [sys.executable, "-m", "tests.pump_process", "90"]
    pumps = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url}) for _number in range(2)
    ]

    def all_have_it() -> bool:
        one, other = lines if int(time.monotonic()) % 2 else reversed(lines)
        down(one, Line.State.DISABLED)
        down(other, Line.State.READY)
        runner.run(campaign.pk)
        return len(sandbox.received_by()) == len(people)

    try:
        eventually(all_have_it, within=80)
    finally:
        for pump in pumps:
            pump.terminate()
            pump.wait(timeout=30)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert MessageEvent.objects.filter(reason=Reason.MOVED).exists()


def test_who_is_turned_away_too_often_on_one_line_is_tried_on_another_once(
    sandbox: SandboxProcess, settings: Settings
) -> None:
    settings.MESSAGE_ATTEMPTS = 1
    account = make_account(sandbox)
    first, second = account.lines.filter(channel="whatsapp", state="ready").order_by("id")[:2]
    (person,) = make_people(1, story="93")
    campaign = work(start(make_campaign([first, second])))
    old = Message.objects.get(status=M.FAILED)
    assert old.reason == Reason.ATTEMPTS_EXHAUSTED
    Line.objects.update(next_free_at=timezone.now())
    campaign = work(campaign)
    new = Message.objects.get(resend_of=old)
    assert {old.line, new.line} == {first, second}
    assert sandbox.received_by() == {person.phone: 1}
    assert campaign.state == S.FINISHED
    assert books.check(campaign).is_balanced


def test_nobody_is_tried_on_a_line_a_second_time() -> None:
    first, second = a_line(1, gap_seconds=0), a_line(2, gap_seconds=0)
    make_people(1)
    campaign = set_going(a_campaign(first, second))
    for _turn in range(3):
        for line in (first, second):
            turned_away(line, Reason.ATTEMPTS_EXHAUSTED)
            Line.objects.update(lease_token="", lease_until=None)
        runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert set(Message.objects.values_list("line", "status")) == {(first.pk, M.FAILED), (second.pk, M.FAILED)}
    assert (Message.objects.count(), campaign.state) == (2, S.FINISHED)


# By SMS


def test_who_is_not_on_whatsapp_gets_an_sms(sandbox: SandboxProcess) -> None:
    whatsapp = whatsapp_line(make_account(sandbox))
    phones = make_account(sandbox, "smsgateway24")
    sms = phones.lines.filter(channel="sms", state="ready").order_by("id")[:1]
    people = make_people(3)
    campaign = start(make_campaign([whatsapp], body="Hello" * 70, sms_lines=list(sms)))
    runner.run(campaign.pk)
    Message.objects.exclude(phone=people[0].phone).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    (old,) = turned_away(whatsapp, Reason.NOT_ON_WHATSAPP)
    Message.objects.update(next_attempt_at=timezone.now())
    Line.objects.update(lease_token="", lease_until=None)
    campaign = work(work(campaign))
    new = Message.objects.get(resend_of=old)
    assert (new.channel, new.parts, new.body) == ("sms", 3, old.body)
    old.refresh_from_db()
    assert (old.status, old.reason) == (M.FAILED, Reason.NOT_ON_WHATSAPP)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert campaign.state == S.FINISHED
    assert books.check(campaign).is_balanced


def test_without_sms_lines_they_stay_failed_and_the_campaign_ends() -> None:
    line = a_line(gap_seconds=0)
    make_people(1)
    campaign = set_going(a_campaign(line))
    turned_away(line, Reason.NOT_ON_WHATSAPP)
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, Message.objects.count()) == (S.FINISHED, 1)
    assert Recipient.objects.get().reason == Reason.NOT_ON_WHATSAPP


def test_who_opted_out_of_sms_gets_none() -> None:
    line = a_line(gap_seconds=0)
    (person,) = make_people(1)
    campaign = set_going(a_campaign(line, sms_lines=[sms_line()]))
    Consent.objects.create(
        phone_key=person.phone_key, channel=Channel.SMS, state=ConsentState.OPTED_OUT, changed_at=timezone.now()
    )
    turned_away(line, Reason.NOT_ON_WHATSAPP)
    runner.run(campaign.pk)
    assert Message.objects.count() == 1
    assert Recipient.objects.get().state == Recipient.State.FAILED


def test_an_opt_out_between_whatsapp_and_sms_is_kept() -> None:
    line, sms = a_line(gap_seconds=0), sms_line()
    (person,) = make_people(1)
    campaign = set_going(a_campaign(line, sms_lines=[sms]))
    turned_away(line, Reason.NOT_ON_WHATSAPP)
    runner.run(campaign.pk)
    consent.opt_out(phone_key=person.phone_key, source="reply")
    token = make_token()
    assert lease_line(sms, token, now=timezone.now())
    assert claim(sms.pk, token, wanted=5).messages == []
    assert Recipient.objects.get().reason == Reason.OPTED_OUT


def test_a_persons_word_and_the_program_together_make_one_message() -> None:
    line = a_line(gap_seconds=0)
    make_people(2)
    campaign = set_going(a_campaign(line, sms_lines=[sms_line()]))
    first, second = turned_away(line, Reason.NOT_ON_WHATSAPP)
    outbox.resend(Message.objects.get(pk=first.pk), user=None)  # a colleague was quicker
    runner.run(campaign.pk)
    with pytest.raises(Exception, match="sent again already"):
        outbox.resend(Message.objects.get(pk=second.pk), user=None)  # the program was
    assert Message.objects.filter(resend_of__isnull=False).count() == 2
    assert books.check(campaign).is_balanced


def test_it_waits_before_all_of_it_goes_by_sms(settings: Settings) -> None:
    settings.SMS_AFTER_MINUTES = 10
    line, sms = a_line(gap_seconds=6), sms_line()
    make_people(12)
    campaign = set_going(a_campaign(line, sms_lines=[sms]))
    down(line)
    runner.run(campaign.pk)
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason, by_line()) == (S.BLOCKED, Reason.NO_LINE, {"Line 1": 5})
    CampaignEvent.objects.filter(after=S.BLOCKED).update(at=timezone.now() - timedelta(minutes=11))
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason, by_line()) == (S.RUNNING, Reason.BY_SMS, {"Line 9": 12})
    assert by_line(M.CANCELLED) == {"Line 1": 5}
    assert reports.progress(campaign).waiting_for == Reason.BY_SMS
    assert books.check(campaign).is_balanced


def test_whatsapp_takes_over_again_when_a_line_comes_back() -> None:
    line, sms = a_line(), a_line(9, channel="sms", account="Phones")
    make_people(20)
    campaign = set_going(a_campaign(line, sms_lines=[sms]))
    down(line)
    runner.run(campaign.pk)
    CampaignEvent.objects.filter(after=S.BLOCKED).update(at=timezone.now() - timedelta(days=1))
    runner.run(campaign.pk)
    by_sms = by_line()["Line 9"]
    down(line, Line.State.READY)
    runner.run(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason) == (S.RUNNING, "")
    assert by_line()["Line 9"] == by_sms


def test_a_paused_campaign_moves_nothing() -> None:
    first, second = a_line(1, gap_seconds=0), a_line(2, gap_seconds=0)
    make_people(4)
    campaign = set_going(a_campaign(first, second))
    before = by_line()
    lifecycle.pause(campaign)
    down(first)
    runner.run(campaign.pk)
    assert by_line() == before


# Writing and reading it


@pytest.mark.parametrize(
    ("lines", "more", "sentence"),
    [
        (["whatsapp"], ["whatsapp"], "Choose SMS lines"),
        (["sms"], ["sms"], "goes out by SMS anyway"),
    ],
)
def test_it_refuses_lines_that_are_no_other_way(lines: list[str], more: list[str], sentence: str) -> None:
    chosen = [a_line(1, channel=channel) for channel in lines]
    with pytest.raises(Exception, match=sentence):
        a_campaign(*chosen, sms_lines=[a_line(2, channel=channel) for channel in more])


def test_it_is_chosen_where_a_campaign_is_written(marta_client: Client) -> None:
    line, sms = a_line(), sms_line()
    campaign = plans.begin(name="Spring")
    sending = reverse("campaigns:sending", args=[campaign.pk])
    assert "SMS when WhatsApp cannot reach a person" in marta_client.get(sending).text
    typed = {"lines": [line.pk], "sms_lines": [sms.pk], "go": "next"}
    page = marta_client.post(sending, typed, follow=True).text
    assert list(campaign.sms_lines.all()) == [sms]
    assert "for those whom WhatsApp cannot reach" in page
    answer = marta_client.post(sending, {**typed, "lines": [sms.pk]})
    assert (answer.status_code, "goes out by SMS anyway" in answer.text) == (422, True)
    copy = marta_client.post(reverse("campaigns:clone", args=[campaign.pk]), follow=True).context["campaign"]
    assert list(copy.sms_lines.all()) == [sms]


def test_it_shows_where_each_person_was_tried_first(marta_client: Client, marta: User) -> None:
    first, second, sms = a_line(1, gap_seconds=0), a_line(2, gap_seconds=0), sms_line()
    make_people(2)
    campaign = set_going(a_campaign(first, second, sms_lines=[sms]))
    turned_away(second, Reason.NOT_ON_WHATSAPP)
    down(first)
    runner.run(campaign.pk)
    page = marta_client.get(reverse("campaigns:recipients", args=[campaign.pk])).text
    assert "first tried on Line 1" in page
    assert "first tried on Line 2" in page
    told = {person.first_line for person in list_recipients(campaign).items}
    assert told == {first, second}
    table = b"".join(marta_client.get(reverse("campaigns:export", args=[campaign.pk])).streaming_content).decode()  # type: ignore[attr-defined]
    assert "first_line" in table
    rows = Api(marta).call("GET", f"/campaigns/{campaign.pk}/recipients")["items"]
    assert {(row["line"], row["first_line"]) for row in rows} == {(second.pk, first.pk), (sms.pk, second.pk)}


def test_the_history_of_a_message_tells_of_the_other_line(marta_client: Client) -> None:
    first, second, sms = a_line(1, gap_seconds=0), a_line(2, gap_seconds=0), sms_line()
    make_people(2)
    campaign = set_going(a_campaign(first, second, sms_lines=[sms]))
    (old,) = turned_away(second, Reason.NOT_ON_WHATSAPP)
    down(first)
    runner.run(campaign.pk)
    moved, anew = Message.objects.get(events__reason=Reason.MOVED), Message.objects.get(resend_of=old)
    page = marta_client.get(reverse("messaging:message", args=[moved.pk])).text
    assert "It moved to another line, because its own could not send." in page
    assert "Line 1 → Line 2" in page
    page = marta_client.get(reverse("messaging:message", args=[anew.pk])).text
    assert "in place of one over Line 2, which certainly was not sent" in page


def test_it_asks_the_same_number_of_questions_however_many_moved(
    charlie_client: Client, django_assert_max_num_queries: Any
) -> None:
    first, second = a_line(1, gap_seconds=0), a_line(2, gap_seconds=0)
    make_people(30)
    campaign = set_going(a_campaign(first, second))
    down(first)
    runner.run(campaign.pk)
    address = reverse("campaigns:recipients", args=[campaign.pk])
    charlie_client.get(address)
    with django_assert_max_num_queries(20):
        charlie_client.get(address)


def test_it_is_chosen_over_the_api(marta: User) -> None:
    line, sms = a_line(), sms_line()
    make_people(1)
    body = {"name": "Spring", "lines": [line.pk], "groups": ["VIP"], "body": "Hi", "sms_lines": [sms.pk]}
    api = Api(marta)
    assert api.call("POST", "/campaigns", body, expect=201)["sms_lines"] == [sms.pk]
    api.call("POST", "/campaigns", {**body, "sms_lines": [line.pk]}, expect=422)
