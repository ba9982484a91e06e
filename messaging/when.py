"""When next? Pure answers about opening hours: no database, no clock.

A moment is allowed when the clock on the wall shows, at that moment, a time within a window. So a window keeps its wall
clock over DST changes: hours the clocks skip are not there, hours they repeat are open both times or not at all.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
AT_LEAST = timedelta(days=8)  # what never closes is told to close this far ahead
HORIZON = timedelta(days=35)  # how far a moment that suits several zones is looked for


class AllClosed(ValueError):
    """No window ever opens."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` (not included) on these weekdays (Monday is 0). An `end` that is not after `start` lies on the
    next day: 22:00–06:00 belongs to the day on which it begins, also where the next day is closed, and 00:00–00:00 is
    the whole day."""

    weekdays: frozenset[int]
    start: time
    end: time

    def opening(self, day: date) -> datetime:
        """When it begins on this day, by the wall clock."""
        return datetime.combine(day, self.start)  # what the wall clock shows has no zone

    def closing(self, day: date) -> datetime:
        """When the one that begins on this day ends, by the wall clock."""
        last = day if self.end > self.start else day + DAY
        return datetime.combine(last, self.end)  # as above


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows without those that would begin on a holiday. Raises AllClosed when no window ever opens."""

    windows: Sequence[Window]
    holidays: Collection[date] = frozenset()

    def __post_init__(self) -> None:
        if not any(window.weekdays for window in self.windows):
            raise AllClosed("No window ever opens: give one at least one weekday.")

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """What begins on this day: (from, until) by the wall clock."""
        if day in self.holidays:
            return []
        return [(w.opening(day), w.closing(day)) for w in self.windows if day.weekday() in w.weekdays]

    def next_open(self, wall: datetime) -> datetime:
        """The first reading of the wall clock from `wall` on that is within a window."""
        if self._end_of(wall) is not None:
            return wall
        for days in range(7 * (len(self.holidays) + 1) + 1):  # a holiday can hide at most a week's only opening
            starts = [start for start, _end in self.spans(wall.date() + days * DAY) if start > wall]
            if starts:
                return min(starts)
        raise AllClosed("No window ever opens.")

    def next_closed(self, wall: datetime) -> datetime:
        """The first reading from `wall` on that is in no window; some time after AT_LEAST where there is none by then."""
        reached = wall
        while reached - wall < AT_LEAST and (end := self._end_of(reached)) is not None:
            reached = end
        return reached

    def _end_of(self, wall: datetime) -> datetime | None:
        """The latest end of the windows that are open at `wall`."""
        today = wall.date()
        spans = [*self.spans(today - DAY), *self.spans(today)]
        return max((end for start, end in spans if start <= wall < end), default=None)


def next_allowed(
    instant: datetime, *, zone: ZoneInfo, windows: Sequence[Window], holidays: Collection[date] = frozenset()
) -> datetime:
    """The first moment from `instant` on (both with a zone) that is allowed; `instant` itself when it is.

    Raises AllClosed when no window ever opens.
    """
    return opens_at(instant, Hours(windows, holidays), zone)


def opens_at(instant: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """The first allowed moment from `instant` on."""
    return _seek(instant, zone, hours.next_open)


def closes_at(instant: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """The first moment from `instant` on that is not allowed; one after AT_LEAST for what is open so long."""
    return _seek(instant, zone, hours.next_closed)


def opens_everywhere(instant: datetime, hours: Hours, zones: Iterable[ZoneInfo]) -> datetime | None:
    """The first moment from `instant` on that is allowed in all of these zones; None when none comes within HORIZON."""
    zones, moment = list(zones), instant
    while moment <= instant + HORIZON:
        latest = max(opens_at(moment, hours, zone) for zone in zones)
        if latest == moment:
            return moment
        moment = latest
    return None


def open_spans(start: datetime, end: datetime, hours: Hours, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The stretches between two moments that are allowed, in order."""
    moment = start
    while moment < end and (opening := opens_at(moment, hours, zone)) < end:
        moment = min(end, closes_at(opening, hours, zone))
        yield opening, moment


def _seek(instant: datetime, zone: ZoneInfo, seek: Callable[[datetime], datetime]) -> datetime:
    """Follow `seek` along the wall clock of a zone, one stretch without a change of the clocks after the other."""
    moment = instant
    while True:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        found = moment.astimezone(UTC) + (seek(wall) - wall)
        change = _next_change(moment, found, zone)
        if change is None:
            return instant if found == instant else found
        moment = change


def _next_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after `start` and not after `end` at which the zone's clocks are changed."""
    low, offset = start.astimezone(UTC), start.astimezone(zone).utcoffset()
    while low < end:
        high = min(low + DAY, end.astimezone(UTC))
        if high.astimezone(zone).utcoffset() != offset:
            return _bisect(low, high, zone)
        low = high
    return None


def _bisect(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The whole second in (low, high] at which the offset is no longer that of `low`."""
    offset = low.astimezone(zone).utcoffset()
    low = low.replace(microsecond=0)
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return (low + SECOND).replace(microsecond=0)
