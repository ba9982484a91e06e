"""REST calls about when campaigns go out: a draft's time, the first ones, series and the calendar."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from campaigns import calendar, canary, series, timing
from campaigns.models import Campaign, Series
from contacts.paging import keyset
from contacts.refusal import Refused
from messaging.api import acting

router = Router(tags=["campaigns"])
MOST_DAYS = 100  # of the calendar in one answer


class TimesIn(Schema):
    """Of a series. weekdays: Monday is 0; every: days between, for repeat "every"."""

    repeat: Literal["daily", "every", "weekly", "monthly", "yearly"]
    starts_on: date
    at: time
    time_zone: str
    ends_on: date | None = None
    every: int = 1
    weekdays: list[int] = []


class TimingIn(Schema):
    """start_at belongs to "at"; local_date and local_time to "local"; times to "series"."""

    when: Literal["now", "at", "local", "series"]
    start_at: datetime | None = None
    local_date: date | None = None
    local_time: time | None = None
    times: TimesIn | None = None


class CanaryIn(Schema):
    """size: null for everybody at once; minutes: how long it waits; the limits are percent."""

    size: int | None = None
    minutes: int = 60
    most_failed: int = 10
    most_opt_outs: int = 3
    asks: bool = False


class VerdictIn(Schema):
    verdict: Literal["go_on", "stop"]


@router.get("/campaigns/{campaign_id}/timing", response=dict[str, Any])
def get_timing(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """When it goes out, and how the first ones are doing."""
    acting(request, "campaigns.view_campaign")
    return timing_out(get_object_or_404(Campaign, pk=campaign_id))


@router.put("/campaigns/{campaign_id}/timing", response=dict[str, Any])
def put_timing(request: HttpRequest, campaign_id: int, data: TimingIn) -> dict[str, Any]:
    """Keep when a draft goes out. Nothing starts before `POST …/go`."""
    user = acting(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    if data.when == "series":
        if data.times is None:
            raise Refused(_("Give the times of the series."), field="times")
        series.save_series(pattern=campaign, **data.times.dict(), user=user)
    else:
        timing.set_when(
            campaign, when=data.when, start_at=data.start_at, local_date=data.local_date, local_time=data.local_time
        )
    campaign.refresh_from_db()
    return timing_out(campaign)


@router.put("/campaigns/{campaign_id}/canary", response=dict[str, Any])
def put_canary(request: HttpRequest, campaign_id: int, data: CanaryIn) -> dict[str, Any]:
    """Keep whether a few people get a draft first."""
    acting(request, "campaigns.change_campaign")
    return timing_out(timing.set_canary(get_object_or_404(Campaign, pk=campaign_id), **data.dict()))


@router.post("/campaigns/{campaign_id}/canary", response=dict[str, Any])
def decide_canary(request: HttpRequest, campaign_id: int, data: VerdictIn) -> dict[str, Any]:
    """Where `canary.asks_now`: go on with everybody, or stop."""
    user = acting(request, "campaigns.run_campaign")
    return timing_out(canary.decide(get_object_or_404(Campaign, pk=campaign_id), verdict=data.verdict, user=user))


@router.post("/campaigns/{campaign_id}/go", response=dict[str, Any])
def go(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Do what the draft says: start it, schedule it, or set its series going."""
    user = acting(request, "campaigns.run_campaign")
    return timing_out(timing.go(get_object_or_404(Campaign, pk=campaign_id), user=user))


@router.get("/campaigns/{campaign_id}/moments", response=dict[str, Any])
def list_moments(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """By each person's clock: when it is whose time if it started now. moved: that time has passed, so it is a later day's."""
    acting(request, "campaigns.view_campaign")
    found = timing.moments(get_object_or_404(Campaign, pk=campaign_id))
    items = [{"at": m.at, "zone": m.zone.key, "people": m.people, "moved": m.is_moved} for m in found]
    return {"items": items}


@router.get("/series", response=dict[str, Any])
def list_series(request: HttpRequest, cursor: str | None = None, limit: int = 50) -> dict[str, Any]:
    acting(request, "campaigns.view_series")
    page = keyset(Series.objects.all(), cursor=cursor, size=max(1, min(limit, 200)))
    return {"items": [series_out(each) for each in page.items], "next": page.next}


@router.get("/series/{series_id}", response=dict[str, Any])
def get_series(request: HttpRequest, series_id: int) -> dict[str, Any]:
    """One series with its next times and the newest campaigns it started."""
    acting(request, "campaigns.view_series")
    found = get_object_or_404(Series, pk=series_id)
    past = found.occurrences.select_related("campaign").order_by("-id")[:50]
    started = [{"at": each.at, "campaign": each.campaign_id, "state": each.campaign.state} for each in past]
    return {**series_out(found), "next_times": [] if found.is_paused else series.next_times(found), "started": started}


@router.post("/series/{series_id}/{action}", response=dict[str, Any])
def move_series(request: HttpRequest, series_id: int, action: Literal["go_on", "pause"]) -> dict[str, Any]:
    """go_on · pause."""
    user = acting(request, "campaigns.run_campaign")
    found = get_object_or_404(Series, pk=series_id)
    return series_out(series.go_on(found, user=user) if action == "go_on" else series.pause(found))


@router.delete("/series/{series_id}", response={204: None})
def delete_series(request: HttpRequest, series_id: int) -> Status[None]:
    """Forget its times; its draft and the campaigns it started stay."""
    acting(request, "campaigns.run_campaign")
    series.delete(get_object_or_404(Series, pk=series_id))
    return Status(204, None)


@router.get("/calendar", response=dict[str, Any])
def get_calendar(request: HttpRequest, first: date, last: date) -> dict[str, Any]:
    """What goes out and went out from the first to the last day, at most 100, by the installation's clock."""
    acting(request, "campaigns.view_campaign")
    if not first <= last < first + timedelta(days=MOST_DAYS):
        raise Refused(_("Between 1 and %(most)s days.") % {"most": MOST_DAYS}, field="last")
    names = ("kind", "title", "href", "at", "state", "ends", "is_estimate", "goes_on", "is_local")
    return {
        "days": [
            {"day": day.day, "entries": [{name: getattr(each, name) for name in names} for each in day.entries]}
            for day in calendar.days(first, last)
        ]
    }


def timing_out(campaign: Campaign) -> dict[str, Any]:
    found, came = timing.series_of(campaign), canary.outcome(campaign)
    return {
        "id": campaign.pk, "state": campaign.state, "when": str(timing.when_of(campaign)), "start_at": campaign.start_at,
        "local_date": campaign.local_date, "local_time": campaign.local_time, "series": found.pk if found else None,
        "canary": {
            "size": campaign.canary_size, "minutes": campaign.canary_minutes, "most_failed": campaign.canary_most_failed,
            "most_opt_outs": campaign.canary_most_opt_outs, "asks": campaign.canary_asks, "state": campaign.canary or None,
            "waits_until": canary.waits_until(campaign), "asks_now": canary.asks(campaign), "reached": came.size,
            "failed": came.failed, "opted_out": came.opted_out,
        },
    }  # fmt: skip


def series_out(found: Series) -> dict[str, Any]:
    return {
        "id": found.pk, "pattern": found.pattern_id, "repeat": found.repeat, "starts_on": found.starts_on,
        "ends_on": found.ends_on, "at": found.at, "time_zone": found.time_zone, "every": found.every,
        "weekdays": found.weekdays, "is_paused": found.is_paused, "next_at": found.next_at, "note": found.note,
    }  # fmt: skip
