"""A campaign past its last moment sends nothing and asks; single messages still expire; a missed start asks as well."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns import books, late, leaving_out, lifecycle, reports, runner
from campaigns.models import Campaign, Recipient
from contacts.refusal import Refused
from messaging import outbox
from messaging.models import Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import Reason
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess
from tests.test_api import Api
from tests.world import make_account, make_campaign, make_people, phone, run_tasks, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


def an_outage(campaign: Campaign) -> Campaign:
    """Nothing ran until after the last moment."""
    past = timezone.now() - timedelta(seconds=1)
    Campaign.objects.update(send_before=past)
    Message.objects.filter(batch__isnull=False).update(send_before=past)
    campaign.refresh_from_db()
    return campaign


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


@pytest.fixture
def late_one(line: Line) -> Campaign:
    """Of six people, three are written into the outbox; then the power went."""
    make_people(6)
    Line.objects.filter(pk=line.pk).update(gap_seconds=10)
    campaign = start(make_campaign([line], send_before=timezone.now() + timedelta(hours=1)))
    runner.run(campaign.pk)
    assert Message.objects.filter(status="queued").count() == 3
    Line.objects.filter(pk=line.pk).update(gap_seconds=0)
    return an_outage(campaign)


def test_it_sends_nothing_and_asks(sandbox: SandboxProcess, late_one: Campaign, marta_client: Client) -> None:
    Pump(seconds=1).run()  # before anybody noticed that it is late
    assert Message.objects.filter(status="queued").count() == 3
    campaign = work(late_one)
    assert (campaign.state, campaign.reason) == (S.PAUSED, Reason.PAST_DEADLINE)
    assert sandbox.received_by() == {}
    assert reports.progress(campaign).counts["open"] == 6
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "6 people did not get it in time." in page
    home = marta_client.get("/").text
    assert "is late: send the rest, or leave it out?" in home
    assert f"{reverse('campaigns:detail', args=[campaign.pk])}#late" in home


def test_it_goes_on_until_another_moment(sandbox: SandboxProcess, late_one: Campaign, marta_client: Client) -> None:
    work(late_one)
    until = (timezone.localtime() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    marta_client.post(reverse("campaigns:late", args=[late_one.pk]), {"verdict": "until", "until": until})
    campaign = work(late_one)
    assert campaign.state == S.FINISHED
    assert sandbox.received_by() == {phone(n): 1 for n in range(1, 7)}
    assert campaign.send_before > timezone.now()  # type: ignore[operator]
    assert books.check(campaign).is_balanced


def test_it_asks_again_when_that_moment_passes_too(late_one: Campaign) -> None:
    work(late_one)
    late.decide(late_one, verdict="until", until=timezone.now() + timedelta(hours=1), user=None)
    campaign = work(an_outage(late_one))
    assert (campaign.state, campaign.reason) == (S.PAUSED, Reason.PAST_DEADLINE)


def test_it_goes_on_in_the_hours_of_the_lines_and_never_at_night(
    sandbox: SandboxProcess, late_one: Campaign, line: Line, marta_client: Client
) -> None:
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%a").lower()
    Line.objects.filter(pk=line.pk).update(windows=[{"days": [tomorrow], "start": "09:00", "end": "18:00"}])
    work(late_one)
    assert "The next ones begin" in marta_client.get(reverse("campaigns:detail", args=[late_one.pk])).text
    marta_client.post(reverse("campaigns:late", args=[late_one.pk]), {"verdict": "hours"})
    campaign = work(late_one)
    assert (campaign.state, campaign.send_before, sandbox.received_by()) == (S.RUNNING, None, {})
    Line.objects.filter(pk=line.pk).update(windows=[], next_free_at=timezone.now(), waits_for="")
    assert work(campaign).state == S.FINISHED
    assert len(sandbox.received_by()) == 6


def test_the_rest_is_left_out_with_a_reason(sandbox: SandboxProcess, late_one: Campaign, marta: User) -> None:
    work(late_one)
    late.decide(late_one, verdict="leave_out", user=marta)
    campaign = work(late_one)
    assert campaign.state == S.FINISHED
    assert sandbox.received_by() == {}
    assert set(Recipient.objects.values_list("state", "reason")) == {("expired", Reason.LATE)}
    assert books.check(campaign).is_balanced
    assert campaign.events.filter(user=marta, note__contains="left out").exists()


def test_a_long_rest_is_left_out_in_slices_and_in_the_background(
    late_one: Campaign, marta: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving_out, "SLICE", 2)
    monkeypatch.setattr(late, "AT_ONCE", 0)
    campaign = late.decide(work(late_one), verdict="leave_out", user=marta)
    assert (campaign.state, Recipient.objects.filter(state="expired").count()) == (S.PAUSED, 2)
    run_tasks()
    campaign = work(campaign)
    assert campaign.state == S.FINISHED
    assert Recipient.objects.filter(state="expired").count() == 6
    assert books.check(campaign).is_balanced


def test_a_cancelled_one_is_emptied_in_slices(late_one: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving_out, "SLICE", 2)
    lifecycle.cancel(late_one)
    with CaptureQueriesContext(connection) as captured:
        runner.run(late_one.pk)
    ended = [each["sql"] for each in captured if each["sql"].startswith('UPDATE "campaigns_recipient"')]
    assert len([sql for sql in ended if "planned" in sql]) == 2
    assert Campaign.objects.get().state == S.CANCELLED
    assert books.check(late_one).is_balanced


def test_what_was_left_out_becomes_a_group(late_one: Campaign, marta_client: Client) -> None:
    late.decide(work(late_one), verdict="leave_out", user=None)
    address = reverse("campaigns:new_group", args=[late_one.pk])
    assert "was made" in marta_client.post(address, {"who": "expired:late", "name": "Next time"}, follow=True).text


def test_it_cannot_be_resumed_before_somebody_decided(late_one: Campaign, marta: User) -> None:
    campaign = work(late_one)
    assert "resume" not in lifecycle.moves(campaign)
    with pytest.raises(Refused, match="has passed"):
        lifecycle.resume(campaign)
    Api(marta).call("POST", f"/campaigns/{campaign.pk}/resume", expect=409)


def test_one_that_was_paused_when_its_time_passed_asks_too(line: Line, marta_client: Client) -> None:
    make_people(2)
    campaign = start(make_campaign([line], send_before=timezone.now() + timedelta(hours=1)))
    runner.run(campaign.pk)
    lifecycle.pause(campaign)
    an_outage(campaign)
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).text
    assert "2 people did not get it in time." in page


def test_it_does_not_ask_when_everybody_has_it(line: Line) -> None:
    make_people(1)
    campaign = work(start(make_campaign([line], send_before=timezone.now() + timedelta(hours=1))))
    Campaign.objects.update(state=S.RUNNING)
    campaign = work(an_outage(campaign))
    assert campaign.state == S.FINISHED


def test_it_is_decided_over_the_api(late_one: Campaign, marta: User) -> None:
    work(late_one)
    api = Api(marta)
    path = f"/campaigns/{late_one.pk}"
    assert api.call("GET", path)["is_late"] is True
    api.call("POST", f"{path}/late", {"verdict": "until", "until": "2020-01-01T00:00:00Z"}, expect=422)
    api.call("POST", f"{path}/late", {"verdict": "perhaps"}, expect=422)
    assert api.call("POST", f"{path}/late", {"verdict": "hours"})["state"] == "running"
    assert api.call("GET", path)["is_late"] is False
    api.call("POST", f"{path}/late", {"verdict": "hours"}, expect=409)


@pytest.mark.once
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Say what becomes of those"),
        ({"verdict": "until"}, "Choose a moment in the future."),
        ({"verdict": "until", "until": "2020-01-01T10:00"}, "Choose a moment in the future."),
        ({"verdict": "until", "until": "soon"}, "Enter a valid date/time."),
    ],
)
def test_it_says_what_is_missing(
    late_one: Campaign, marta_client: Client, typed: dict[str, str], sentence: str
) -> None:
    work(late_one)
    answer = marta_client.post(reverse("campaigns:late", args=[late_one.pk]), typed, follow=True)
    assert sentence in answer.text
    late_one.refresh_from_db()
    assert late_one.state == S.PAUSED


def test_a_viewer_decides_nothing(late_one: Campaign, charlie_client: Client) -> None:
    campaign = work(late_one)
    assert charlie_client.post(reverse("campaigns:late", args=[campaign.pk]), {"verdict": "hours"}).status_code == 403
    assert "Somebody with the permission" in charlie_client.get(reverse("campaigns:detail", args=[campaign.pk])).text


def test_a_single_message_past_its_moment_still_expires(line: Line) -> None:
    message, _is_new = outbox.queue(
        line=line, to=phone(1), body="Your code", send_before=timezone.now() - timedelta(seconds=1)
    )
    Pump(seconds=1).run()
    message.refresh_from_db()
    assert (message.status, message.reason) == ("expired", Reason.LATE)


def test_a_start_that_was_missed_asks_instead_of_starting(marta_client: Client) -> None:
    make_people(1)
    campaign = a_campaign(a_line())
    lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    Campaign.objects.update(start_at=timezone.now() - timedelta(hours=5))
    runner.sweep()
    run_tasks()
    campaign.refresh_from_db()
    assert campaign.state == S.DRAFT
    page = marta_client.get("/").text
    assert "did not start at its time" in page
    assert "Carillon was not running at its time." in page


def test_a_start_that_is_a_little_late_happens() -> None:
    make_people(1)
    campaign = a_campaign(a_line())
    lifecycle.schedule(campaign, at=timezone.now() + timedelta(hours=1))
    Campaign.objects.update(start_at=timezone.now() - timedelta(minutes=20))
    runner.sweep()
    run_tasks()
    campaign.refresh_from_db()
    assert campaign.state == S.PREPARING


def test_a_late_one_keeps_no_other_campaign_waiting(sandbox: SandboxProcess, late_one: Campaign, line: Line) -> None:
    make_people(2, group="Other", first=50)
    other = set_going(make_campaign([line], groups=["Other"]))
    work(other)
    assert sandbox.received_by() == {phone(50): 1, phone(51): 1}
