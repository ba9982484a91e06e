"""Messages that wait while their line goes on: the person's hours are over, or enough new people were written to today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contacts.zones import zone_named, zones_of_phone
from messaging import limits, pace
from messaging.models import Line, Message
from messaging.outbox.due import Due
from messaging.providers.errors import Reason
from messaging.when import Hours, opens_at, opens_everywhere

LOOK = 200  # messages looked at in one claim where some may have to wait


@dataclass(frozen=True, slots=True)
class Hold:
    """One message that waits, why, and until when."""

    message: Due
    reason: Reason
    until: datetime


def may_hold(line: Line) -> bool:
    """Whether messages of this line may have to wait while others go."""
    by_person = line.window_basis == Line.Basis.PERSON and bool(line.windows or line.holidays)
    return by_person or line.first_contacts_per_day is not None


def with_facts(line: Line, due: QuerySet[Message]) -> QuerySet[Message]:
    """Due messages with what `sort_out` asks about each."""
    known = Message.objects.filter(account_id=line.account_id, phone_key=OuterRef("phone_key"))
    known = known.filter(Q(direction=Message.Direction.IN) | Q(counted_at__isnull=False))
    return due.annotate(zone_name=F("contact__time_zone"), is_known=Exists(known))


def sort_out(line: Line, messages: Sequence[Due], *, now: datetime) -> tuple[list[Due], list[Hold]]:
    """Due messages that may go now, and those that wait. Marks each as the first to its phone or not.

    messages: of `with_facts`, in the order in which they would leave.
    """
    going, held = _by_hours(line, messages, now)
    if line.first_contacts_per_day is None:
        return going, held
    going, more = _by_first_contacts(line, going, line.first_contacts_per_day, now)
    return going, held + more


def hold(holds: Sequence[Hold]) -> None:
    """Let messages wait; they stay queued, and show why."""
    moment = connection.ops.adapt_datetimefield_value
    rows = [(moment(each.until), str(each.reason), each.message.pk) for each in holds]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE messaging_message SET next_attempt_at = %s, reason = %s WHERE id = %s AND status = 'queued'", rows
        )


def _by_hours(line: Line, messages: Sequence[Due], now: datetime) -> tuple[list[Due], list[Hold]]:
    hours = limits.hours_of(line)
    if hours is None or line.window_basis != Line.Basis.PERSON:
        return list(messages), []
    own, openings = limits.zone_of(line), dict[tuple[ZoneInfo, ...], datetime]()
    going, held = list[Due](), list[Hold]()
    for message in messages:
        zones = _zones(message)
        if zones not in openings:
            openings[zones] = _opening(now, hours, zones, own)
        if message.priority == Message.Priority.URGENT or openings[zones] <= now:
            going.append(message)
        else:
            held.append(Hold(message, Reason.WINDOW, openings[zones]))
    return going, held


def _zones(message: Due) -> tuple[ZoneInfo, ...]:
    """Where the person may be: the zone the contact has, else every zone of the number's country."""
    zone = zone_named(message.zone_name or "")
    return (zone,) if zone else zones_of_phone(message.phone)


def _opening(now: datetime, hours: Hours, zones: tuple[ZoneInfo, ...], own: ZoneInfo) -> datetime:
    """Allowed in all of a person's possible zones; by the line's clock where nothing is known, or where no moment suits
    all of them (a country as wide as Russia)."""
    everywhere = opens_everywhere(now, hours, zones) if zones else None
    return everywhere or opens_at(now, hours, own)


def _by_first_contacts(line: Line, messages: Sequence[Due], cap: int, now: datetime) -> tuple[list[Due], list[Hold]]:
    """The first `cap` new people in 24 hours go; the next ones wait for the places that those of today leave."""
    used = Message.objects.filter(line=line, counted_at__gt=now - pace.DAY, is_first_contact=True)
    frees = [
        at + pace.DAY + timedelta(milliseconds=1)
        for at in used.order_by("counted_at").values_list("counted_at", flat=True)
        if at
    ]
    left, places = cap - len(frees), iter(frees[max(0, len(frees) - cap) :])
    going, held, greeted = list[Due](), list[Hold](), set[str]()
    for message in messages:
        is_new = not message.is_known and message.phone_key not in greeted
        message.is_first_contact = is_new
        if is_new and left <= 0 and message.priority != Message.Priority.URGENT:
            until = next(places, None) or (held[-1].until if held else now + pace.DAY)
            held.append(Hold(message, Reason.FIRST_CONTACTS, until))
            continue
        if is_new:
            left -= 1
            greeted.add(message.phone_key)
        going.append(message)
    return going, held
