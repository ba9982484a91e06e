"""A campaign's numbers by reason and by line. These have to be counted, so they are kept for a while."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Count

from campaigns import counting
from campaigns.lines import ListedLine, listed
from campaigns.models import Campaign, Recipient
from messaging.models import Line, Message
from messaging.reasons import sentence

R = Recipient.State
S = Message.Status
WITH_REASON = (R.FAILED, R.EXCLUDED, R.CANCELLED, R.EXPIRED, R.UNKNOWN)
SHORTEST = 5.0  # seconds a counted number is kept at least
PATIENCE = 50  # … and as many times as long as the counting took: it never keeps the database busy

Counted = TypeVar("Counted")


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """So many people in this state for this reason."""

    state: str
    reason: str
    sentence: str
    count: int


@dataclass(frozen=True, kw_only=True)
class LineCount:
    """What one line had to do: handed_over went to the gateway, failed among them or refused before."""

    listed: ListedLine
    waiting: int
    handed_over: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """is_coming: the lines are being counted in the background, and these numbers are of `at`, or none yet."""

    reasons: list[ReasonCount]
    lines: list[LineCount]
    is_coming: bool = False
    at: datetime | None = None


def breakdown(campaign: Campaign) -> Breakdown:
    """Reasons, most frequent first, and the lines with their numbers."""
    per_line = counting.counted(campaign, "messages")
    rows = per_line.numbers["rows"] if per_line.numbers else []
    return Breakdown(
        reasons=reasons(campaign), lines=_line_counts(campaign, rows), is_coming=per_line.is_coming, at=per_line.at
    )


def reasons(campaign: Campaign) -> list[ReasonCount]:
    """Why some did not get it, the most frequent first."""
    counted = kept(f"campaign-reasons:{campaign.pk}", lambda: _count_reasons(campaign))
    return [
        ReasonCount(state=state, reason=reason, sentence=sentence(reason), count=count)
        for state, reason, count in counted
    ]


def _count_reasons(campaign: Campaign) -> list[tuple[str, str, int]]:
    """(state, reason, people) of those states that have reasons, on the index (campaign, state)."""
    people = Recipient.objects.filter(campaign=campaign, state__in=WITH_REASON).order_by()
    return list(people.values_list("state", "reason").annotate(n=Count("pk")).order_by("-n", "state", "reason"))


def _line_counts(campaign: Campaign, rows: Sequence[tuple[int, str, int]]) -> list[LineCount]:
    used = {line_id for line_id, _status, _count in rows} | set(campaign.lines.values_list("pk", flat=True))
    lines = Line.objects.filter(pk__in=used).select_related("account").order_by("account__name", "id")

    def total(line: Line, *statuses: str) -> int:
        return sum(count for line_id, status, count in rows if line_id == line.pk and status in statuses)

    return [
        LineCount(
            listed=each,
            waiting=total(each.line, S.QUEUED, S.SENDING),
            handed_over=total(each.line, S.ACCEPTED, S.SENT, S.DELIVERED, S.READ),
            failed=total(each.line, S.FAILED, S.UNKNOWN),
        )
        for each in listed(lines)
    ]


def kept(key: str, count: Callable[[], Counted]) -> Counted:
    """A counted thing from the cache, or counted now and kept in proportion to what it cost."""
    found: Counted | None = cache.get(key)
    if found is None:
        began = time.monotonic()
        found = count()
        cache.set(key, found, timeout=max(SHORTEST, PATIENCE * (time.monotonic() - began)))
    return found
