"""What limits a line besides its pace: opening hours, a warm-up by age, and how many new people it writes to a day.

As stored and as the API takes it:
windows: [{"days": ["mon", "tue"], "start": "09:00", "end": "18:00"}]; none is always open. An end that is not after its
start lies on the next day. holidays: ["2026-12-25"], days on which no window begins.
warm_up: [{"from_day": 0, "per_day": 20}, {"from_day": 15, "per_day": null}]: from that day of the line's age on, at most
so many messages in 24 hours; null is no limit. There is no official ladder: whoever publishes one guessed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from contacts.zones import zone_named
from messaging.models import Line, Message
from messaging.when import Hours, Window

NAMES = (
    "time_zone", "window_basis", "windows", "holidays", "warm_up", "warm_up_from", "first_contacts_per_day",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = Window(frozenset(range(7)), time(0), time(0))
_MOST = {"windows": 50, "holidays": 400, "warm_up": 50}
HELD_BACK = ("window", "first_contacts")  # reasons for which messages wait while their line goes on


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a warm-up. per_day: None is no limit."""

    from_day: int
    per_day: int | None


def zone_of(line: Line) -> ZoneInfo:
    """The zone of a line's clock: its own, or else the installation's."""
    return zone_named(line.time_zone) or ZoneInfo(settings.TIME_ZONE)


def hours_of(line: Line) -> Hours | None:
    """When a line may send; None when that is always."""
    return hours_from(line.windows, line.holidays)


def hours_from(windows: Sequence[Mapping[str, Any]], holidays: Sequence[str] = ()) -> Hours | None:
    """Hours as they are stored; None when that is always."""
    if not windows and not holidays:
        return None
    return _hours(tuple((tuple(w["days"]), w["start"], w["end"]) for w in windows), tuple(holidays))


def rungs_of(line: Line) -> list[Rung]:
    """A line's warm-up, first step first; empty when it has none."""
    return [Rung(rung["from_day"], rung["per_day"]) for rung in line.warm_up]


def warm_up_limit(line: Line, *, now: datetime) -> int | None:
    """How many messages in 24 hours a line's age allows; None: as many as its caps do."""
    rungs = rungs_of(line)
    age = age_of(line, now=now) if rungs else 0
    return next((rung.per_day for rung in reversed(rungs) if rung.from_day <= age), None)


def next_rung_at(line: Line, *, now: datetime) -> datetime | None:
    """When the next step of a warm-up begins: at midnight by the line's clock; None after the last one."""
    age = age_of(line, now=now)
    later = [rung.from_day for rung in rungs_of(line) if rung.from_day > age]
    if not later:
        return None
    day = _began(line) + timedelta(days=later[0])
    return datetime.combine(day, time(0), zone_of(line))


def age_of(line: Line, *, now: datetime) -> int:
    """Days since a line began to warm up, by its clock; never negative."""
    return max(0, (now.astimezone(zone_of(line)).date() - _began(line)).days)


def set_limits(
    line: Line,
    *,
    time_zone: str = "",
    window_basis: str = Line.Basis.LINE,
    windows: Sequence[Mapping[str, Any]] = (),
    holidays: Sequence[str | date] = (),
    warm_up: Sequence[Mapping[str, Any]] = (),
    warm_up_from: date | None = None,
    first_contacts_per_day: int | None = None,
) -> Line:
    """Change what limits a line; in force from the next message on. Shapes as above. Raises Refused(field=…)."""
    if time_zone and zone_named(time_zone) is None:
        raise Refused(_("There is no time zone “%(name)s”.") % {"name": time_zone[:40]}, field="time_zone")
    if window_basis not in Line.Basis.values:
        raise Refused(_("Hours go by the line's clock or by the person's."), field="window_basis")
    if first_contacts_per_day is not None and first_contacts_per_day < 1:
        raise Refused(_("A limit is at least 1; leave it empty for none."), field="first_contacts_per_day")
    line.time_zone, line.window_basis = time_zone, window_basis
    line.windows, line.holidays = clean_windows(windows), clean_holidays(holidays)
    line.warm_up, line.first_contacts_per_day = clean_warm_up(warm_up), first_contacts_per_day
    line.warm_up_from = warm_up_from or (timezone.localdate(timezone=zone_of(line)) if line.warm_up else None)
    line.save(update_fields=NAMES)
    _look_again(line)
    return line


