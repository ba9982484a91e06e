"""Campaigns that start by themselves: at their time, once, and not hours after it without a person's word."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import approval, lifecycle
from campaigns.models import Campaign
from contacts.refusal import Refused
from messaging.clock import enqueue_once

S = Campaign.State
LOOK = 60.0  # seconds between two looks at what changed


def sweep() -> None:
    """Have every campaign started whose time has come. Quick: the clock calls it."""
    due = Campaign.objects.filter(state=S.SCHEDULED, start_at__lte=timezone.now())
    for campaign_id in due.values_list("id", flat=True):
        enqueue_once(f"start:{campaign_id}", start, campaign_id, seconds=10)
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


def start(campaign_id: int) -> None:
    """Start it, or make it a draft again with the reason why not (a task; whoever moves it meanwhile is quicker). People are
    counted before anything is locked: a million take seconds."""
    campaign = _due(campaign_id).first()
    if campaign is None:
        return
    people, problem = 0, ""
    try:
        _refuse_missed(campaign)
        approval.refuse_changed(campaign)
        people = lifecycle.may_start(campaign)
    except Refused as refusal:
        problem = refusal.sentence
    with transaction.atomic():
        due = _due(campaign_id).select_for_update().first()
        if due is None or due.start_at != campaign.start_at:
            return
        if problem:
            lifecycle.transition(due, S.DRAFT, note=problem)
        else:
            lifecycle.set_off(due, people=people)


def _due(campaign_id: int) -> QuerySet[Campaign]:
    return Campaign.objects.filter(pk=campaign_id, state=S.SCHEDULED, start_at__lte=timezone.now())


def _refuse_missed(campaign: Campaign) -> None:
    """Raise Refused where its time is so long ago that somebody has to say whether it still suits."""
    most = timedelta(minutes=settings.LATE_START_MINUTES)
    if most and campaign.start_at and campaign.start_at < timezone.now() - most:
        raise Refused(_("Carillon was not running at its time. Start it now, or give it another time."))
