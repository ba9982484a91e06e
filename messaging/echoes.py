"""Echoes: gateways tell of what is written on the phone itself, and of our own messages as if they had been.

Each message of ours is echoed once, so a second message of the same words was typed by a person and belongs in the thread.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from messaging.known import sent_as
from messaging.models import Account, Echo, Line, Message
from messaging.providers.shapes import Incoming

WINDOW = timedelta(hours=1)  # between handing a message over and its echo
KEPT = timedelta(days=2)


def is_echo(account: Account, item: Incoming, *, line: Line, phone_key: str, remote_id: str) -> bool:
    """Whether a message from the phone is one of ours: of the same words (without words: of the same kind), handed over
    lately, and not echoed yet. It has another id than ours, or comes before our call was answered."""
    if Echo.objects.filter(account=account, remote_id=remote_id).exists():
        return True
    since = min(item.at, timezone.now()) - WINDOW
    ours = Message.objects.filter(account=account, direction=Message.Direction.OUT)
    ours = _handed_over(ours).filter(attempted_at__gt=since, phone_key=phone_key, line=line, echo=None)
    has_words = bool(item.body) and item.media_kind != "location"  # a place is told in words of the gateway's
    if item.media_kind != "location":
        ours = ours.filter(body=item.body)
    for message in ours.order_by("attempted_at"):
        is_alike = has_words or _kind(message) == (item.media_kind or "text")
        if is_alike and _keep(account, {message.pk: remote_id}):
            return True
    return False


def keep_known(account: Account, remote_ids: Iterable[str]) -> None:
    """The phone showed messages by the ids under which we know them."""
    ours = _handed_over(sent_as(remote_ids, accounts=[account.pk]))
    _keep(account, dict(ours.values_list("id", "remote_id")))


def forget_old() -> None:
    """Let those go that nothing can be compared with any more."""
    Echo.objects.filter(at__lt=timezone.now() - KEPT).delete()


def _handed_over(ours: QuerySet[Message]) -> QuerySet[Message]:
    """What may be echoed: what was handed over, which nothing typed on the phone ever was."""
    return ours.filter(attempted_at__isnull=False).exclude(status=Message.Status.QUEUED)


def _keep(account: Account, shown: dict[int, str]) -> bool:
    """Whether all are kept now, by us and not by somebody else for another echo."""
    rows = [Echo(account=account, message_id=pk, remote_id=remote_id) for pk, remote_id in shown.items()]
    Echo.objects.bulk_create(rows, ignore_conflicts=True)
    return Echo.objects.filter(account=account, remote_id__in=shown.values()).count() == len(shown)


def _kind(message: Message) -> str:
    """What the phone shows it as."""
    attachment = message.attachment or {}
    return str(attachment["kind"]) if attachment.get("type") == "media" else str(attachment.get("type") or "text")
