"""Campaigns that start by themselves: at their time, once, and not hours after it without a person's word."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import approval, lifecycle
from campaigns.models import Campaign
from contacts.refusal import Refused
from messaging.clock import enqueue_once

S = Campaign.State
LOOK = 60.0  # seconds between two looks at what changed


def start_due() -> None:
    """Start every campaign whose time has come."""
    for campaign in Campaign.objects.filter(state=S.SCHEDULED, start_at__lte=timezone.now()):
        start(campaign)
    if Campaign.objects.filter(state=S.SCHEDULED).exists():
        enqueue_once("scheduled:changed", look_again, seconds=LOOK)


def look_again() -> None:
    """Make those drafts again that are other campaigns than when they were scheduled, so that somebody has time to look."""
    for campaign in Campaign.objects.filter(state=S.SCHEDULED, start_at__gt=timezone.now()):
        with transaction.atomic():
            due = Campaign.objects.select_for_update().filter(pk=campaign.pk, state=S.SCHEDULED).first()
            if due is None:
                continue
            try:
                approval.refuse_changed(due)
            except Refused as refusal:
                lifecycle.transition(due, S.DRAFT, note=refusal.sentence)


def start(campaign: Campaign) -> None:
    """Start it, or make it a draft again with the reason why not; whoever moved it meanwhile was quicker."""
    with transaction.atomic():
        due = Campaign.objects.select_for_update().filter(pk=campaign.pk, state=S.SCHEDULED).first()
        if due is None:
            return
        try:
            _refuse_missed(due)
            approval.refuse_changed(due)
            lifecycle.start(due)
        except Refused as refusal:
            lifecycle.transition(due, S.DRAFT, note=refusal.sentence)


def _refuse_missed(campaign: Campaign) -> None:
    """Raise Refused where its time is so long ago that somebody has to say whether it still suits."""
    most = timedelta(minutes=settings.LATE_START_MINUTES)
    if most and campaign.start_at and campaign.start_at < timezone.now() - most:
        raise Refused(_("Carillon was not running at its time. Start it now, or give it another time."))
