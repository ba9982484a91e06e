"""Tasks of which at most one copy waits for a worker, however long that takes.

Who enqueues one leaves a ticket; whoever begins takes it. A copy that finds none came twice and has nothing to do.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from messaging.models import Heartbeat


def hand_out(
    name: str,
    task: Callable[..., object],
    *args: object,
    lost: timedelta,
    pause: timedelta = timedelta(0),
    **options: int,
) -> bool:
    """Enqueue a task unless a copy waits already. Returns whether it was.

    lost: a copy that was begun by nobody for so long went down with its cluster. pause: between two of them at least.
    options: for django-q, like `timeout` in seconds.
    """
    now = timezone.now()
    row, is_new = Heartbeat.objects.get_or_create(name=_row(name), defaults={"beat_at": now, "until": now + lost})
    none_waits = Heartbeat.objects.filter(Q(until=None) | Q(until__lte=now), pk=row.pk, beat_at__lte=now - pause)
    if not is_new and not none_waits.update(beat_at=now, until=now + lost):
        return False
    async_task(task, *args, **options)
    return True


def take(name: str) -> bool:
    """The task begins. False when another copy took the ticket."""
    return bool(Heartbeat.objects.filter(name=_row(name), until__isnull=False).update(until=None))


def _row(name: str) -> str:
    return f"enqueued:{name}"
