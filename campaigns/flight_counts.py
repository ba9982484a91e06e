"""What has to be counted before a campaign starts: small audiences on the spot, big ones by a task, kept with the time at which
it was done, and counted anew when the campaign is another one."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Substr
from django.utils import timezone
from django_q.tasks import async_task

from campaigns import audience, fingerprint, flight_samples
from campaigns.audience import WILL_GET_IT, Waterfall
from campaigns.flight_samples import Sampled
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Contact
from contacts.phone import country
from contacts.refusal import Refused
from messaging.models import Message

ON_THE_SPOT = 20_000  # people in the chosen groups and segments; more are counted by a task
QUICK = 0.3  # seconds; what takes longer is kept
KEPT = 1800.0  # seconds
ASKED = 60  # seconds until a count that brought nothing is asked for again
_PREFIX = 5  # "+" and four digits tell the country of a number, but for a few islands
_BOUND_TO = (fingerprint.AUDIENCE, fingerprint.TEXT, fingerprint.CAPS, fingerprint.LINES, fingerprint.MODE)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """countries: code ("" where unknown) → people. missing: merge field without a fallback → people who lack it.
    newcomers: people whom no account of the campaign's lines ever exchanged a message with; None: no line asks for it."""

    waterfall: Waterfall
    unselected: int
    countries: Mapping[str, int]
    missing: Mapping[str, int]
    newcomers: int | None
    sampled: Sampled
    at: datetime

    @property
    def people(self) -> int:
        return self.waterfall.will_get_it

    @property
    def in_groups(self) -> int:
        return self.waterfall.selected + self.unselected


def counted(campaign: Campaign) -> Counted | None:
    """The numbers; None while a task counts a big audience, which this asks for. Raises Refused(field="segments")."""
    key = _key(campaign)
    found: Counted | None = cache.get(key)
    if found is None and _about(campaign) <= ON_THE_SPOT:
        found = _count_and_keep(campaign, key)
    if found is None and cache.add(f"{key}:asked", True, timeout=ASKED):
        _ask(campaign)
    return found


def again(campaign: Campaign) -> None:
    """Forget what is kept: a small audience is counted by the next look, a big one by a task at once."""
    cache.delete(_key(campaign))
    if _about(campaign) > ON_THE_SPOT:
        _ask(campaign)


def count_in_background(campaign_id: int) -> None:
    """Count a big audience, for the page that waits for it."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None or cache.get(_key(campaign)) is not None:
        return
    try:
        _count_and_keep(campaign, _key(campaign), at_least=KEPT)
    except Refused:
        return  # a segment cannot be used: the page says so by itself


def count(campaign: Campaign) -> Counted:
    """Count everything now: a handful of passes over the audience and a bounded number of rows of it."""
    people = who(campaign)
    missing = _missing(campaign, people)
    return Counted(
        waterfall=audience.waterfall(campaign),
        unselected=_unselected(campaign),
        countries=_countries(people),
        missing=missing,
        newcomers=_newcomers(campaign, people),
        sampled=flight_samples.look(campaign, people, missing=list(missing)),
        at=timezone.now(),
    )


def who(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody who would be messaged if it started now."""
    return audience.with_exclusion(campaign).filter(WILL_GET_IT)


def _ask(campaign: Campaign) -> None:
    """Where long work is done: a million people take longer than a task of the other cluster may."""
    async_task(count_in_background, campaign.pk, cluster="long")


def _count_and_keep(campaign: Campaign, key: str, *, at_least: float = 0.0) -> Counted:
    began = time.monotonic()
    found = count(campaign)
    if at_least or time.monotonic() - began > QUICK:
        cache.set(key, found, timeout=KEPT)
    return found


def _key(campaign: Campaign) -> str:
    parts = fingerprint.parts_of(campaign)
    return f"flight:{campaign.pk}:{fingerprint.fingerprint({part: parts[part] for part in _BOUND_TO})[:24]}"


def _about(campaign: Campaign) -> int:
    """At most how many people are chosen, from kept sizes. A segment that was never counted may be anything."""
    in_groups = campaign.groups.aggregate(n=Sum("size"))["n"] or 0
    sizes = campaign.segments.values_list("size", flat=True)
    if any(size is None for size in sizes):
        return in_groups + Contact.objects.order_by("pk").values("pk")[: ON_THE_SPOT + 1].count()
    return in_groups + sum(size or 0 for size in sizes)


def _unselected(campaign: Campaign) -> int:
    if not (campaign.excluded_groups.exists() or campaign.excluded_segments.exists()):
        return 0
    return audience.unselected(campaign).count()


def _countries(people: QuerySet[Contact]) -> dict[str, int]:
    """By the beginnings of their numbers; a real number of each says which country it is."""
    found: Counter[str] = Counter()
    everybody: QuerySet[Any] = people.order_by().annotate(beginning=Substr("phone", 1, _PREFIX))
    for _beginning, one, count in everybody.values_list("beginning").annotate(one=Min("phone"), n=Count("pk")):
        found[country(one)] += count
    return dict(found.most_common())


def _missing(campaign: Campaign, people: QuerySet[Contact]) -> dict[str, int]:
    """One pass for all fields; of the campaign's own text, since who reads which other one is told by the samples."""
    if campaign.is_gateway_run:
        return {}
    names = [name for name in rendering.fields_without_fallback(campaign.body) if name.lower() != "phone"]
    if not names:
        return {}
    counts = {f"n{at}": Count("pk", filter=flight_samples.lacks(name)) for at, name in enumerate(names)}
    found = people.order_by().aggregate(**counts)
    return {name: found[f"n{at}"] for at, name in enumerate(names) if found[f"n{at}"]}


def _newcomers(campaign: Campaign, people: QuerySet[Contact]) -> int | None:
    """As the cap on first contacts sees them (`messaging.outbox.holding.with_facts`)."""
    capped = campaign.lines.filter(first_contacts_per_day__isnull=False)
    accounts = sorted(set(capped.values_list("account_id", flat=True)))
    if not accounts:
        return None
    known = Message.objects.filter(account__in=accounts, phone_key=OuterRef("phone_key"))
    known = known.filter(Q(direction=Message.Direction.IN) | Q(counted_at__isnull=False))
    return people.order_by().filter(~Exists(known)).count()
