"""The log of what changed at a gateway: written with each page, folded after some days so that it stays small."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from messaging.models import Account, MirrorChange, MirroredObject

# What gateways rewrite at each look says that a phone is alive, not that something changed.
VOLATILE = frozenset(["lastseen", "lastseenhumanformat", "diffseconds", "last_seen", "updated_at"])
KEPT_DAYS = 30
LONGEST = 200  # characters of a value kept
_FOLDED_AT_ONCE = 200
What = MirrorChange.What


def is_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two pictures of an object show the same, whatever the volatile fields say."""
    return before == after or not differences(before, after)[0] | differences(before, after)[1]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields in which they differ, as they were and as they are, cut short."""
    names = [
        name
        for name in dict.fromkeys([*before, *after])
        if name not in VOLATILE and before.get(name) != after.get(name)
    ]
    return (
        {name: _short(before[name]) for name in names if name in before},
        {name: _short(after[name]) for name in names if name in after},
    )


def change_of(
    item: MirroredObject, what: str, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
) -> MirrorChange:
    """A row of the log about one object, not saved."""
    return MirrorChange(
        account_id=item.account_id, kind=item.kind, remote_id=item.remote_id, name=item.name, what=what,
        before=dict(before or {}), after=dict(after or {}),
    )  # fmt: skip


def log_many(account: Account, kind: str, what: str, count: int) -> None:
    """One row for many objects."""
    if count:
        MirrorChange.objects.create(account=account, kind=kind, what=what, count=count)


def log_gone(items: Iterable[MirroredObject]) -> None:
    """A row for each object that is not listed any more."""
    MirrorChange.objects.bulk_create([change_of(item, What.GONE) for item in items], batch_size=500)


def squash() -> int:
    """Fold the rows of days past their time into one per account, kind and sort of change. Returns how many went away."""
    days = getattr(settings, "MIRROR_LOG_DAYS", KEPT_DAYS)
    old = MirrorChange.objects.filter(at__lt=timezone.now() - timedelta(days=days))
    crowded = (
        old.annotate(day=TruncDate("at"))
        .order_by()
        .values_list("account_id", "kind", "what", "day")
        .annotate(rows=Count("id"), total=Sum("count"))
        .filter(rows__gt=1)[:_FOLDED_AT_ONCE]
    )
    gone = 0
    for account_id, kind, what, day, rows, _total in list(crowded):
        with transaction.atomic():
            of_day = old.filter(account_id=account_id, kind=kind, what=what, at__date=day)
            ids = list(of_day.select_for_update().values_list("id", "count", "at"))
            if len(ids) < rows:
                continue  # somebody else folds this day
            MirrorChange.objects.filter(id__in=[row_id for row_id, _count, _at in ids]).delete()
            MirrorChange.objects.create(
                account_id=account_id, kind=kind, what=what, count=sum(count for _id, count, _at in ids),
                at=max(at for _id, _count, at in ids),
            )  # fmt: skip
            gone += len(ids) - 1
    return gone


def _short(value: Any) -> Any:
    if isinstance(value, dict | list):
        return str(value)[:LONGEST]
    return value[:LONGEST] if isinstance(value, str) else value
