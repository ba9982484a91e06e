"""When it is somebody's turn by their own clock. Pure arithmetic: no database, no clock of its own."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from messaging.automation.recurring import DAY, moment_of


def due_at(day: date, at: time, zones: Sequence[ZoneInfo]) -> datetime:
    """When it is `at` on this day in all the zones a person may be in: in the last one to get there, so that nobody is
    written to before their time. zones: at least one. In UTC; what the clocks skip comes as much later."""
    return max(moment_of(day, at, zone) for zone in zones)


def due_from(day: date, at: time, zones: Sequence[ZoneInfo], *, started: datetime, patience: timedelta) -> datetime:
    """As `due_at`; but whose moment had passed by more than `patience` when it started gets it at that time on the first
    day on which it has not: never in the middle of the night. No patience: their moment is kept, so they are due at once."""
    due = due_at(day, at, zones)
    if not patience or due >= started - patience:
        return due
    day = max(day, started.astimezone(UTC).date() - 2 * DAY)
    while (due := due_at(day, at, zones)) < started - patience:
        day += DAY
    return due


def last_zone(day: date, at: time, zones: Sequence[ZoneInfo]) -> ZoneInfo:
    """The one of the zones whose clock shows it last."""
    return max(zones, key=lambda zone: moment_of(day, at, zone))


def place_name(zone: ZoneInfo) -> str:
    """A zone as people call it: the city."""
    return zone.key.rpartition("/")[2].replace("_", " ")
