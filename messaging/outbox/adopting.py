"""Messages that never waited here, because a gateway sends them by itself: written down when it has them, recognised later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from messaging import tally
from messaging.known import sent_as
from messaging.models import Account, Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.outbox.judging import FIRST_ASK
from messaging.providers.shapes import StatusReport

S = Message.Status


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A message found again at the gateway. body: the text it really has, "" where it is not told."""

    message: Message
    report: StatusReport
    body: str = ""


def adopt_many(messages: list[Message]) -> list[Message]:
    """Write down messages that a gateway has taken together, in the caller's transaction. They come with every column
    filled but the status; nobody knows their ids yet, so they are not asked about."""
    now = timezone.now()
    for message in messages:
        message.status, message.direction, message.status_at = S.ACCEPTED, Message.Direction.OUT, now
    created = Message.objects.bulk_create(messages)
    MessageEvent.objects.bulk_create(
        MessageEvent(message=message, status=S.ACCEPTED, source=MessageEvent.Source.SEND, at=now) for message in created
    )
    tally.add({(tally.day_scope(timezone.localdate(now)), "accepted"): len(created)})
    return created


def recognise(account: Account, found: Sequence[Recognised]) -> int:
    """Give adopted messages the ids they have at the gateway, and bring their status to what it says. From then on polling
    asks about them. An id that another message of the account has is somebody else's. Returns how many were new."""
    ids = {each.report.remote_id for each in found if each.report.remote_id}
    with transaction.atomic():
        known = known_ids(account, ids)
        fresh = {each.report.remote_id: each for each in found if each.report.remote_id in ids - known}
        ask_at = timezone.now() + FIRST_ASK
        for remote_id, each in fresh.items():
            changes = {"remote_id": remote_id, "ask_at": ask_at, **({"body": each.body} if each.body else {})}
            Message.objects.filter(pk=each.message.pk, remote_id="").update(**changes)
        updates = [_update(each) for each in fresh.values() if each.report.status != "accepted"]
        apply(updates, source=MessageEvent.Source.POLL)
        Account.objects.filter(pk=account.pk, next_poll_at__gt=ask_at).update(next_poll_at=ask_at)
    return len(fresh)


def known_ids(account: Account, ids: set[str]) -> set[str]:
    """Which of the ids messages of the account have already."""
    return set(sent_as(ids, accounts=[account.pk]).values_list("remote_id", flat=True))


def give_up(messages: Mapping[int, str], *, status: str, reason: str) -> int:
    """End adopted messages that the gateway does not send after all: id → the gateway's words. Returns how many moved."""
    updates = [Update(message_id=pk, status=status, reason=reason, note=note) for pk, note in messages.items()]
    return len(apply(updates, source=MessageEvent.Source.ENGINE))


def _update(each: Recognised) -> Update:
    report = each.report
    is_open = report.status == "sent"
    return Update(
        message_id=each.message.pk,
        status=report.status,
        reason=report.reason or "",
        note=report.note,
        remote_id=report.remote_id,
        ask_at=timezone.now() + FIRST_ASK if is_open else None,
    )
