"""The calendar: what goes out and what went out, on its days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import calendar, series
from campaigns.models import Campaign
from contacts.models import Group
from messaging.automation import reminders
from messaging.models import Line
from tests.campaigns.desk import a_campaign, a_line, queries_of
from tests.world import make_people

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def line(db: None) -> Line:
    make_people(1)
    return a_line()


def entries_on(day: date) -> list[tuple[str, str, bool]]:
    (found,) = calendar.days(day, day)
    return [(each.kind, each.title, each.goes_on) for each in found.entries]


def test_a_campaign_is_on_the_day_it_starts_and_on_each_day_it_took(line: Line) -> None:
    at = datetime(2031, 5, 10, 23, 30, tzinfo=UTC)
    Campaign.objects.filter(pk=a_campaign(line, name="Planned").pk).update(state="scheduled", start_at=at)
    Campaign.objects.filter(pk=a_campaign(line, name="Past").pk).update(
        state="finished", started_at=at - 10 * DAY, finished_at=at - 9 * DAY
    )
    assert entries_on(date(2031, 5, 10)) == [("campaign", "Planned", False)]
    assert entries_on(date(2031, 4, 30)) == [("campaign", "Past", False)]
    assert entries_on(date(2031, 5, 1)) == [("campaign", "Past", True)]
    with timezone.override(ZoneInfo("Europe/Madrid")):
        assert entries_on(date(2031, 5, 11)) == [("campaign", "Planned", False)]


def test_series_and_reminders_are_on_the_days_to_come_and_no_more_once_paused(line: Line) -> None:
    start = date(2031, 3, 3)  # a Monday
    made = series.save_series(
        pattern=a_campaign(line, name="Weekly"), repeat="weekly", starts_on=start, at=time(9), time_zone="UTC"
    )
    assert entries_on(start) == []
    series.go_on(made)
    reminders.save_reminder(
        reminder=None, name="Bill", line=line, contact=None, group=Group.objects.get(), body="Hi", repeat="daily",
        starts_on=start, ends_on=start, at=time(8), time_zone="UTC", every=1, weekdays=[], field="", offset_days=0,
        is_yearly=True, is_day_first=True, user=None,
    )  # fmt: skip
    assert entries_on(start) == [("reminder", "Bill", False), ("series", "Weekly", False)]
    assert entries_on(start + DAY) == []
    assert entries_on(start + 7 * DAY) == [("series", "Weekly", False)]


def test_a_month_is_of_whole_weeks(line: Line) -> None:
    weeks = calendar.month_days(date(2031, 2, 1))
    assert (weeks[0][0].day, weeks[-1][-1].day) == (date(2031, 1, 27), date(2031, 3, 2))
    assert all(len(week) == 7 for week in weeks)
    assert [each.is_outside for each in weeks[0]] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    "query", ["", "?day=2031-05-10", "?view=week&day=2031-05-10", "?day=nonsense", "?day=9999-12-31"]
)
def test_the_page_opens_for_any_day(charlie_client: Client, query: str) -> None:
    assert "Calendar" in charlie_client.get(reverse("campaigns:calendar") + query).text


def test_it_asks_the_same_number_of_questions_for_few_and_many(line: Line, charlie_client: Client) -> None:
    def more(names: range) -> None:
        for number in names:
            pk = a_campaign(line, name=f"{number}").pk
            Campaign.objects.filter(pk=pk).update(state="running", started_at=timezone.now())
            pk = a_campaign(line, name=f"planned {number}").pk
            Campaign.objects.filter(pk=pk).update(state="scheduled", start_at=timezone.now() + DAY)

    url = reverse("campaigns:calendar")
    more(range(2))
    few = queries_of(charlie_client, url)
    more(range(2, 12))
    assert queries_of(charlie_client, url) == few
