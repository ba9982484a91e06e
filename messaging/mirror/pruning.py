"""Messages made outside Carillon are shown for some days and then let go, so that their lists do not grow without end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.mirror.ours import PENDING, SENT
from messaging.models import MirroredObject
from messaging.providers.shapes import RemoteObject

AT_ONCE = 2000  # rows let go in one turn


def oldest() -> datetime:
    """Messages from before are neither fetched nor kept."""
    return timezone.now() - timedelta(days=settings.MIRROR_DAYS)


def still_wanted(objects: Sequence[RemoteObject]) -> list[RemoteObject]:
    """A page of a history without what is too old: pages are wider than what was asked for, and what was let go stays so."""
    first = oldest()
    return [item for item in objects if item.at is None or item.at >= first]


def prune() -> int:
    """Let a slice of the old ones go; how many. A message that waits there stays for as long as the gateway lists it."""
    ids = list(_old().order_by().values_list("id", flat=True)[:AT_ONCE])
    MirroredObject.objects.filter(id__in=ids).delete()
    return len(ids)


def _old() -> QuerySet[MirroredObject]:
    first = oldest()
    has_ended = Q(kind__endswith=SENT) | Q(kind__endswith=PENDING, gone_at__isnull=False)
    is_old = Q(at__lt=first) | Q(at=None, synced_at__lt=first)
    return MirroredObject.objects.filter(is_old, has_ended)
