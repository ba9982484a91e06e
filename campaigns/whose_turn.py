"""Who is written to next: those who are due first, of the first ones only while these are being tried, else in the order in
which they were frozen."""

from django.db.models import Q
from django.utils import timezone

from campaigns import canary, local_time
from campaigns.models import Campaign, Recipient

R = Recipient.State


def next_people(campaign: Campaign, most: int) -> list[Recipient]:
    """The next ones whose turn it is, at most so many, with their contacts. Call with the campaign locked."""
    if most <= 0:
        return []
    planned = Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED).select_related("contact")
    if canary.holds_back(campaign):
        return list(planned.filter(pk__in=canary.draw(campaign, most)).order_by("id"))
    if local_time.is_local(campaign):
        due = planned.filter(Q(due_at__lte=timezone.now()), due_at__isnull=False)
        return list(due.order_by("due_at", "id")[:most])
    return list(planned.order_by("id")[:most])
