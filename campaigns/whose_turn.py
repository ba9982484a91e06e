"""Who is written to next: those who are due first, of the first ones only while these are being tried, else in the order in
which they were frozen."""

from django.db.models import QuerySet
from django.utils import timezone

from campaigns import canary, local_time
from campaigns.models import Campaign, Recipient

R = Recipient.State


def next_people(campaign: Campaign, most: int) -> list[Recipient]:
    """The next ones whose turn it is, at most so many, with their contacts. Call with the campaign locked."""
    if most <= 0:
        return []
    if canary.holds_back(campaign):
        return list(_planned(campaign).filter(pk__in=canary.draw(campaign, most)).order_by("id"))
    return list((due(campaign) if local_time.is_local(campaign) else in_order(campaign))[:most])


def in_order(campaign: Campaign) -> QuerySet[Recipient]:
    """Everybody without a message, as they were frozen: along the index of the planned."""
    return _planned(campaign).order_by("id")


def due(campaign: Campaign) -> QuerySet[Recipient]:
    """Those of them whose time has come, the first first: along the index of the due. Whoever is not due is not looked at."""
    come = _planned(campaign).filter(due_at__isnull=False, due_at__lte=timezone.now())
    return come.order_by("due_at", "id")


def _planned(campaign: Campaign) -> QuerySet[Recipient]:
    return Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED).select_related("contact")
