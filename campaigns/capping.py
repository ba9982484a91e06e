"""How many campaigns one person may get in some days: what counts, and the condition that finds who had enough.

A message counts when it left or may have left (`counted_at`), and while it, or its person's turn, is still to come. It is found
by the index on account and phone, once for each account, so no index of its own slows each message down.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from campaigns.models import Campaign, GatewayRun, Recipient
from messaging.models import Account, Message

R = Recipient.State
_WAITING = (Message.Status.QUEUED, Message.Status.SENDING)
_AT_THE_GATEWAY = (R.QUEUED, R.SENDING, R.ACCEPTED, R.SENT, R.DELIVERED, R.READ, R.UNKNOWN)
_UNDER_WAY = (Campaign.State.PREPARING, Campaign.State.RUNNING, Campaign.State.PAUSED, Campaign.State.BLOCKED)


def default_cap() -> tuple[int | None, int]:
    """(most messages, in so many days) for new drafts, of the setting FREQUENCY_CAP like 3/7; none and 7 without one."""
    if not settings.FREQUENCY_CAP:
        return None, 7
    most, slash, days = settings.FREQUENCY_CAP.partition("/")
    if not (slash and most.isdecimal() and days.isdecimal() and 0 < int(most) < 1000 and 0 < int(days) <= 365):
        raise ImproperlyConfigured("FREQUENCY_CAP is written like 3/7: at most 3 campaigns in 7 days.")
    return int(most), int(days)


def had_enough(campaign: Campaign) -> Q | None:
    """Which contacts had as many messages of other campaigns as this one allows; None where it has no cap."""
    if not campaign.most_messages:
        return None
    since = timezone.now() - timedelta(days=campaign.most_days)
    had: Combinable = _count(messages_since(since))
    if others := _without_messages(campaign, since):
        waits = Q(state=R.PLANNED) | Q(run__isnull=False, state__in=_AT_THE_GATEWAY)
        had = had + _count(
            Recipient.objects.filter(waits, campaign__in=others, phone_key=OuterRef("phone_key"), message__isnull=True)
        )
    return Q(GreaterThanOrEqual(had, Value(campaign.most_messages)))


def messages_since(since: datetime) -> QuerySet[Message]:
    """Of the contact asked about: campaign messages that left since then, or wait. For a subquery of contacts."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    return Message.objects.filter(
        Q(counted_at__gte=since) | Q(status__in=_WAITING),
        account__in=accounts,
        phone_key=OuterRef("phone_key"),
        batch__isnull=False,
        direction=Message.Direction.OUT,
    )


def _without_messages(campaign: Campaign, since: datetime) -> list[int]:
    """Other campaigns some of whose people have no message here: those under way, and those that gateways sent by
    themselves since then."""
    under_way = Campaign.objects.filter(state__in=_UNDER_WAY).values_list("pk", flat=True)
    runs = GatewayRun.objects.filter(pushed_at__gte=since).order_by().values_list("campaign_id", flat=True)
    return sorted({*under_way, *runs.distinct()} - {campaign.pk})


def _count(rows: QuerySet[Message] | QuerySet[Recipient]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
