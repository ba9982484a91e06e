"""Numbers that have to be counted: kept in proportion to what the counting cost, and counted in the background where a
campaign is large, so that no page waits for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from campaigns import cuts, timeline
from campaigns.models import Campaign, ReportCount
from campaigns.reports import counts_of
from messaging import tally

COUNTS: dict[str, Callable[[Campaign], Any]] = {
    "cuts": cuts.count,
    "timeline": timeline.count,
    "messages": cuts.count_messages,
}
AT_ONCE = 10_000  # people up to whom somebody waits for a count
SHORTEST = 5.0  # seconds for which counted numbers hold at least
PATIENCE = 50  # … and as many times as long as the counting took: it never keeps the database busy
LOST = timedelta(minutes=3)  # after which a count that was asked for and never came is asked for again


@dataclass(frozen=True, kw_only=True)
class Counted:
    """numbers: None while nobody has counted yet. is_coming: newer ones are being counted now."""

    numbers: dict[str, Any] | None
    at: datetime | None
    is_coming: bool


def counted(campaign: Campaign, what: str) -> Counted:
    """The kept numbers; counted now where that is quick, else asked for and shown when they are there."""
    row = ReportCount.objects.filter(campaign=campaign, what=what).first()
    if row is not None and _holds(row):
        return Counted(numbers=row.numbers, at=row.counted_at, is_coming=False)
    if counts_of(tally.totals(campaign.tally_scope))["selected"] <= AT_ONCE:
        row = recount(campaign.pk, what)
        return Counted(numbers=row.numbers, at=row.counted_at, is_coming=False)
    _ask(campaign, what)
    known = row if row is not None and row.counted_at else None
    return Counted(numbers=known.numbers if known else None, at=known.counted_at if known else None, is_coming=True)


def fresh(campaign: Campaign, what: str) -> None:
    """Make sure that the kept numbers hold, for who can wait."""
    row = ReportCount.objects.filter(campaign=campaign, what=what).first()
    if row is None or not _holds(row):
        recount(campaign.pk, what)


def recount(campaign_id: int, what: str) -> ReportCount:
    """Count and keep (also a task)."""
    campaign = Campaign.objects.get(pk=campaign_id)
    began = time.monotonic()
    numbers = COUNTS[what](campaign)
    row, _is_new = ReportCount.objects.update_or_create(
        campaign=campaign, what=what,
        defaults={
            "numbers": numbers, "counted_at": timezone.now(), "seconds": time.monotonic() - began, "asked_at": None,
        },
    )  # fmt: skip
    return row


def _holds(row: ReportCount) -> bool:
    if row.counted_at is None:
        return False
    age = (timezone.now() - row.counted_at).total_seconds()
    return age < max(SHORTEST, PATIENCE * row.seconds)


def _ask(campaign: Campaign, what: str) -> None:
    """One count in the background, however many people look."""
    now = timezone.now()
    ReportCount.objects.get_or_create(campaign=campaign, what=what)
    idle = Q(asked_at=None) | Q(asked_at__lt=now - LOST)
    if ReportCount.objects.filter(idle, campaign=campaign, what=what).update(asked_at=now):
        async_task(recount, campaign.pk, what)
