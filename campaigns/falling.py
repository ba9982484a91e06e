"""The waterfall in words, step by step, and those of whom it is not known whether WhatsApp reaches them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from campaigns import audience, reaching
from campaigns.audience import WILL_GET_IT, Waterfall
from campaigns.models import Campaign
from contacts.models import Channel, Reach
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason

FOLDED, LEFT_OUT_GROUP = "folded", "group"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step down. key: of its list (`campaigns:left_out`)."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Fall:
    """From everybody chosen, as often as they were, to those who will get it."""

    rows: int
    steps: list[Step]
    will_get_it: int


def fall(campaign: Campaign, counted: Waterfall) -> Fall:
    """The steps that somebody is on, and always that of the opted-out."""
    by_sms = campaign.channel == Channel.WHATSAPP and campaign.sms_lines.exists()
    steps = [
        Step(key=FOLDED, label=_("chosen more than once, counted once"), count=counted.folded),
        Step(key=Reason.NO_NUMBER, label=_("without a usable number"), count=counted.no_number),
        Step(key=Reason.OPTED_OUT, label=_("opted out"), count=counted.opted_out),
        Step(key=Reason.CAPPED, label=_("had as many campaigns as one person may get"), count=counted.capped),
        Step(key=Reason.NOT_ON_WHATSAPP, label=_("not on WhatsApp"), count=0 if by_sms else counted.not_on_whatsapp),
    ]
    shown = [step for step in steps if step.count or step.key == Reason.OPTED_OUT]
    return Fall(rows=counted.rows, steps=shown, will_get_it=counted.will_get_it)


def can_check(campaign: Campaign) -> bool:
    """Whether a gateway of its lines can say who is on WhatsApp."""
    if campaign.channel != Channel.WHATSAPP:
        return False
    lines = campaign.lines.select_related("account")
    return any(PROVIDERS[line.account.provider].capabilities.number_check for line in lines)


def not_known(campaign: Campaign, *, most: int) -> list[int]:
    """Ids of those who would get it and of whom no gateway said lately whether WhatsApp reaches them."""
    told = Reach.objects.filter(phone_key=OuterRef("phone_key"), channel=Channel.WHATSAPP, at__gte=reaching.lately())
    people = audience.with_exclusion(campaign).filter(WILL_GET_IT).filter(~Exists(told))
    return list(people.order_by("pk").values_list("pk", flat=True)[:most])
