"""Whom WhatsApp does not reach, as gateways said lately: they are left out, unless the campaign has SMS lines for them."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import Campaign
from contacts.models import Channel, Reach

FORGOTTEN = timedelta(days=90)  # after which somebody may have joined WhatsApp meanwhile


def lately() -> datetime:
    """What was said before this moment is forgotten."""
    return timezone.now() - FORGOTTEN


def unreached() -> Q | None:
    """Which contacts WhatsApp does not reach; None where that is known of nobody, so that no question is asked of each."""
    known = Reach.objects.filter(is_reached=False, channel=Channel.WHATSAPP, at__gte=lately())
    if not known.exists():
        return None
    return Q(Exists(known.filter(phone_key=OuterRef("phone_key"))))


def leaves_out(campaign: Campaign) -> Q | None:
    """Which contacts a campaign leaves out because its channel does not reach them; None for nobody."""
    if campaign.channel != Channel.WHATSAPP or campaign.sms_lines.exists():
        return None
    return unreached()
