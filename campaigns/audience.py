"""Who is selected, who is left out and why, and the freezing of both into recipients in one pass."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from campaigns.models import Campaign, Recipient
from contacts import consent
from contacts.models import Contact, Membership
from messaging import tally
from messaging.providers.errors import Reason


@dataclass(frozen=True)
class Waterfall:
    """From everybody selected to those who will get it."""

    selected: int
    opted_out: int
    no_number: int

    @property
    def will_get_it(self) -> int:
        return self.selected - self.opted_out - self.no_number


def selected(campaign: Campaign) -> QuerySet[Contact]:
    """Everybody in the groups who is not in a left-out group: each person once, however many groups hold them."""
    chosen = Membership.objects.filter(contact=OuterRef("pk"), group__in=campaign.groups.all())
    unwanted = Membership.objects.filter(contact=OuterRef("pk"), group__in=campaign.excluded_groups.all())
    people = Contact.objects.filter(Exists(chosen))
    return people.filter(~Exists(unwanted)) if campaign.excluded_groups.exists() else people


def with_exclusion(campaign: Campaign) -> QuerySet[Contact]:
    """The selected, each with `exclusion`: a reason, or "" for those who will get it."""
    gone = consent.opted_out(campaign.channel).filter(phone_key=OuterRef("phone_key"))
    exclusion = Case(
        When(phone="", then=Value(Reason.NO_NUMBER.value)),
        When(Exists(gone), then=Value(Reason.OPTED_OUT.value)),
        default=Value(""),
        output_field=CharField(),
    )
    return selected(campaign).annotate(exclusion=exclusion)


def waterfall(campaign: Campaign) -> Waterfall:
    """The numbers before the start."""
    everybody = with_exclusion(campaign)
    return Waterfall(
        selected=everybody.count(),
        opted_out=_left_out(everybody, Reason.OPTED_OUT),
        no_number=_left_out(everybody, Reason.NO_NUMBER),
    )


def _left_out(everybody: QuerySet[Contact], reason: Reason) -> int:
    return everybody.filter(Q(exclusion=reason.value)).count()


def freeze(campaign: Campaign) -> int:
    """Write everybody selected as a recipient, planned or excluded: one INSERT … SELECT, whatever the size. Call in a
    transaction. Returns how many were selected."""
    rows = (
        with_exclusion(campaign)
        .annotate(
            campaign_number=Value(campaign.pk, output_field=BigIntegerField()),
            state=Case(
                When(exclusion="", then=Value(Recipient.State.PLANNED.value)),
                default=Value(Recipient.State.EXCLUDED.value),
            ),
            contact_number=F("pk"),
        )
        .order_by("pk")
        .values_list("campaign_number", "contact_number", "phone", "phone_key", "state", "exclusion")
    )
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO campaigns_recipient (campaign_id, contact_id, phone, phone_key, state, reason) {sql}",  # compiled by the ORM
            params,
        )
    excluded = Recipient.objects.filter(campaign=campaign, state=Recipient.State.EXCLUDED).count()
    planned = Recipient.objects.filter(campaign=campaign, state=Recipient.State.PLANNED).count()
    scope = campaign.tally_scope
    tally.add({(scope, "excluded"): excluded, (scope, "planned"): planned})
    return excluded + planned
