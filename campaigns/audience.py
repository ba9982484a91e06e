"""Who is selected, who is left out and why, and the freezing of both into recipients in one pass."""

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.lookups import GreaterThan

from campaigns import capping, choosing, reaching, variants
from campaigns.models import Campaign, Recipient
from contacts import consent
from contacts.models import Contact, Group, Segment
from messaging import tally
from messaging.providers.errors import Reason

SLICE = 20_000  # contacts looked at in one transaction
FORGOTTEN = 2000  # people removed in one transaction
_QUICK = 0.3  # seconds; what takes longer to count is kept
_PATIENCE = 50  # times as long as the counting took
_FREEZE = (
    "INSERT INTO campaigns_recipient (campaign_id, contact_id, phone, phone_key, state, reason, letter, language)"
    " WITH given AS {how} ({compiled_by_the_orm})"
    " SELECT campaign_number, contact_number, phone, phone_key,"
    " CASE WHEN exclusion = '' THEN 'planned' ELSE 'excluded' END, exclusion, drawn, spoken FROM given"
    " ORDER BY contact_number"
    " ON CONFLICT DO NOTHING"  # somebody else prepares it too, or a person was deleted and came back
)
WILL_GET_IT = Q(exclusion="")  # of people that are `marked`


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """From everybody selected to those who will get it. selected: people; folded: how often one of them was chosen once
    more, through a second group or segment."""

    selected: int
    folded: int = 0
    no_number: int = 0
    opted_out: int = 0
    capped: int = 0
    not_on_whatsapp: int = 0

    @property
    def rows(self) -> int:
        """Everybody as often as they were chosen."""
        return self.selected + self.folded

    @property
    def will_get_it(self) -> int:
        return self.selected - self.no_number - self.opted_out - self.capped - self.not_on_whatsapp


def people_in(
    groups: Iterable[Group],
    *,
    segments: Iterable[Segment] = (),
    left_out: Iterable[Group] = (),
    left_out_segments: Iterable[Segment] = (),
) -> QuerySet[Contact]:
    """Everybody in some groups and segments who is in none of those left out: each person once, however many hold them.

    Raises Refused(field="segments") where one of the segments cannot be used.
    """
    people = Contact.objects.filter(choosing.chosen(groups, segments))
    unwanted = choosing.unwanted(left_out, left_out_segments)
    return people if unwanted is None else people.exclude(unwanted)


def marked(people: QuerySet[Contact], *, channel: str, exclusions: Mapping[str, Q] | None = None) -> QuerySet[Contact]:
    """People, each with `exclusion`: why a channel's campaign leaves them out, or "" for those who will get it.

    exclusions: more reasons, asked after those that hold for everybody. Everyone has one reason, the first that fits.
    """
    gone = consent.opted_out(channel).filter(phone_key=OuterRef("phone_key"))
    exclusion = Case(
        When(phone="", then=Value(Reason.NO_NUMBER.value)),
        When(Exists(gone), then=Value(Reason.OPTED_OUT.value)),
        *(When(condition, then=Value(reason)) for reason, condition in (exclusions or {}).items()),
        default=Value(""),
        output_field=CharField(),
    )
    return people.annotate(exclusion=exclusion)


