"""Campaigns by each person's clock: where the selected are, when it is whose time, and its freezing. Set-based: what is
looked at one by one are zones and the beginnings of numbers, never people."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, CharField, Count, Max, Min, Q, QuerySet, When
from django.db.models.functions import Substr
from django.utils import timezone

from campaigns import audience, local_clock
from campaigns.models import Campaign, Recipient
from contacts.models import Contact
from contacts.zones import zone_named, zones_of_phone

R = Recipient.State
Zones = tuple[ZoneInfo, ...]
_AT_ONCE = 5000  # beginnings of numbers in one statement
# Four digits tell the country of a number, but for islands that share a calling code and not the time.
_BEGINNING = Case(
    When(Q(phone__startswith="+262") | Q(phone__startswith="+618"), then=Substr("phone", 1, 8)),
    default=Substr("phone", 1, 5),
    output_field=CharField(),
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One of the moments at which it is somebody's time. place: where that is, or the largest of several places;
    is_moved: the time of these people has passed already, so it is a later day's."""

    at: datetime
    people: int
    place: str
    zone: ZoneInfo
    is_moved: bool


def is_local(campaign: Campaign) -> bool:
    """Whether everybody gets it at a time by their own clock."""
    return campaign.local_date is not None and campaign.local_time is not None


def patience() -> timedelta:
    """For how long after somebody's moment they may still be written to at once, when it starts late."""
    return timedelta(minutes=settings.LATE_START_MINUTES)


def moments(campaign: Campaign, *, started: datetime | None = None) -> list[Moment]:
    """When it will be whose turn if it started then (or now), the first first: two passes over the selected."""
    if campaign.local_date is None or campaign.local_time is None:
        return []
    started = started or timezone.now()
    day, at, found = campaign.local_date, campaign.local_time, dict[datetime, Counter[ZoneInfo]]()
    for zones, people in places(audience.with_exclusion(campaign).filter(audience.WILL_GET_IT)).items():
        due = local_clock.due_from(day, at, zones, started=started, patience=patience())
        found.setdefault(due, Counter())[local_clock.last_zone(day, at, zones)] += people
    last_ones = {due: counted.most_common(1)[0][0] for due, counted in found.items()}
    return [
        Moment(
            at=due,
            people=found[due].total(),
            place=local_clock.place_name(last_ones[due]),
            zone=last_ones[due],
            is_moved=due.astimezone(last_ones[due]).date() > day,
        )
        for due in sorted(found)
    ]


def places(people: QuerySet[Contact]) -> dict[Zones, int]:
    """Where people may be: zones → how many. A contact's own zone wins; else those of the number's country."""
    found: Counter[Zones] = Counter()
    everybody: QuerySet[Any] = people.order_by()
    unknown = [""]
    for name, count in everybody.exclude(time_zone="").values_list("time_zone").annotate(n=Count("pk")):
        if zone := zone_named(name):
            found[zone,] += count
        else:
            unknown.append(name)
    rest = everybody.filter(time_zone__in=unknown).annotate(beginning=_BEGINNING).values_list("beginning")
    for _beginning, low, high, count in rest.annotate(low=Min("phone"), high=Max("phone"), n=Count("pk")):
        found[_zones_between(low, high)] += count
    return dict(found)


def set_due(campaign: Campaign, *, newer_than: int, started: datetime) -> None:
    """Write down when each of the newly frozen people (recipients with a greater id) is due. Call in the transaction that
    froze them. started: when the campaign was set going."""
    if campaign.local_date is None or campaign.local_time is None:
        return
    day, at = campaign.local_date, campaign.local_time

    def due_of(zones: Zones) -> datetime:
        return local_clock.due_from(day, at, zones, started=started, patience=patience())

    fresh = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED, pk__gt=newer_than).order_by()
    by_zone: dict[datetime, list[str]] = {}
    for name in fresh.exclude(contact__time_zone="").values_list("contact__time_zone", flat=True).distinct():
        if zone := zone_named(name or ""):
            by_zone.setdefault(due_of((zone,)), []).append(name)
    for due, names in by_zone.items():
        fresh.filter(contact__time_zone__in=names).update(due_at=due)
    rest = fresh.filter(due_at=None).annotate(beginning=_BEGINNING)
    by_beginning: dict[datetime, list[str]] = {}
    for beginning, low, high in rest.values_list("beginning").annotate(low=Min("phone"), high=Max("phone")):
        by_beginning.setdefault(due_of(_zones_between(low, high)), []).append(beginning)
    for due, beginnings in by_beginning.items():
        for some in _in_parts(beginnings):
            rest.filter(beginning__in=some).update(due_at=due)


def next_one(campaign: Campaign) -> tuple[datetime, ZoneInfo] | None:
    """The earliest moment at which somebody who has no message yet is due, and where that is: one row on an index."""
    waiting = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED, due_at__isnull=False)
    person = waiting.select_related("contact").order_by("due_at", "id").first()
    if person is None or person.due_at is None:
        return None
    return person.due_at, _zone_of(campaign, person)


def last_due(campaign: Campaign) -> datetime | None:
    """When the last of those who have no message yet is due; None where everybody gets it at once."""
    if not is_local(campaign):
        return None
    waiting = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED, due_at__isnull=False)
    return waiting.order_by("-due_at", "-id").values_list("due_at", flat=True).first()


def _zone_of(campaign: Campaign, person: Recipient) -> ZoneInfo:
    own = zone_named(person.contact.time_zone) if person.contact else None
    zones = (own,) if own else _zones_between(person.phone, person.phone)
    if campaign.local_date is None or campaign.local_time is None:
        return zones[0]
    return local_clock.last_zone(campaign.local_date, campaign.local_time, zones)


def _zones_between(low: str, high: str) -> Zones:
    """Of numbers that begin alike: those of the first and the last one, should one of them be no number; where no country
    is known, the installation's."""
    zones = dict.fromkeys((*zones_of_phone(low), *zones_of_phone(high)))
    return tuple(zones) or (ZoneInfo(settings.TIME_ZONE),)


def _in_parts(rows: list[str]) -> Iterable[list[str]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
