"""The button that stops everything, against the real sandbox: held at once, asked back, and a report that adds up."""

from datetime import date, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import halting, handing, lifecycle, panic, panic_report, runner, series
from campaigns.models import Campaign, PanicStop, Recipient, Series, TakeBack
from contacts.models import Contact
from messaging import outbox
from messaging.automation import firing, reminders
from messaging.gateway import outgoing, provider_of, route_of
from messaging.models import Line, Message, Reminder
from messaging.providers.errors import Reason
from tests.campaigns.gateway_world import bring_on, gateway_campaign, push
from tests.campaigns.test_campaign_life import books_balance
from tests.sandbox_process import SandboxProcess, eventually
from tests.test_api import Api
from tests.world import make_account, make_campaign, make_people, reaches, run_tasks, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State
R = Recipient.State


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def pressed(user: User | None = None) -> PanicStop:
    """Press it, and do what the cluster does next."""
    stop = panic.stop_everything(user=user)
    panic.work(stop.pk)
    stop.refresh_from_db()
    return stop


def total(stop: PanicStop) -> dict[str, int]:
    return panic_report.report(stop).total


def a_series(line: Line) -> Series:
    """It starts something each day."""
    made = series.save_series(
        pattern=make_campaign([line]), repeat="daily", starts_on=date(2026, 1, 1), at=time(9), time_zone="UTC"
    )
    return series.go_on(made)


def a_reminder(line: Line, person: Contact) -> Reminder:
    """One each day."""
    return reminders.save_reminder(
        reminder=None, name="Water", line=line, contact=person, group=None, body="Drink", repeat="daily",
        starts_on=date(2026, 1, 1), ends_on=None, at=time(9), time_zone="UTC", every=1, weekdays=[], field="",
        offset_days=0, is_yearly=True, is_day_first=True, user=None,
    )  # fmt: skip


def half_sent(line: Line, *, story: str = "00", people: int = 10) -> Campaign:
    """A campaign whose gateway has a part of it."""
    make_people(people, story=story)
    Line.objects.filter(pk=line.pk).update(gap_seconds=0.15)
    return work(start(make_campaign([line])), seconds=0.5)


@pytest.mark.parametrize("dialect", ["zender", "wablas"])
def test_it_takes_back_what_a_gateway_still_holds(sandbox: SandboxProcess, dialect: str) -> None:
    sandbox.reset(step_seconds=60)  # everything waits at the gateway
    campaign = half_sent(whatsapp_line(make_account(sandbox, dialect)))
    taken = Message.objects.filter(status="accepted").count()
    stop = pressed()
    assert 0 < taken < 10
    assert total(stop) == {"stopped": 10 - taken, "dropped": taken, "gone": 0, "unconfirmed": 0}
    assert stop.finished_at
    campaign.refresh_from_db()
    assert campaign.state == S.PAUSED
    assert set(Recipient.objects.filter(state=R.CANCELLED).values_list("reason", flat=True)) == {Reason.CANCELLED}
    assert books_balance(campaign)


def test_it_sends_nothing_more(sandbox: SandboxProcess, line: Line) -> None:
    campaign = half_sent(line)
    pressed()
    before = len(sandbox.deliveries())
    work(campaign, seconds=0.5)
    assert len(sandbox.deliveries()) == before


def test_it_tells_what_had_gone_already(line: Line) -> None:
    make_people(3)
    make_people(2, first=50)
    campaign = start(make_campaign([line]))
    Line.objects.filter(pk=line.pk).update(per_minute=3)
    work(campaign, seconds=0.5)
    for message in Message.objects.filter(status="accepted"):
        reaches(message, "sent")
    assert total(pressed()) == {"stopped": 2, "dropped": 0, "gone": 3, "unconfirmed": 0}


def test_a_gateway_may_say_that_it_is_too_late(line: Line) -> None:
    campaign = half_sent(line)
    taken = Message.objects.filter(status="accepted").count()
    messages = Message.objects.filter(status="accepted").select_related("line")
    sent = [outgoing(message, route_of(line)) for message in messages]
    with provider_of(line.account) as provider:
        eventually(lambda: all(report.status == "sent" for report in provider.fetch_reports(sent)))
    stop = pressed()  # nobody has asked for reports yet
    assert TakeBack.objects.filter(outcome=TakeBack.Outcome.GONE).count() == total(stop)["gone"] == taken
    assert not Recipient.objects.filter(campaign=campaign, state=R.CANCELLED).exists()
    assert stop.finished_at


