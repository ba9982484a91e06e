"""When a draft goes out: at once, at a moment, by each person's clock, or again and again; and whether a few get it first.
Kept in the draft, and carried out by `go`, after somebody has seen the review."""

from datetime import date, datetime, time

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import breakdown, lifecycle, local_time, series
from campaigns.models import Campaign, Series
from contacts.refusal import Refused

S = Campaign.State
MOST_MINUTES = 7 * 24 * 60


class When(models.TextChoices):
    """The four ways."""

    NOW = "now", gettext_lazy("as soon as it is started")
    AT = "at", gettext_lazy("at a time")
    LOCAL = "local", gettext_lazy("at a time by each person's clock")
    SERIES = "series", gettext_lazy("again and again")


def series_of(campaign: Campaign) -> Series | None:
    """The series whose pattern it is."""
    return Series.objects.filter(pattern=campaign).first()


def when_of(campaign: Campaign) -> When:
    """What a draft says."""
    if series_of(campaign):
        return When.SERIES
    if local_time.is_local(campaign):
        return When.LOCAL
    return When.AT if campaign.start_at else When.NOW


def set_when(
    campaign: Campaign,
    *,
    when: str,
    start_at: datetime | None = None,
    local_date: date | None = None,
    local_time: time | None = None,
) -> Campaign:
    """Keep when a draft goes out; for a series call `series.save_series`. Refused(field="when", "start_at" or
    "local_date")."""
    is_at, is_local = when == When.AT, when == When.LOCAL
    if when not in (When.NOW, When.AT, When.LOCAL):
        raise Refused(_("Say when it goes out."), field="when")
    if is_at and (start_at is None or start_at <= timezone.now()):
        raise Refused(_("Choose a moment in the future."), field="start_at")
    if is_local and (local_date is None or local_time is None):
        raise Refused(_("Choose a day and a time."), field="local_date")
    if is_local and campaign.is_gateway_run:
        raise Refused(
            _("A gateway that sends by itself knows no one's clock. Let Carillon send, or choose one time."),
            field="when",
        )
    with transaction.atomic():
        current = _draft(campaign)
        _end_series(current)
        current.start_at = start_at if is_at else None
        current.local_date, current.local_time = (local_date, local_time) if is_local else (None, None)
        current.save(update_fields=["start_at", "local_date", "local_time"])
    return current


def set_canary(
    campaign: Campaign, *, size: int | None = None, minutes: int = 60, most_failed: int = 10, most_opt_outs: int = 3,
    asks: bool = False,
) -> Campaign:  # fmt: skip
    """Keep how many people get it first; None or 0: everybody at once. minutes: for how long it waits after the last of
    them. most_failed, most_opt_outs: percent. Refused(field=…)."""
    if size and campaign.is_gateway_run:
        raise Refused(_("A gateway that sends by itself sends to all at once. Let Carillon send."), field="size")
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refused(_("Between 1 minute and 7 days, please."), field="minutes")
    for field, percent in (("most_failed", most_failed), ("most_opt_outs", most_opt_outs)):
        if not 0 <= percent <= 100:
            raise Refused(_("Between 0 and 100 percent."), field=field)
    with transaction.atomic():
        current = _draft(campaign)
        current.canary_size, current.canary_minutes, current.canary_asks = size or None, minutes, asks
        current.canary_most_failed, current.canary_most_opt_outs = most_failed, most_opt_outs
        current.save(
            update_fields=[
                "canary_size", "canary_minutes", "canary_asks", "canary_most_failed", "canary_most_opt_outs",
            ]
        )  # fmt: skip
    return current


def go(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """Do what the draft says: start it, schedule it, or set its series going. By each person's clock it is scheduled for
    the earliest moment of all; where that has passed it starts, and everybody waits for their own."""
    found = series_of(campaign)
    if found:
        series.go_on(found, user=user)
        return campaign
    if local_time.is_local(campaign):
        moments = local_time.moments(campaign)
        if moments and moments[0].at > timezone.now():
            return lifecycle.schedule(campaign, at=moments[0].at, user=user)
        return lifecycle.start(campaign, user=user)
    if campaign.start_at:
        return lifecycle.schedule(campaign, at=campaign.start_at, user=user)
    return lifecycle.start(campaign, user=user)


def moments(campaign: Campaign) -> list[local_time.Moment]:
    """When it is whose turn, counted not too often: the whole audience is looked at."""
    key = f"campaign-moments:{campaign.pk}:{campaign.local_date}:{campaign.local_time}"
    try:
        return breakdown.kept(key, lambda: local_time.moments(campaign))
    except Refused:
        return []  # a segment cannot be used: the step with the audience says so


def _draft(campaign: Campaign) -> Campaign:
    current = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if current.state != S.DRAFT:
        raise Refused(_("Only a draft can be changed. Cancel this campaign and make a new one."))
    return current


def _end_series(campaign: Campaign) -> None:
    """One that never started anything is forgotten; another one is a matter of its own page."""
    found = series_of(campaign)
    if found and found.occurrences.exists():
        raise Refused(_("This series has sent already. Pause or delete it on its page."), field="when")
    if found:
        found.delete()
