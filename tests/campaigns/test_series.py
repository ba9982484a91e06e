"""A series starts a campaign of its own at each of its times: once, and not long after it without a person's word."""

import threading
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import lifecycle, plans, runner, series
from campaigns.models import Campaign, Occurrence, Series
from contacts.models import Group
from contacts.refusal import Refused
from messaging.models import Account, Line
from tests.world import make_campaign, make_people, run_tasks

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


@pytest.fixture
def pattern(db: None) -> Campaign:
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    line = Line.objects.create(
        account=account, channel="whatsapp", kind="whatsapp", address="u1", label="Shop", state="ready"
    )
    make_people(2)
    return make_campaign([line])


def daily(pattern: Campaign, **changes: object) -> Series:
    made = series.save_series(
        pattern=pattern, repeat="daily", starts_on=date(2026, 1, 1), at=time(9), time_zone="America/Bogota"
    )
    series.go_on(made)
    Series.objects.filter(pk=made.pk).update(**changes)
    made.refresh_from_db()
    return made


def look() -> None:
    """What the clock does, and a worker after it."""
    series.sweep()
    run_tasks()


def due(pattern: Campaign, *, minutes: int = 1) -> Series:
    """A series whose time was so many minutes ago."""
    now = timezone.now().astimezone(ZoneInfo("UTC")) - timedelta(minutes=minutes)
    return daily(pattern, at=now.time(), time_zone="UTC", next_at=now)


def test_a_new_series_waits_until_somebody_starts_it_and_keeps_the_wall_clock(pattern: Campaign) -> None:
    made = series.save_series(
        pattern=pattern,
        repeat="weekly",
        starts_on=date(2031, 3, 1),
        at=time(9),
        time_zone="Europe/Madrid",
        weekdays=[0],
    )
    assert made.is_paused
    first = [f"{each.astimezone(ZoneInfo('Europe/Madrid')):%a %d %b %H:%M}" for each in series.next_times(made)]
    assert first == ["Mon 03 Mar 09:00", "Mon 10 Mar 09:00", "Mon 17 Mar 09:00", "Mon 24 Mar 09:00", "Mon 31 Mar 09:00"]
    look()
    assert not Occurrence.objects.exists()


def test_at_its_time_it_starts_a_copy_once_however_many_look(pattern: Campaign) -> None:
    made = due(pattern)
    campaigns: list[Campaign | None] = []

    def start() -> None:
        try:
            campaigns.append(series.start_next(made))
        finally:
            connection.close()

    clocks = [threading.Thread(target=start) for _ in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    series.start_due(made.pk)
    occurrence = Occurrence.objects.get()
    assert occurrence.campaign.state == S.PREPARING
    assert occurrence.campaign.body == pattern.body
    assert list(occurrence.campaign.groups.all()) == list(Group.objects.all())
    assert sorted(each.pk for each in campaigns if each) == [occurrence.campaign_id]
    made.refresh_from_db()
    pattern.refresh_from_db()
    assert made.next_at
    assert made.next_at > timezone.now()
    assert pattern.state == S.DRAFT


def test_the_clock_counts_nobody_and_finishes_what_was_cut_off(pattern: Campaign) -> None:
    due(pattern)
    series.sweep()
    assert not Campaign.objects.exclude(pk=pattern.pk).exists()  # work for somebody else
    campaign = plans.clone(pattern, user=None)
    Campaign.objects.filter(pk=campaign.pk).update(start_at=timezone.now())
    lifecycle.transition(campaign, S.SCHEDULED)  # made, and then the power went
    runner.sweep()
    run_tasks()
    campaign.refresh_from_db()
    assert campaign.state == S.PREPARING
    assert Occurrence.objects.get().campaign.state == S.PREPARING


def test_what_was_missed_asks_and_sends_nothing(pattern: Campaign, marta_client: Client) -> None:
    made = due(pattern, minutes=60 * 50)
    look()
    occurrence = Occurrence.objects.get()  # of three times the last one
    assert occurrence.campaign.state == S.DRAFT
    made.refresh_from_db()
    assert "was not running" in made.note
    assert "2 earlier times were missed" in made.note
    assert "did not start at its time" in marta_client.get("/").text


def test_what_cannot_start_becomes_a_draft_with_the_reason(pattern: Campaign) -> None:
    made = due(pattern)
    Line.objects.update(state="disconnected")
    look()
    assert Occurrence.objects.get().campaign.state == S.DRAFT
    made.refresh_from_db()
    assert "None of the chosen lines is connected" in made.note


def test_a_paused_one_starts_nothing_and_goes_on_with_its_next_time(pattern: Campaign) -> None:
    made = series.pause(due(pattern))
    look()
    assert not Occurrence.objects.exists()
    assert series.go_on(made).next_at is not None
    look()
    assert not Occurrence.objects.exists()


def test_its_pattern_is_neither_sent_nor_deleted_itself(pattern: Campaign) -> None:
    made = daily(pattern)
    with pytest.raises(Refused, match="pattern of a series"):
        lifecycle.start(pattern)
    with pytest.raises(Refused, match="Delete the series first"):
        plans.delete_draft(pattern)
    series.delete(made)
    plans.delete_draft(pattern)
    assert not Campaign.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"repeat": "hourly"}, "repeat"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"every": 0}, "every"),
        ({"weekdays": [7]}, "weekdays"),
        ({"ends_on": date(2025, 1, 1)}, "ends_on"),
        ({"ends_on": date(2026, 1, 1)}, "starts_on"),
    ],
)
def test_it_refuses_times_that_never_come(pattern: Campaign, changes: dict[str, object], field: str) -> None:
    details: dict[str, object] = {
        "pattern": pattern, "repeat": "daily", "starts_on": date(2026, 1, 1), "at": time(9), "time_zone": "UTC",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        series.save_series(**{**details, **changes})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_staff_see_a_series_and_only_those_who_may_run_campaigns_change_it(
    pattern: Campaign, marta_client: Client, client: Client
) -> None:
    made = daily(pattern)
    page = marta_client.get(reverse("campaigns:series", args=[made.pk])).text
    assert "America/Bogota" in page
    marta_client.post(reverse("campaigns:series_pause", args=[made.pk]))
    made.refresh_from_db()
    assert made.is_paused
    assert client.post(reverse("campaigns:series_go_on", args=[made.pk])).status_code == 302
    made.refresh_from_db()
    assert made.is_paused
    assert datetime.now(tz=ZoneInfo("UTC")) < series.next_times(made)[0]
