"""Ending those of a campaign who were never handed over: a slice at a time, so that a million people keep nobody from
writing meanwhile."""

from django.db import transaction

from campaigns.models import Campaign, Recipient
from contacts.giving_way import GivingWay
from messaging import tally

R = Recipient.State
SLICE = 2000  # people ended in one transaction


def leave_out_all(campaign: Campaign, *, state: str, reason: str) -> None:
    """End everybody who is planned, in this state and for this reason. Safe to call again after a crash."""
    give_way = GivingWay()
    while leave_some_out(campaign, state=state, reason=reason):
        give_way()


def leave_some_out(campaign: Campaign, *, state: str, reason: str) -> int:
    """End the next ones. Returns how many; 0 when nobody is planned any more."""
    with transaction.atomic():
        planned = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED).order_by("id")
        ids = list(planned.values_list("id", flat=True)[:SLICE])
        if not ids:
            return 0
        count = Recipient.objects.filter(id__among=ids, state=R.PLANNED).update(state=state, reason=reason)
        tally.add({(campaign.tally_scope, R.PLANNED): -count, (campaign.tally_scope, state): count})
    return len(ids)
