"""What campaigns add to the language of segments, and what keeps a segment from being deleted."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import capping
from campaigns.models import Campaign, Recipient, Series
from contacts.models import Segment
from contacts.segments.keeping import add_use
from contacts.segments.language import Asked, Asks, Choices, Fact, Op, add_fact, no

R = Recipient.State
_SENT = (R.ACCEPTED, R.SENT, R.DELIVERED, R.READ)
_OPEN = (Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.PREPARING)
_OFFERED = 200  # newest campaigns


def register() -> None:
    """Called once, at start-up."""
    add_fact(
        Fact(
            key="campaign",
            label=gettext_lazy("the campaign"),
            condition=_campaign,
            things=_campaigns,
            ops=(
                Op(key="sent", label=gettext_lazy("was sent to them")),
                Op(key="not_sent", label=gettext_lazy("was not sent to them")),
                Op(key="delivered", label=gettext_lazy("reached them")),
                Op(key="read", label=gettext_lazy("was read by them")),
                Op(key="replied", label=gettext_lazy("was answered by them")),
                Op(key="not_replied", label=gettext_lazy("was sent to them and not answered")),
                Op(key="clicked", label=gettext_lazy("had a link clicked by them")),
                Op(key="failed", label=gettext_lazy("could not be sent to them")),
            ),
        )
    )
    add_fact(
        Fact(
            key="campaigns",
            label=gettext_lazy("campaigns"),
            condition=_lately,
            ops=(
                Op(key="none_for", label=gettext_lazy("had none for … days"), asks=Asks.DAYS),
                Op(key="some_in", label=gettext_lazy("had one in the last … days"), asks=Asks.DAYS),
            ),
        )
    )
    add_use(what_uses)


def what_uses(segment: Segment) -> str:
    """The campaigns still to come that choose or leave out a segment, in words; "" for none."""
    chosen = Q(segments=segment) | Q(excluded_segments=segment)
    to_come = Q(state__in=_OPEN) | Q(pk__in=Series.objects.values("pattern"))
    found = Campaign.objects.filter(chosen, to_come).distinct().order_by("-pk")[:3]
    return ", ".join(_("the campaign “%(name)s”") % {"name": campaign.name} for campaign in found)


def _campaigns() -> Choices:
    begun = Campaign.objects.exclude(state__in=_OPEN).order_by("-pk").values_list("pk", "name")
    return [(str(pk), name) for pk, name in begun[:_OFFERED]]


def _campaign(asked: Asked) -> Q:
    if not (asked.of.isascii() and asked.of.isdecimal() and len(asked.of) < 19):
        raise no(_("Choose the campaign."))
    if not Campaign.objects.filter(pk=int(asked.of)).exists():
        raise no(_("It asks for a campaign that was deleted. Choose another one."))
    people = Recipient.objects.filter(campaign=int(asked.of), phone_key=OuterRef("phone_key"))
    sent = people.filter(state__in=_SENT)
    match asked.op:
        case "sent":
            return Q(Exists(sent))
        case "not_sent":
            return ~Q(Exists(sent))
        case "delivered":
            return Q(Exists(people.filter(state__in=(R.DELIVERED, R.READ))))
        case "read":
            return Q(Exists(people.filter(state=R.READ)))
        case "replied":
            return Q(Exists(people.filter(replied_at__isnull=False)))
        case "not_replied":
            return Q(Exists(sent.filter(replied_at__isnull=True)))
        case "clicked":
            return Q(Exists(people.filter(clicked_at__isnull=False)))
        case _:
            return Q(Exists(people.filter(state=R.FAILED)))


def _lately(asked: Asked) -> Q:
    had = Q(Exists(capping.messages_since(timezone.now() - timedelta(days=asked.days))))
    return ~had if asked.op == "none_for" else had
