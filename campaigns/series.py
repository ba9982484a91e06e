"""Campaigns that come again: a pattern is copied at each of its times, and the copy started like any other campaign.

A time is taken by moving `next_at` on, in the transaction that makes its campaign: two clocks cannot both do it, and a crash
leaves it to the next look. What was missed, or cannot start, becomes a draft that asks (campaigns.needs)."""

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import islice

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import checks, lifecycle, plans, scheduled
from campaigns.models import Campaign, Occurrence, Series
from contacts.refusal import Refused
from contacts.zones import zone_named
from messaging.automation.recurring import Plan, fires, next_fire
from messaging.clock import enqueue_once

S = Campaign.State
MOST_DAYS = 366
_MISSED = 400  # times looked through for how many were missed


def plan_of(series: Series) -> Plan:
    """Its times."""
    zone = zone_named(series.time_zone)
    if zone is None:
        raise Refused(_("There is no time zone “%(name)s”.") % {"name": series.time_zone[:40]}, field="time_zone")
    return Plan(
        repeat=series.repeat, start=series.starts_on, at=series.at, zone=zone, end=series.ends_on, every=series.every,
        weekdays=frozenset(series.weekdays),
    )  # fmt: skip


def save_series(
    *,
    pattern: Campaign,
    repeat: str,
    starts_on: date,
    at: time,
    time_zone: str,
    ends_on: date | None = None,
    every: int = 1,
    weekdays: Sequence[int] = (),
    user: User | None = None,
) -> Series:
    """Make the series of a draft, or change its times. A new one is paused until `go_on`. Raises Refused(field=…)."""
    series = Series.objects.filter(pattern=pattern).first()
    if series is None:
        series = Series(pattern=pattern, created_by=user, is_paused=True)
    series.repeat, series.starts_on, series.ends_on, series.at = repeat, starts_on, ends_on, at
    series.time_zone, series.every, series.weekdays = time_zone.strip(), every, sorted(set(weekdays))
    _check(series)
    series.next_at = next_fire(plan_of(series), timezone.now())
    if series.next_at is None:
        raise Refused(_("It would never start: these times have passed."), field="starts_on")
    with transaction.atomic():
        Campaign.objects.filter(pk=pattern.pk).update(start_at=None, local_date=None, local_time=None)
        series.save()
    return series


def go_on(series: Series, *, user: User | None = None) -> Series:
    """Let it start its campaigns: from its next time on. Refused where its pattern could not start now, or ended."""
    checks.well_made(series.pattern)
    series.next_at = next_fire(plan_of(series), timezone.now())
    if series.next_at is None:
        raise Refused(_("It has ended: none of its times is still to come. Change them to go on."), field="starts_on")
    series.is_paused, series.note = False, ""
    series.save(update_fields=["next_at", "is_paused", "note"])
    return series


def pause(series: Series) -> Series:
    """Nothing more starts by itself. What it has started goes on."""
    Series.objects.filter(pk=series.pk).update(is_paused=True)
    series.refresh_from_db()
    return series


def delete(series: Series) -> None:
    """The times are forgotten; its pattern is a draft like any other again, and its campaigns stay."""
    series.delete()


def next_times(series: Series, count: int = 5) -> list[datetime]:
    """The next ones, if nobody pauses it."""
    return list(islice(fires(plan_of(series), timezone.now()), count))


def sweep() -> None:
    """Have every series looked at whose time has come. Quick: the clock calls it."""
    for series_id in Series.objects.filter(is_paused=False, next_at__lte=timezone.now()).values_list("id", flat=True):
        enqueue_once(f"series:{series_id}", start_due, series_id, seconds=2)


def start_due(series_id: int) -> None:
    """Start the campaign of its time, if that has come (a task)."""
    series = Series.objects.filter(pk=series_id, is_paused=False).select_related("pattern").first()
    if series is None:
        return
    try:
        start_next(series)
    except Refused as refusal:  # nothing of it was kept: a person puts it right
        Series.objects.filter(pk=series.pk).update(is_paused=True, note=refusal.sentence[:300])


def start_next(series: Series) -> Campaign | None:
    """Make the campaign of its time and start it, once; None where somebody else did, or paused it. It is made in one
    transaction, and started afterwards like any campaign whose time has come: by the clock, where this is cut off."""
    now, at = timezone.now(), series.next_at
    if at is None or at > now:
        return None
    passed = [at, *_passed(series, at, now)]
    campaign = _make(series, passed[-1], now=now)
    if campaign is None:
        return None
    scheduled.start(campaign.pk)
    campaign.refresh_from_db()
    Series.objects.filter(pk=series.pk, is_paused=False).update(note=_note(campaign, missed=len(passed) - 1))
    return campaign


def _make(series: Series, at: datetime, *, now: datetime) -> Campaign | None:
    """A scheduled copy of its pattern for one of its times, which is taken with it; None where it was taken or paused."""
    with transaction.atomic():
        mine = Series.objects.filter(pk=series.pk, next_at=series.next_at, is_paused=False)
        if not mine.update(next_at=next_fire(plan_of(series), now), note=""):
            return None
        campaign = plans.clone(series.pattern, user=series.created_by)
        Campaign.objects.filter(pk=campaign.pk).update(name=_name(series, at), start_at=at)
        Occurrence.objects.create(series=series, at=at, campaign=campaign)
        campaign.refresh_from_db()
        return lifecycle.transition(campaign, S.SCHEDULED, note=_("its series made it"))


def _passed(series: Series, at: datetime, now: datetime) -> list[datetime]:
    """The times after `at` that have passed too: nobody looked for so long."""
    found = []
    for moment in islice(fires(plan_of(series), at), _MISSED):
        if moment > now:
            break
        found.append(moment)
    return found


def _note(campaign: Campaign, *, missed: int) -> str:
    """Why it did not start, and how many times before it nobody looked; "" for neither."""
    event = campaign.events.order_by("-id").first() if campaign.state == S.DRAFT else None
    words = [event.note] if event else []
    if missed:
        words.append(_("%(n)s earlier times were missed; nothing is sent for them.") % {"n": missed})
    return " ".join(words)[:300]


def _name(series: Series, at: datetime) -> str:
    zone = zone_named(series.time_zone)
    return f"{series.pattern.name[:120]} · {date_format(at.astimezone(zone), 'Y-m-d H:i')}"


def _check(series: Series) -> None:
    if series.pattern.state != S.DRAFT:
        raise Refused(_("Only a draft can be the pattern of a series. Copy this campaign to make one."))
    if series.pattern.is_gateway_run:
        raise Refused(_("A campaign that the gateway sends does not repeat. Let Carillon send."), field="repeat")
    if series.repeat not in Series.Repeat.values:
        raise Refused(_("Choose how often it repeats."), field="repeat")
    if not 1 <= series.every <= MOST_DAYS:
        raise Refused(_("Between 1 and %(most)s days.") % {"most": MOST_DAYS}, field="every")
    if any(day not in range(7) for day in series.weekdays):
        raise Refused(_("Weekdays are numbers from 0, Monday, to 6."), field="weekdays")
    if series.ends_on and series.ends_on < series.starts_on:
        raise Refused(_("It ends before it begins."), field="ends_on")
    if series.pattern.send_before:
        raise Refused(_("“Not after” is one moment, and a series has many. Empty it first."), field="send_before")
    plan_of(series)
