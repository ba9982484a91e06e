"""When a line may send next. Limits belong to the line, live in the database and are exact for any 60 s, 60 min and 24 h."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from messaging.models import Line, Message

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Allowance:
    """How many messages the line may send now; when that is 0, why and until when."""

    count: int
    waits_for: str = ""
    until: datetime | None = None


def allowance(line: Line, *, now: datetime, wanted: int) -> Allowance:
    """What the gap and the caps leave of `wanted`. SMS count in parts, so the last one may go over by its own parts."""
    if line.next_free_at > now:
        return Allowance(0, line.waits_for or "gap", line.next_free_at)
    count = min(wanted, 1) if line.gap_seconds + line.jitter_seconds > 0 else wanted
    for word, cap, window in (
        ("per_minute", line.per_minute, MINUTE),
        ("per_hour", line.per_hour, HOUR),
        ("per_day", line.per_day, DAY),
    ):
        if cap is None:
            continue
        left = cap - _used(line, since=now - window)
        if left <= 0:
            return Allowance(0, word, _frees_at(line, cap=cap, window=window, now=now))
        count = min(count, left)
    return Allowance(count)


def next_gap(line: Line) -> timedelta:
    """The pause after a message: the gap, varied by the jitter, never negative."""
    if not line.gap_seconds and not line.jitter_seconds:
        return timedelta(0)
    varied = line.gap_seconds + random.uniform(-line.jitter_seconds, line.jitter_seconds)  # noqa: S311  # a pause, not a secret
    return timedelta(seconds=max(0.0, varied))


def backoff(failures: int) -> timedelta:
    """How long a line rests after so many calls in a row that did not get through: 1 s, 2 s, 4 s … 5 min."""
    return timedelta(seconds=min(300, 2 ** min(max(failures - 1, 0), 9)))


def _used(line: Line, *, since: datetime) -> int:
    return Message.objects.filter(line=line, attempted_at__gt=since).aggregate(n=Sum("parts"))["n"] or 0


def _frees_at(line: Line, *, cap: int, window: timedelta, now: datetime) -> datetime:
    """When enough of the oldest attempts leave the window for one more part to fit."""
    attempts = (
        Message.objects.filter(line=line, attempted_at__gt=now - window)
        .order_by("-attempted_at")
        .values_list("attempted_at", "parts")
    )
    used = 0
    for attempted_at, parts in attempts[:cap]:
        used += parts
        if used >= cap and attempted_at is not None:
            return attempted_at + window + timedelta(milliseconds=1)
    return now + window
