"""What will happen, before it happens: who gets it, who is left out and why, what they will read, and how long it takes."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet

from campaigns import audience, checks, plans, wording
from campaigns.audience import Waterfall
from campaigns.lines import ListedLine, listed, time_needed
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Channel, Contact
from contacts.refusal import Refused
from messaging.parts import beyond_gsm, count_parts

SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One person's text. lacks: merge fields that leave a hole in it."""

    person: Contact
    text: str
    parts: int
    forcing: list[str]
    lacks: list[str]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """So many people have nothing for a merge field that has no fallback."""

    field: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Review:
    """refused: the first thing that keeps it from starting. duration: None when only the gateways limit it, or when no
    line can send. unselected: people of the groups whom a left-out group takes out."""

    waterfall: Waterfall
    unselected: int
    missing: list[Missing]
    samples: list[Sample]
    lines: list[ListedLine]
    duration: timedelta | None
    refused: Refused | None
    is_sms: bool

    @property
    def in_groups(self) -> int:
        return self.waterfall.selected + self.unselected

    @property
    def most_parts(self) -> int:
        """SMS that the longest of the samples needs."""
        return max((sample.parts for sample in self.samples), default=0)

    @property
    def has_usable_line(self) -> bool:
        return any(each.is_usable for each in self.lines)


def review(campaign: Campaign) -> Review:
    """Look at everything once; a few passes over the audience, whatever its size."""
    waterfall = audience.waterfall(campaign)
    lines = list(campaign.lines.select_related("account").order_by("account__name", "id"))
    missing = missing_fields(campaign)
    return Review(
        waterfall=waterfall,
        unselected=audience.unselected(campaign).count() if campaign.excluded_groups.exists() else 0,
        missing=missing,
        samples=_samples(campaign, missing),
        lines=listed(lines),
        duration=None if campaign.is_gateway_run else time_needed(lines, waterfall.will_get_it),
        refused=_refusal(campaign),
        is_sms=campaign.channel == Channel.SMS,
    )


def will_get_it(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody who would be messaged if it started now."""
    return audience.with_exclusion(campaign).filter(audience.WILL_GET_IT)


def missing_fields(campaign: Campaign) -> list[Missing]:
    """How many of them lack each merge field without a fallback: one query."""
    if campaign.is_gateway_run:
        return []
    bodies = wording.planned(campaign).texts.bodies
    asked = dict.fromkeys(name for body in bodies for name in rendering.fields_without_fallback(body))
    names = [name for name in asked if name.lower() != "phone"]
    if not names:
        return []
    counts = {f"n{at}": Count("pk", filter=_lacks(name)) for at, name in enumerate(names)}
    found = will_get_it(campaign).order_by().aggregate(**counts)
    return [Missing(field=name, count=found[f"n{at}"]) for at, name in enumerate(names) if found[f"n{at}"]]


def _lacks(name: str) -> Q:
    if name.lower() in ("name", "first_name"):
        return Q(name="")
    return ~Q(fields__has_key=name.lower())


def _samples(campaign: Campaign, missing: list[Missing]) -> list[Sample]:
    """The first, the newest, and where there is one, somebody who lacks a field."""
    people = will_get_it(campaign).order_by("pk")
    found = list(people[:SAMPLES])
    if newest := people.last():
        found.insert(1, newest)
    if missing and (lacking := people.filter(_lacks(missing[0].field)).first()):
        found.insert(0, lacking)
    distinct = {person.pk: person for person in found}
    return [_sample(campaign, person) for person in list(distinct.values())[:SAMPLES]]


def _sample(campaign: Campaign, person: Contact) -> Sample:
    text = plans.text_for(campaign, person)
    values = rendering.values_of(name=person.name, phone=person.phone, fields=person.fields)
    body = "" if campaign.is_gateway_run else wording.planned(campaign).body_for(person)
    lacks = [name for name in rendering.fields_without_fallback(body) if not values.get(name.lower(), "")]
    return Sample(person=person, text=text, parts=count_parts(text), forcing=beyond_gsm(text), lacks=lacks)


def _refusal(campaign: Campaign) -> Refused | None:
    try:
        checks.ready_to_start(campaign)
    except Refused as refused:
        return refused
    return None