def test_it_says_what_a_gateway_does_not_confirm(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsmobileapi")
    line = account.lines.filter(state=Line.State.READY).first()
    assert line
    sandbox.reset(step_seconds=60)
    campaign = half_sent(line)
    taken = Message.objects.filter(status="accepted").count()
    stop = pressed()
    assert total(stop) == {"stopped": 10 - taken, "dropped": 0, "gone": 0, "unconfirmed": taken}
    assert campaign.state == S.RUNNING  # as it was read before
    assert stop.finished_at


def test_it_asks_a_silent_gateway_again_and_then_gives_up(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(step_seconds=60)
    half_sent(line)
    taken = Message.objects.filter(status="accepted").count()
    line.account.base_url = "http://127.0.0.1:9"
    line.account.save(update_fields=["base_url"])
    stop = pressed()
    assert (stop.finished_at, total(stop)["unconfirmed"]) == (None, taken)
    PanicStop.objects.update(at=timezone.now() - panic.LIMIT - timedelta(seconds=1))
    panic.work(stop.pk)
    stop.refresh_from_db()
    assert stop.finished_at
    assert total(stop)["unconfirmed"] == taken


def test_who_was_dropped_stays_so_until_somebody_sends_again(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(step_seconds=60)
    campaign = half_sent(line)
    stop = pressed()
    dropped = set(Message.objects.filter(status="cancelled").values_list("phone", flat=True))
    numbers = total(stop)
    campaign.refresh_from_db()
    lifecycle.resume(campaign)
    work(campaign, seconds=4)
    later = Message.objects.exclude(status="cancelled").values_list("phone", flat=True)
    assert len(dropped) + len(set(later)) == len(dropped) + len(later) == 10
    panic.work(stop.pk)
    assert total(PanicStop.objects.get()) == numbers
    first = Message.objects.filter(status="cancelled").first()
    assert first
    outbox.resend(first, user=None)
    assert Recipient.objects.get(phone=first.phone).state == R.QUEUED


def test_it_takes_nothing_of_a_resumed_campaign_back(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(step_seconds=60)
    campaign = half_sent(line)
    stop = panic.stop_everything(user=None)
    campaign.refresh_from_db()
    lifecycle.resume(campaign)
    panic.work(stop.pk)
    assert not Message.objects.filter(status="cancelled").exists()


def test_it_stops_campaigns_wherever_they_are(line: Line) -> None:
    make_people(2)
    waiting, preparing, draft = (make_campaign([line]) for _ in range(3))
    lifecycle.schedule(waiting, at=timezone.now() + timedelta(hours=1))
    lifecycle.start(preparing)
    running = start(make_campaign([line]))
    stop = pressed()
    lifecycle.prepare(preparing.pk)
    states = [Campaign.objects.get(pk=each.pk).state for each in (waiting, preparing, draft, running)]
    assert states == [S.DRAFT, S.DRAFT, S.DRAFT, S.PAUSED]
    assert len(stop.counts["campaigns"]) == 3
    assert total(stop)["stopped"] == 2


def test_it_stops_what_a_gateway_sends_by_itself(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=30)
    make_people(5)
    campaign = gateway_campaign([line])
    push(campaign)
    stop = panic.stop_everything(user=None)
    panic.work(stop.pk)
    stop.refresh_from_db()
    assert stop.finished_at is None
    bring_on(campaign)
    panic.work(stop.pk)
    stop.refresh_from_db()
    assert campaign.gateway_runs.get().state == "paused"
    assert stop.finished_at
    assert total(stop)["stopped"] >= 4


def test_it_says_that_a_newsletter_is_not_confirmed_and_hands_nothing_more_over(
    sandbox: SandboxProcess, marta_client: Client
) -> None:
    """SMSGateway24 has no call that pauses or stops what it was given."""
    account = make_account(sandbox, "smsgateway24")
    line = account.lines.filter(channel="sms", state=Line.State.READY).first()
    assert line
    make_people(3)
    campaign = gateway_campaign([line], body="Hola")
    start(campaign)
    handing.hand_over(handing.take_piece(campaign, line))  # type: ignore[arg-type]
    stop = pressed()
    assert stop.finished_at
    assert total(stop) == {"stopped": 0, "dropped": 0, "gone": 0, "unconfirmed": 3}
    campaign.refresh_from_db()
    assert campaign.state == S.PAUSED
    assert handing.take_piece(campaign, line) is None
    page = marta_client.get(reverse("campaigns:stop_report", args=[stop.pk])).content.decode()
    assert "not confirmed as stopped: stop it on the phone" in page


@pytest.mark.parametrize("dialect", ["zender", "wablas"])
def test_it_asks_back_what_a_campaign_that_ended_today_left_at_the_gateway(
    sandbox: SandboxProcess, dialect: str
) -> None:
    sandbox.reset(step_seconds=60)
    make_people(4)
    campaign = work(start(make_campaign([whatsapp_line(make_account(sandbox, dialect))])))
    assert (campaign.state, Message.objects.filter(status="accepted").count()) == (S.FINISHED, 4)
    stop = pressed()
    assert total(stop) == {"stopped": 0, "dropped": 4, "gone": 0, "unconfirmed": 0}
    campaign.refresh_from_db()
    assert (campaign.state, bool(stop.finished_at)) == (S.FINISHED, True)
    assert books_balance(campaign)


def test_what_ended_long_ago_and_what_is_sent_again_is_not_asked_back(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(step_seconds=60)
    make_people(1)
    old = work(start(make_campaign([line])))
    Campaign.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=2))
    make_people(1, story="91", first=2, group="Refused")
    new = work(start(make_campaign([line], groups=["VIP", "Refused"])))
    stop = panic.stop_everything(user=None)
    outbox.resend(Message.objects.get(batch=new.batch, status="failed"), user=None)
    Message.objects.filter(resend_of__isnull=False).update(status="accepted", attempted_at=timezone.now())
    panic.work(stop.pk)
    assert [row["id"] for row in PanicStop.objects.get().counts["campaigns"]] == [new.pk]
    kept = Message.objects.filter(status="accepted")
    assert sorted(kept.values_list("batch", flat=True)) == [old.batch_id, new.batch_id]
    assert kept.get(batch=new.batch).resend_of is not None


def test_it_pauses_series_and_reminders_and_they_go_on_one_by_one(
    line: Line, marta: User, marta_client: Client
) -> None:
    person, now = make_people(1)[0], timezone.now()
    weekly = a_series(line)
    daily = a_reminder(line, person)
    Reminder.objects.update(next_fire_at=now)
    firing.work()
    assert Message.objects.filter(status="queued").count() == 1
    assert "Stop everything" in marta_client.get("/").text
    stop = pressed(marta)
    weekly.refresh_from_db()
    daily.refresh_from_db()
    assert (weekly.is_paused, daily.is_paused) == (True, True)
    assert not Message.objects.filter(status="queued").exists()
    Series.objects.update(next_at=now)
    series.sweep()
    run_tasks()
    assert not Campaign.objects.exclude(pk=weekly.pattern_id).exists()
    page = marta_client.get(reverse("campaigns:stop_report", args=[stop.pk])).text
    assert reverse("campaigns:series", args=[weekly.pk]) in page
    assert reverse("messaging:reminder", args=[daily.pk]) in page
    told = Api(marta).call("GET", f"/panic-stop/{stop.pk}")
    assert (told["series"], told["reminders"]) == ([weekly.pk], [daily.pk])
    assert not series.go_on(weekly).is_paused
    reminders.resume(daily)
    panic.work(stop.pk)
    assert not Reminder.objects.get().is_paused


def test_the_clock_finishes_a_press_that_was_cut_off(line: Line, marta: User) -> None:
    make_people(2)
    campaign = start(make_campaign([line]))
    a_reminder(line, make_people(1)[0])
    stop = halting.press(user=marta)  # and then the web server was killed
    panic.sweep()
    run_tasks()
    campaign.refresh_from_db()
    assert (campaign.state, Reminder.objects.get().is_paused) == (S.PAUSED, True)
    assert campaign.events.filter(user=marta, after=S.PAUSED).exists()
    assert total(PanicStop.objects.get()) == {"stopped": 2, "dropped": 0, "gone": 0, "unconfirmed": 0}
    lifecycle.resume(campaign)
    panic.work(stop.pk)
    campaign.refresh_from_db()
    assert campaign.state == S.RUNNING


def test_a_press_that_wrote_nothing_down_ends(line: Line) -> None:
    stop = PanicStop.objects.create()
    panic.work(stop.pk)
    assert PanicStop.objects.get().finished_at


def test_the_clock_keeps_it_going(line: Line) -> None:
    make_people(1)
    start(make_campaign([line]))
    stop = panic.stop_everything(user=None)
    panic.sweep()
    panic.work(stop.pk)
    assert PanicStop.objects.get().finished_at


def test_the_button_leads_to_a_page_that_fills_by_itself(
    sandbox: SandboxProcess, line: Line, marta: User, marta_client: Client
) -> None:
    campaign = half_sent(line)
    assert reverse("campaigns:stop_everything") in marta_client.get("/").text
    answer = marta_client.post(reverse("campaigns:stop_everything"))
    stop = PanicStop.objects.get()
    url = reverse("campaigns:stop_report", args=[stop.pk])
    assert (answer.status_code, answer.headers["Location"], stop.created_by) == (302, url, marta)
    page = marta_client.get(url).text
    assert campaign.name in page
    assert "send again" in page
    part = marta_client.get(url, headers={"HX-Request": "true", "HX-Target": "stop"}).text
    assert part.strip().startswith("<section")
    assert 'hx-trigger="every 2s"' in part
    panic.work(stop.pk)
    PanicStop.objects.update(finished_at=timezone.now())
    assert "hx-trigger" not in marta_client.get(url, headers={"HX-Request": "true", "HX-Target": "stop"}).text


def test_only_who_may_run_campaigns_has_the_button(line: Line, charlie_client: Client) -> None:
    make_people(1)
    campaign = start(make_campaign([line]))
    assert reverse("campaigns:stop_everything") not in charlie_client.get("/").text
    assert charlie_client.post(reverse("campaigns:stop_everything")).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == S.RUNNING


def test_it_is_told_to_whoever_asks_over_the_api(line: Line, marta: User) -> None:
    api = Api(marta)
    make_people(2)
    campaign = start(make_campaign([line]))
    runner.run(campaign.pk)
    stop_id = api.call("POST", "/panic-stop", expect=202)["id"]
    told = api.call("GET", f"/panic-stop/{stop_id}")
    assert (told["total"]["stopped"], told["campaigns"][0]["state"]) == (2, "paused")
