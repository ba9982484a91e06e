"""What goes out when, and what went out: campaigns, series and reminders by day. A fixed number of queries for any month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from campaigns import reports, series
from campaigns.models import Campaign, Series
from campaigns.reports import Progress
from contacts.refusal import Refused
from messaging.automation import reminders
from messaging.automation.recurring import Plan, Repeat, fires
from messaging.models import Reminder

S = Campaign.State
DAY = timedelta(days=1)
MOST = 400  # of one kind that are looked at
SPANNED = 62  # days on which one campaign is shown at most
_LAST_ZONE = timedelta(hours=12)  # behind UTC: the last clock to show a time
_FIRES = 100  # times of one series or reminder within a page


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing on one day. kind: campaign, series or reminder; state: of a campaign, else "scheduled"; ends: when it ended
    or is thought to; is_estimate says which; goes_on: began on an earlier day; is_local: by each person's clock."""

    kind: str
    title: str
    href: str
    at: datetime
    state: str
    ends: datetime | None = None
    is_estimate: bool = False
    goes_on: bool = False
    is_local: bool = False


@dataclass(frozen=True, kw_only=True)
class Day:
    day: date
    entries: list[Entry]
    is_today: bool
    is_outside: bool  # of the month that is shown


def days(first: date, last: date, *, month: int | None = None) -> list[Day]:
    """Every day from the first to the last with what goes out on it, by the clock of this page, soonest first."""
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    start, end = _midnight(first, zone), _midnight(last + DAY, zone)
    found: dict[date, list[Entry]] = {first + number * DAY: [] for number in range((last - first).days + 1)}
    for entry in [*_campaigns(start, end), *_series(start, end), *_reminders(start, end)]:
        _spread(entry, found, zone)
    return [
        Day(
            day=day,
            entries=sorted(entries, key=lambda entry: (not entry.goes_on, entry.at)),
            is_today=day == today,
            is_outside=month is not None and day.month != month,
        )
        for day, entries in found.items()
    ]


def month_days(month: date) -> list[list[Day]]:
    """The weeks of a month, Monday first, whole ones."""
    first = month.replace(day=1)
    first -= first.weekday() * DAY
    last = (month.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    last += (6 - last.weekday()) * DAY
    found = days(first, last, month=month.month)
    return [found[start : start + 7] for start in range(0, len(found), 7)]


def coming(count: int = 7) -> list[Day]:
    """The days from today on."""
    today = timezone.localdate()
    return days(today, today + (count - 1) * DAY)


def _campaigns(start: datetime, end: datetime) -> Iterator[Entry]:
    """Those that will start by themselves, that are under way, and that went out."""
    scheduled = Campaign.objects.filter(state=S.SCHEDULED, start_at__gte=start, start_at__lt=end)
    for campaign in scheduled.order_by("start_at", "id")[:MOST]:
        if campaign.start_at:
            yield _entry(campaign, campaign.start_at)
    under_way = Campaign.objects.filter(state__in=[S.RUNNING, S.PAUSED, S.BLOCKED, S.STOPPING], started_at__lt=end)
    at_work = list(under_way.order_by("-id")[:MOST])
    progress = reports.progress_of(at_work)
    for campaign in at_work:
        if campaign.started_at:
            ends = _estimate(campaign, progress[campaign.pk])
            yield _entry(campaign, campaign.started_at, ends=ends, is_estimate=True)
    ended = Campaign.objects.filter(Q(finished_at__gte=start), state__in=[S.FINISHED, S.CANCELLED], started_at__lt=end)
    for campaign in ended.order_by("started_at", "id")[:MOST]:
        if campaign.started_at:
            yield _entry(campaign, campaign.started_at, ends=campaign.finished_at)


def _estimate(campaign: Campaign, progress: Progress) -> datetime:
    """About when it ends, at the rate at which it went so far; its own page knows better. By each person's clock, not
    before that time has come everywhere. Today, where nothing moves."""
    now = timezone.now()
    if campaign.state != S.RUNNING:
        return now
    minutes = min(progress.counts["open"] / progress.rate, SPANNED * 24 * 60) if progress.rate else 0.0
    ends = now + timedelta(minutes=minutes)
    if campaign.local_date is None or campaign.local_time is None or not progress.counts["open"]:
        return ends
    return max(ends, datetime.combine(campaign.local_date, campaign.local_time, UTC) + _LAST_ZONE)


def _entry(campaign: Campaign, at: datetime, *, ends: datetime | None = None, is_estimate: bool = False) -> Entry:
    return Entry(
        kind="campaign", title=campaign.name, href=reverse("campaigns:detail", args=[campaign.pk]), at=at,
        state=campaign.state, ends=ends, is_estimate=is_estimate, is_local=campaign.local_time is not None,
    )  # fmt: skip


def _series(start: datetime, end: datetime) -> Iterator[Entry]:
    """What series will start."""
    for each in Series.objects.filter(is_paused=False, next_at__lt=end).select_related("pattern")[:MOST]:
        try:
            plan = series.plan_of(each)
        except Refused:  # its zone is not known any more; its own page says so
            continue
        for at in _fires(plan, start, end):
            href = reverse("campaigns:series", args=[each.pk])
            yield Entry(kind="series", title=each.pattern.name, href=href, at=at, state=S.SCHEDULED)


def _reminders(start: datetime, end: datetime) -> Iterator[Entry]:
    """What reminders will send by the calendar; those by a date of each person are on no day of their own."""
    known = Reminder.objects.filter(is_paused=False, next_fire_at__lt=end).exclude(repeat=Repeat.FIELD)
    for reminder in known[:MOST]:
        for at in _fires(reminders.plan_of(reminder), start, end):
            href = reverse("messaging:reminder", args=[reminder.pk])
            yield Entry(kind="reminder", title=reminder.name, href=href, at=at, state=S.SCHEDULED)


def _fires(plan: Plan, start: datetime, end: datetime) -> list[datetime]:
    after = max(start, timezone.now()) - timedelta(microseconds=1)
    return list(takewhile(lambda at: at < end, fires(plan, after)))[:_FIRES]


def _spread(entry: Entry, found: dict[date, list[Entry]], zone: ZoneInfo) -> None:
    """Put it on each of its days that is shown."""
    began = entry.at.astimezone(zone).date()
    until = entry.ends.astimezone(zone).date() if entry.ends else began
    for number in range(min((until - began).days, SPANNED) + 1):
        day = began + number * DAY
        if day in found:
            found[day].append(entry if not number else _later(entry))


def _later(entry: Entry) -> Entry:
    return Entry(**{**vars(entry), "goes_on": True})


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)
