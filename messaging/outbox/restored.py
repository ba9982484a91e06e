"""Messages of an older copy of the database: whatever was still to be sent may have been sent since."""

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from messaging.models import Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.providers.errors import Reason

S = Message.Status
SLICE = 1000
ROOM = 1_000_000  # more messages than were written since the copy was made
_LATER = {
    "postgresql": "SELECT setval(pg_get_serial_sequence('messaging_message', 'id'),"
    " (SELECT last_value FROM messaging_message_id_seq) + %s)",
    "sqlite": "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = 'messaging_message'",
}


def number_anew() -> None:
    """Leave the numbers alone that messages had which this copy does not know: gateways keep them as our references, and news
    about those messages must not be taken for news about others."""
    with connection.cursor() as cursor:
        cursor.execute(_LATER[connection.vendor], [ROOM])


def doubt_all() -> int:
    """Put every message that waits, or whose outcome was being looked into, to people's decision. The gateways are not
    asked: they look for a message around the time of its last attempt, which this copy does not know. Nothing may be
    sending. Returns how many; safe to run again."""
    Message.objects.filter(status__is=S.UNKNOWN, ask_at__isnull=False).update(ask_at=None)
    count = 0
    while moved := _doubt_some():
        count += moved
    return count


def _doubt_some() -> int:
    waits = Q(status__is=S.QUEUED) | Q(status__is=S.SENDING)
    with transaction.atomic():
        ids = list(Message.objects.filter(waits).order_by("id").values_list("id", flat=True)[:SLICE])
        Message.objects.filter(id__among=ids, status__is=S.QUEUED).update(
            status=S.SENDING, attempts=F("attempts") + 1, attempted_at=timezone.now(), lease_token=""
        )
        updates = [Update(message_id=pk, status=S.UNKNOWN, reason=Reason.RESTORED) for pk in ids]
        return len(apply(updates, source=MessageEvent.Source.ENGINE))
