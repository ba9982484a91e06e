"""When does it fire next? Pure arithmetic about calendars and wall clocks: no database, no clock of its own."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Repeat(StrEnum):
    """How often it fires. `field`: by a date of each person, see `messaging.automation.dates`."""

    ONCE = "once"
    DAILY = "daily"
    EVERY = "every"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    FIELD = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Fires at `at` by the wall clock of `zone`, from the day `start` to the day `end` (both included).

    every: days between two fires of Repeat.EVERY. weekdays: of Repeat.WEEKLY, Monday is 0; none means that of `start`.
    Monthly and yearly keep the day of `start`; in a month that is too short, its last day.
    """

    repeat: str
    start: date
    at: time
    zone: ZoneInfo
    end: date | None = None
    every: int = 1
    weekdays: frozenset[int] = frozenset()


def next_fire(plan: Plan, after: datetime) -> datetime | None:
    """The first moment after `after` (with a zone) at which the plan fires, in UTC; None when there is none left."""
    return next(fires(plan, after), None)


def fires(plan: Plan, after: datetime) -> Iterator[datetime]:
    """All moments after `after`, in order."""
    latest = after
    for day in _days(plan, after.astimezone(plan.zone).date() - DAY):
        moment = moment_of(day, plan.at, plan.zone)
        if moment > latest:
            latest = moment
            yield moment


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the wall clock shows this, in UTC. What the clocks skip comes as much later as they skip; of what they repeat,
    the first."""
    return datetime.combine(day, at.replace(tzinfo=None, fold=0), zone).astimezone(UTC)


def in_month(year: int, month: int, day: int) -> date:
    """That day, or the last one of a month that is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def _days(plan: Plan, first: date) -> Iterator[date]:
    """The days on which it fires from `first` on, in order."""
    for day in _calendar(plan, max(first, plan.start)):
        if plan.end and day > plan.end:
            return
        yield day


def _calendar(plan: Plan, first: date) -> Iterator[date]:
    start = plan.start
    match plan.repeat:
        case Repeat.ONCE:
            yield from [start] if start >= first else []
        case Repeat.WEEKLY:
            wanted = plan.weekdays or {start.weekday()}
            yield from (day for day in _every(first, 1) if day.weekday() in wanted)
        case Repeat.MONTHLY:
            yield from (day for day in _months(first.year, first.month, start.day, 1) if day >= first)
        case Repeat.YEARLY:
            yield from (day for day in _months(first.year, start.month, start.day, 12) if day >= first)
        case _:
            step = plan.every if plan.repeat == Repeat.EVERY else 1
            yield from _every(start + -(-(first - start).days // step) * step * DAY, step)


def _every(first: date, step: int) -> Iterator[date]:
    return (first + number * step * DAY for number in count())


def _months(year: int, month: int, day: int, step: int) -> Iterator[date]:
    for number in count(year * 12 + month - 1, step):
        yield in_month(number // 12, number % 12 + 1, day)
