"""Counters that are kept, not counted: writers insert deltas, readers add up, the sweep squashes. No hot row."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import Count, Sum

from messaging.models import Tally
from messaging.models.message import Message

STAGES = ("accepted", "sent", "delivered", "read")
_RANK = {"queued": 0, "sending": 1, "unknown": 2, "accepted": 3, "sent": 4, "delivered": 5, "read": 6}


def add(deltas: Mapping[tuple[str, str], int]) -> None:
    """Add to counters: (scope, key) → delta. Call inside the transaction that changes what is counted."""
    Tally.objects.bulk_create(
        Tally(scope=scope, key=key, count=count) for (scope, key), count in deltas.items() if count
    )


def totals(scope: str) -> dict[str, int]:
    """All counters of a scope."""
    rows = Tally.objects.filter(scope=scope).values_list("key").annotate(total=Sum("count"))
    return {key: total for key, total in rows if total}


def totals_of(scopes: Iterable[str]) -> dict[str, dict[str, int]]:
    """Counters of many scopes in one query; every scope asked for is there."""
    found: dict[str, dict[str, int]] = {scope: {} for scope in scopes}
    rows = Tally.objects.filter(scope__in=found).values_list("scope", "key").annotate(total=Sum("count"))
    for scope, key, total in rows:
        if total:
            found[scope][key] = total
    return found


def day_scope(day: date) -> str:
    """The scope of one day's counters: accepted, sent, delivered, read, failed, received."""
    return f"day:{day.isoformat()}"


def reached(before: str, after: str) -> list[str]:
    """What a day's counters gain when a message moves: every stage on the way (a report may skip some), or the end."""
    if after in (Message.Status.FAILED, Message.Status.CANCELLED, Message.Status.EXPIRED):
        return [after]
    low, high = _RANK.get(before, 0), _RANK.get(after, 0)
    return [stage for stage in STAGES if low < _RANK[stage] <= high]


def squash(limit: int = 200) -> int:
    """Fold the deltas of up to `limit` counters into one row each. Returns how many rows went away."""
    gone = 0
    crowded = Tally.objects.values_list("scope", "key").annotate(n=Count("id")).filter(n__gt=8)[:limit]
    for scope, key, _rows in list(crowded):
        with transaction.atomic():
            rows = list(
                Tally.objects.select_for_update(skip_locked=True)
                .filter(scope=scope, key=key)
                .values_list("id", "count")
            )
            Tally.objects.filter(id__in=[row_id for row_id, _count in rows]).delete()
            Tally.objects.create(scope=scope, key=key, count=sum(count for _row_id, count in rows))
            gone += len(rows) - 1
    return gone
