"""Messages of reminders that wait in the outbox: for their line as long as something runs, and not beyond an outage.

Each may leave until GRACE after its moment, and this is put off again and again while the clock is alive: a line may be
closed, or slow. When nothing ran for so long, the outbox ends them as too late, and a person is asked.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.automation.firing import GRACE
from messaging.models import Message, ReminderFire, ReminderSending

KEEPS = timedelta(hours=24)  # how long a message may wait for its line
_SOON = timedelta(minutes=10)  # before its time is up, it is put off
_LOOKED_BACK = timedelta(days=3)
_AT_ONCE = 500
F, S = ReminderFire.State, Message.Status


def look_after() -> None:
    """Put off what waits for its line, and ask about what was too late."""
    while _put_off():
        pass
    ended = _of_fires_since(_LOOKED_BACK).filter(fire__state=F.DONE, message__status=S.EXPIRED)
    for fire_id in list(ended.order_by().values_list("fire_id", flat=True).distinct()):
        _ask(fire_id)


def _put_off() -> int:
    """Some of those that wait, by their ids, as the outbox takes them; those that it is taking now are left alone."""
    now = timezone.now()
    ours = _of_fires_since(KEEPS).filter(message__isnull=False).values("message_id")
    with transaction.atomic():
        waiting = Message.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk__in=ours, status__is=S.QUEUED, send_before__gt=now, send_before__lt=now + _SOON
        )
        found = list(waiting.order_by("id").values_list("pk", flat=True)[:_AT_ONCE])
        return Message.objects.filter(pk__in=found).update(send_before=now + GRACE)


def _ask(fire_id: int) -> None:
    """Whoever was too late counts as not written to yet; what was queued for them stays as it ended."""
    with transaction.atomic():
        fire = ReminderFire.objects.select_for_update().get(pk=fire_id)
        if fire.state != F.DONE:
            return
        gone, _by_model = fire.sendings.filter(message__status=S.EXPIRED).delete()
        fire.state, fire.cursor, fire.missed = F.ASKED, 0, gone if fire.until else 0
        fire.save(update_fields=["state", "cursor", "missed"])


def _of_fires_since(span: timedelta) -> QuerySet[ReminderSending]:
    since = timezone.now() - span
    return ReminderSending.objects.filter(Q(fire__created_at__gt=since) | Q(fire__decided_at__gt=since))
