"""Everything else a gateway can list (groups, contacts, campaigns, …), page by page and never all in memory."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from messaging.mirror.lines import Counts
from messaging.models import Account, MirroredObject
from messaging.providers.base import Provider, RemoteObject


def mirror_objects(account: Account, provider: Provider, kind: str) -> Counts:
    """Bring one kind here. Objects the gateway no longer lists are marked gone, not deleted."""
    started = timezone.now()
    counts = Counts()
    cursor: str | None = None
    while True:
        page = provider.fetch_mirror(kind, cursor)
        _write(account, kind, page.objects, counts)
        if page.cursor is None:
            break
        cursor = page.cursor
    gone = MirroredObject.objects.filter(account=account, kind=kind, synced_at__lt=started, gone_at=None)
    counts.gone += gone.update(gone_at=timezone.now())
    return counts


def _write(account: Account, kind: str, objects: Sequence[RemoteObject], counts: Counts) -> None:
    now = timezone.now()
    with transaction.atomic():
        rows = MirroredObject.objects.filter(
            account=account, kind=kind, remote_id__in=[item.remote_id for item in objects]
        )
        known = {row.remote_id: row for row in rows}
        new: dict[str, MirroredObject] = {}
        for item in objects:
            row = known.get(item.remote_id)
            if row is None:
                new[item.remote_id] = MirroredObject(
                    account=account,
                    kind=kind,
                    remote_id=item.remote_id,
                    name=item.name[:300],
                    raw=dict(item.raw),
                    synced_at=now,
                )
                continue
            counts.changed += row.raw != dict(item.raw) or row.gone_at is not None
            row.name, row.raw, row.synced_at, row.gone_at = item.name[:300], dict(item.raw), now, None
        MirroredObject.objects.bulk_create(new.values())
        MirroredObject.objects.bulk_update(known.values(), ["name", "raw", "synced_at", "gone_at"], batch_size=500)
        counts.added += len(new)
