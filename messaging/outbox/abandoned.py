"""Messages left in `sending` by a claim that is over: those that may have left are unknown, the others go back."""

from collections.abc import Collection

from django.utils import timezone

from messaging.models import Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.outbox.judging import FIND_AFTER
from messaging.providers.errors import Reason

S = Message.Status


def settle_claim(line_id: int, token: str, *, handed_over: Collection[int] | None) -> int:
    """Settle what one claim of a line left behind. handed_over: the messages whose calls were begun; None when nobody
    can say, then all of them may have left. Returns how many were settled."""
    now = timezone.now()
    left = Message.objects.filter(line_id=line_id, status__is=S.SENDING, lease_token=token)
    updates = [
        Update(message_id=pk, status=S.UNKNOWN, reason=Reason.CRASHED, claim=token, ask_at=now + FIND_AFTER)
        if handed_over is None or pk in handed_over
        else Update(message_id=pk, status=S.QUEUED, reason=Reason.CRASHED, claim=token, uncount=True)
        for pk in left.order_by("id").values_list("id", flat=True)
    ]
    return len(apply(updates, source=MessageEvent.Source.ENGINE))
