"""When the last message leaves: a pure estimate from what limits each line. More messages never end earlier, and neither
does anything that limits a line more."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from messaging.limits import Rung
from messaging.when import Hours, open_spans

DAY = timedelta(days=1)
MINUTE, HOUR = 60, 3600  # seconds
UTC_ZONE = ZoneInfo("UTC")
CLOSE = 1e-6  # messages: sums of fractions that differ by less are the same
EXACT = 60  # days that are looked at one by one; what takes longer goes on at the average of these

Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class LinePlan:
    """What limits a line. free_at: when it may begin; gap: seconds between two messages, 0 for none; parts: what a
    message counts towards the caps; age: in days, for the rungs of a warm-up; hours None: always open."""

    free_at: datetime
    gap: float = 0.0
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    rungs: Sequence[Rung] = ()
    age: int = 0
    parts: int = 1
    hours: Hours | None = None
    zone: ZoneInfo = UTC_ZONE


def finish_at(count: int, plans: Sequence[LinePlan], *, now: datetime) -> datetime | None:
    """When the last of so many messages leaves, the lines sharing them; None when they never will."""
    done = 0.0
    for day in range(EXACT):
        start = now + day * DAY
        spans = [_spans(plan, start, start + DAY) for plan in plans]
        whole = _sent(plans, spans, day, start + DAY)
        if done + whole >= count - CLOSE:
            return _moment(lambda until: done + _sent(plans, spans, day, until) >= count - CLOSE, start)  # noqa: B023  # used at once
        done += whole
    return now + EXACT * DAY * (count / done) if done else None


def sent_until(plan: LinePlan, until: datetime, *, now: datetime) -> float:
    """How many messages one line can have sent by then; of what lies beyond EXACT days only these are counted."""
    total = 0.0
    for day in range(EXACT):
        start = now + day * DAY
        if start >= until:
            break
        total += _sent([plan], [_spans(plan, start, start + DAY)], day, min(until, start + DAY))
    return total


def opens(plan: LinePlan, *, now: datetime) -> datetime | None:
    """When a line may send its first message; None when its hours do not open within EXACT days."""
    spans = (span for day in range(EXACT) for span in _spans(plan, now + day * DAY, now + (day + 1) * DAY))
    return next((start for start, _end in spans), None)


def _moment(is_done: Callable[[datetime], bool], start: datetime) -> datetime:
    """The first second of the day after `start` at which it is done."""
    low, high = 0, int(DAY.total_seconds())
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_done(start + timedelta(seconds=middle)) else (middle + 1, high)
    return start + timedelta(seconds=low)


def _spans(plan: LinePlan, start: datetime, end: datetime) -> list[Span]:
    """When a line is open and free within a day."""
    start = max(start, plan.free_at)
    if start >= end:
        return []
    return list(open_spans(start, end, plan.hours, plan.zone)) if plan.hours else [(start, end)]


def _sent(plans: Sequence[LinePlan], spans: Sequence[Sequence[Span]], day: int, until: datetime) -> float:
    """What all lines send on a day until a moment."""
    total = 0.0
    for plan, open_then in zip(plans, spans, strict=True):
        seconds = sum(max(0.0, (min(end, until) - start).total_seconds()) for start, end in open_then)
        total += min(_day_cap(plan, day), _within(plan, seconds))
    return total


def _day_cap(plan: LinePlan, day: int) -> float:
    rung = next((rung.per_day for rung in reversed(plan.rungs) if rung.from_day <= plan.age + day), None)
    caps = [cap for cap in (plan.per_day, rung) if cap is not None]
    return max(1.0, min(caps) / plan.parts) if caps else math.inf


def _within(plan: LinePlan, seconds: float) -> float:
    """How many messages leave in so many open seconds, by gap, minute and hour."""
    if seconds <= 0:
        return 0.0

    def by_gap(span: float) -> float:
        return span / plan.gap if plan.gap > 0 else (math.inf if span > 0 else 0.0)

    def by_minute(span: float) -> float:
        return _capped(by_gap, span, size=MINUTE, cap=plan.per_minute, parts=plan.parts)

    return _capped(by_minute, seconds, size=HOUR, cap=plan.per_hour, parts=plan.parts)


def _capped(inner: Callable[[float], float], span: float, *, size: int, cap: int | None, parts: int) -> float:
    if cap is None:
        return inner(span)
    most = max(1.0, cap / parts)
    return span // size * min(most, inner(size)) + min(most, inner(span % size))
