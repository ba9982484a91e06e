"""Who is selected, who is left out and why, and the freezing of both into recipients in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from campaigns import variants
from campaigns.models import Campaign, Recipient
from contacts import consent
from contacts.models import Contact, Group, Membership
from messaging import tally
from messaging.providers.errors import Reason

SLICE = 20_000  # contacts looked at in one transaction
WILL_GET_IT = Q(exclusion="")  # of people that are `marked`


@dataclass(frozen=True)
class Waterfall:
    """From everybody selected to those who will get it."""

    selected: int
    opted_out: int
    no_number: int

    @property
    def will_get_it(self) -> int:
        return self.selected - self.opted_out - self.no_number


def people_in(groups: Iterable[Group], *, left_out: Iterable[Group] = ()) -> QuerySet[Contact]:
    """Everybody in some groups who is not in a left-out one: each person once, however many groups hold them."""
    chosen = Membership.objects.filter(contact=OuterRef("pk"), group__in=[group.pk for group in groups])
    people = Contact.objects.filter(Exists(chosen))
    if unwanted := [group.pk for group in left_out]:
        people = people.filter(~Exists(Membership.objects.filter(contact=OuterRef("pk"), group__in=unwanted)))
    return people


def marked(people: QuerySet[Contact], *, channel: str) -> QuerySet[Contact]:
    """People, each with `exclusion`: why a channel's campaign leaves them out, or "" for those who will get it."""
    gone = consent.opted_out(channel).filter(phone_key=OuterRef("phone_key"))
    exclusion = Case(
        When(phone="", then=Value(Reason.NO_NUMBER.value)),
        When(Exists(gone), then=Value(Reason.OPTED_OUT.value)),
        default=Value(""),
        output_field=CharField(),
    )
    return people.annotate(exclusion=exclusion)


def selected(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody a campaign is meant for."""
    return people_in(campaign.groups.all(), left_out=campaign.excluded_groups.all())


def unselected(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody in the campaign's groups whom a left-out group takes out again."""
    unwanted = Membership.objects.filter(contact=OuterRef("pk"), group__in=campaign.excluded_groups.all())
    return people_in(campaign.groups.all()).filter(Exists(unwanted))


def with_exclusion(campaign: Campaign) -> QuerySet[Contact]:
    """The selected, each with `exclusion`: a reason, or "" for those who will get it."""
    return marked(selected(campaign), channel=campaign.channel)


def left_out(campaign: Campaign, reason: str) -> QuerySet[Contact]:
    """Those of the selected who are left out for a reason."""
    return with_exclusion(campaign).filter(Q(exclusion=reason))


def waterfall(campaign: Campaign) -> Waterfall:
    """The numbers before the start, in one pass over the selected."""
    everybody: QuerySet[Any] = with_exclusion(campaign).order_by()
    counted: dict[str, int] = dict(everybody.values_list("exclusion").annotate(n=Count("pk")))
    return Waterfall(
        selected=sum(counted.values()),
        opted_out=counted.get(Reason.OPTED_OUT.value, 0),
        no_number=counted.get(Reason.NO_NUMBER.value, 0),
    )


def freeze(campaign: Campaign, *, after: int) -> int | None:
    """Write a slice of those selected, the contacts whose ids come next after `after`, as recipients, planned or excluded:
    one INSERT … SELECT. Call in a transaction; a slice at a time, so that a million people keep nobody from writing
    meanwhile. Returns where the next slice begins; None when this was the last one."""
    newest = Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    last_recipient = Recipient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    upto = after + SLICE
    rows = (
        with_exclusion(campaign)
        .filter(pk__gt=after, pk__lte=upto)
        .annotate(
            campaign_number=Value(campaign.pk, output_field=BigIntegerField()),
            state=Case(
                When(exclusion="", then=Value(Recipient.State.PLANNED.value)),
                default=Value(Recipient.State.EXCLUDED.value),
            ),
            contact_number=F("pk"),
            drawn=variants.letter_drawn(campaign, variants.texts_of(campaign)),
            spoken=variants.language_spoken(),
        )
        .order_by("pk")
        .values_list("campaign_number", "contact_number", "phone", "phone_key", "state", "exclusion", "drawn", "spoken")
    )
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_recipient (campaign_id, contact_id, phone, phone_key, state, reason, letter, language)"
            f" {sql}"  # compiled by the ORM
            " ON CONFLICT DO NOTHING",  # somebody else prepares it too, or a person was deleted and came back
            params,
        )
    # Asked by id alone: with the campaign in the condition, SQLite would look at all of its recipients each time.
    states = {state: Count("pk", filter=Q(campaign=campaign, state=state)) for state in ("planned", "excluded")}
    written: dict[str, int] = Recipient.objects.filter(pk__gt=last_recipient).aggregate(**states)
    tally.add({(campaign.tally_scope, state): count for state, count in written.items()})
    return upto if upto < newest else None


def frozen_up_to(campaign: Campaign) -> int:
    """Where an interrupted freezing goes on."""
    frozen = Recipient.objects.filter(campaign=campaign, contact__isnull=False)
    return frozen.order_by("-pk").values_list("contact_id", flat=True).first() or 0


def forget(campaign: Campaign) -> None:
    """Remove what a preparation that was called off has left. Call in a transaction."""
    if Recipient.objects.filter(campaign=campaign).exists():
        Recipient.objects.filter(campaign=campaign).delete()
        scope = campaign.tally_scope
        tally.add({(scope, key): -count for key, count in tally.totals(scope).items()})