def clean_windows(windows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Windows as they are stored. Refused when one cannot be read, or when none ever opens."""
    _refuse_too_many(windows, "windows")
    cleaned = []
    for window in windows:
        named = {str(word).strip().lower()[:3] for word in window.get("days", DAYS)}
        start, end = _time(window.get("start")), _time(window.get("end"))
        if not named or not named.issubset(DAYS):
            raise Refused(_("Give each stretch of hours at least one weekday, like mon or tue."), field="windows")
        if start is None or end is None:
            raise Refused(_("Write hours like 09:00."), field="windows")
        cleaned.append(
            {"days": [day for day in DAYS if day in named], "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
        )
    return cleaned


def clean_holidays(holidays: Sequence[str | date]) -> list[str]:
    """Days as they are stored, in order, each once."""
    _refuse_too_many(holidays, "holidays")
    try:
        days = {day if isinstance(day, date) else date.fromisoformat(str(day).strip()) for day in holidays}
    except ValueError:
        raise Refused(_("Write days like 2026-12-25."), field="holidays") from None
    return [day.isoformat() for day in sorted(days)]


def clean_warm_up(rungs: Sequence[Mapping[str, Any]]) -> list[dict[str, int | None]]:
    """A ladder as it is stored, first step first."""
    _refuse_too_many(rungs, "warm_up")
    found = {rung.get("from_day"): rung.get("per_day") for rung in rungs}
    for from_day, per_day in found.items():
        is_day = isinstance(from_day, int) and from_day >= 0
        if not is_day or not (per_day is None or (isinstance(per_day, int) and per_day >= 1)):
            raise Refused(_("Each step names a day from 0 on, and at least 1 message a day."), field="warm_up")
    if found and 0 not in found:
        raise Refused(_("The first step is for day 0."), field="warm_up")
    if len(found) < len(rungs):
        raise Refused(_("Name each day once."), field="warm_up")
    return [{"from_day": day, "per_day": found[day]} for day in sorted(found, key=lambda day: day or 0)]


def _refuse_too_many(given: Sequence[object], field: str) -> None:
    if len(given) > _MOST[field]:
        raise Refused(_("At most %(most)s of these, please.") % {"most": _MOST[field]}, field=field)


def _time(text: object) -> time | None:
    try:
        found = text if isinstance(text, time) else time.fromisoformat(str(text).strip().replace("24:00", "00:00"))
    except ValueError:
        return None
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _look_again(line: Line) -> None:
    """Forget until when the line and its messages were to wait: the next claim finds out anew."""
    now = timezone.now()
    Line.objects.filter(pk=line.pk, waits_for__in=["window", "warm_up"]).update(next_free_at=now, waits_for="")
    held = Message.objects.filter(line=line, status__is=Message.Status.QUEUED, reason__in=HELD_BACK)
    held.update(next_attempt_at=now, reason="")
    line.refresh_from_db(fields=["next_free_at", "waits_for"])


def _began(line: Line) -> date:
    return line.warm_up_from or line.created_at.astimezone(zone_of(line)).date()


@lru_cache(maxsize=256)
def _hours(windows: tuple[tuple[tuple[str, ...], str, str], ...], holidays: tuple[str, ...]) -> Hours:
    read = [
        Window(frozenset(DAYS.index(day) for day in days), time.fromisoformat(start), time.fromisoformat(end))
        for days, start, end in windows
    ]
    return Hours(tuple(read or [_ALWAYS]), frozenset(date.fromisoformat(day) for day in holidays))