def selected(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody a campaign is meant for. Raises Refused(field="segments") where one of its segments cannot be used."""
    return people_in(
        campaign.groups.all(),
        segments=campaign.segments.all(),
        left_out=campaign.excluded_groups.all(),
        left_out_segments=campaign.excluded_segments.all(),
    )


def unselected(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody chosen by the campaign's groups and segments whom a left-out one takes out again."""
    everybody = people_in(campaign.groups.all(), segments=campaign.segments.all())
    unwanted = choosing.unwanted(campaign.excluded_groups.all(), campaign.excluded_segments.all())
    return everybody.none() if unwanted is None else everybody.filter(unwanted)


def with_exclusion(campaign: Campaign) -> QuerySet[Contact]:
    """The selected, each with `exclusion`: a reason, or "" for those who will get it."""
    return marked(selected(campaign), channel=campaign.channel, exclusions=_own_exclusions(campaign))


def _own_exclusions(campaign: Campaign) -> dict[str, Q]:
    """Reasons to leave somebody out that are not everybody's: its cap, and what its channel is known not to reach."""
    own = {
        Reason.CAPPED.value: capping.had_enough(campaign),
        Reason.NOT_ON_WHATSAPP.value: reaching.leaves_out(campaign),
    }
    return {reason: condition for reason, condition in own.items() if condition is not None}


def left_out(campaign: Campaign, reason: str) -> QuerySet[Contact]:
    """Those of the selected who are left out for a reason."""
    return with_exclusion(campaign).filter(Q(exclusion=reason))


def folded(campaign: Campaign) -> QuerySet[Contact]:
    """Those of the selected who were chosen more than once: they get it once."""
    times = choosing.times_chosen(campaign.groups.all(), campaign.segments.all())
    people = selected(campaign)
    return people.none() if times is None else people.filter(GreaterThan(times, Value(1)))


def waterfall(campaign: Campaign) -> Waterfall:
    """The numbers before the start, in one pass over the selected. Raises Refused(field="segments")."""
    everybody: QuerySet[Any] = with_exclusion(campaign).order_by()
    times = choosing.times_chosen(campaign.groups.all(), campaign.segments.all())
    if times is None:
        rows = [(*row, row[1]) for row in everybody.values_list("exclusion").annotate(n=Count("pk"))]
    else:
        counted = everybody.annotate(times=times).values_list("exclusion")
        rows = list(counted.annotate(n=Count("pk"), rows=Sum("times")))
    people = {reason: count for reason, count, _rows in rows}
    total = sum(people.values())
    return Waterfall(
        selected=total,
        folded=sum(row[2] for row in rows) - total,
        no_number=people.get(Reason.NO_NUMBER.value, 0),
        opted_out=people.get(Reason.OPTED_OUT.value, 0),
        capped=people.get(Reason.CAPPED.value, 0),
        not_on_whatsapp=people.get(Reason.NOT_ON_WHATSAPP.value, 0),
    )


def waterfall_kept(campaign: Campaign) -> Waterfall:
    """The same for pages that show it again and again: a big one is counted anew only once in a while, or when what is
    chosen changed. What decides anything counts for itself."""
    chosen = [
        sorted(getattr(campaign, name).values_list("pk", flat=True))
        for name in ("groups", "segments", "excluded_groups", "excluded_segments", "sms_lines")
    ]
    settings = repr([chosen, campaign.channel, campaign.most_messages, campaign.most_days])
    key = f"waterfall:{campaign.pk}:{hashlib.sha256(settings.encode()).hexdigest()[:20]}"
    found: Waterfall | None = cache.get(key)
    if found is None:
        began = time.monotonic()
        found = waterfall(campaign)
        if (took := time.monotonic() - began) > _QUICK:
            cache.set(key, found, timeout=_PATIENCE * took)
    return found


def freeze(campaign: Campaign, *, after: int) -> int | None:
    """Write a slice of those selected, the contacts whose ids come next after `after`, as recipients, planned or excluded:
    one INSERT … SELECT. Call in a transaction; a slice at a time, so that a million people keep nobody from writing
    meanwhile. Returns where the next slice begins; None when this was the last one."""
    newest = Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    last_recipient = Recipient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    upto = after + SLICE
    exclusions = _own_exclusions(campaign)
    rows = (
        marked(selected(campaign), channel=campaign.channel, exclusions=exclusions)
        .filter(pk__gt=after, pk__lte=upto)
        .annotate(
            campaign_number=Value(campaign.pk, output_field=BigIntegerField()),
            contact_number=F("pk"),
            drawn=variants.letter_drawn(campaign, variants.texts_of(campaign)),
            spoken=variants.language_spoken(),
        )
        .order_by("pk")
        .values_list("campaign_number", "contact_number", "phone", "phone_key", "exclusion", "drawn", "spoken")
    )
    with contextlib.suppress(EmptyResultSet):  # nobody is chosen at all: its groups were deleted
        sql, params = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            # Materialized, where there is much to ask: the databases would ask it twice, for the state and for the reason.
            how = "MATERIALIZED" if exclusions else "NOT MATERIALIZED"
            cursor.execute(_FREEZE.format(how=how, compiled_by_the_orm=sql), params)
    # Asked by id alone: with the campaign in the condition, SQLite would look at all of its recipients each time.
    states = {state: Count("pk", filter=Q(campaign=campaign, state=state)) for state in ("planned", "excluded")}
    written: dict[str, int] = Recipient.objects.filter(pk__gt=last_recipient).aggregate(**states)
    tally.add({(campaign.tally_scope, state): count for state, count in written.items()})
    return upto if upto < newest else None


def frozen_up_to(campaign: Campaign) -> int:
    """Where an interrupted freezing goes on."""
    frozen = Recipient.objects.filter(campaign=campaign, contact__isnull=False)
    return frozen.order_by("-pk").values_list("contact_id", flat=True).first() or 0


def forget_some(campaign: Campaign) -> int:
    """Remove the next of those whom a preparation that was called off has left. Call in a transaction. Returns how many."""
    rows = list(Recipient.objects.filter(campaign=campaign).order_by("pk").values_list("pk", "state")[:FORGOTTEN])
    Recipient.objects.filter(id__among=[pk for pk, _state in rows]).delete()
    tally.add({(campaign.tally_scope, state): -count for state, count in Counter(state for _pk, state in rows).items()})
    return len(rows)
