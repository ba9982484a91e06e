"""Handing due messages to one drainer per line, committed before anything leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from contacts import consent
from messaging import pace
from messaging.lease import is_dead
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.providers.errors import Reason

S = Message.Status
LEASE = timedelta(seconds=55)  # longer than a renewal interval, an upload, and the longest call after it


def due_messages(now: datetime) -> QuerySet[Message]:
    """Queued messages whose time has come and whose batch is not held."""
    return Message.objects.filter(
        Q(batch=None) | Q(batch__is_held=False), status__is=S.QUEUED, next_attempt_at__lte=now
    )


def lines_with_work(now: datetime) -> QuerySet[Line]:
    """Lines that are ready, free by their pace, and have a due message."""
    due = due_messages(now).filter(line=OuterRef("pk"))
    ready = Line.objects.filter(state=Line.State.READY, account__state=Account.State.READY, next_free_at__lte=now)
    return ready.filter(Exists(due)).select_related("account").order_by("next_free_at", "id")


def lease_line(line: Line, token: str, *, now: datetime) -> bool:
    """Become the one drainer of a line: when nobody holds it, the holder's time is up, or the holder is dead."""
    rows = Line.objects.filter(pk=line.pk)
    if line.lease_token and line.lease_until and line.lease_until > now:
        if not is_dead(line.lease_token):
            return False
        rows = rows.filter(lease_token=line.lease_token)
    else:
        rows = rows.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return bool(rows.update(lease_token=token, lease_until=now + LEASE))


def renew_line(line_id: int, token: str) -> bool:
    """Hold a line for longer; False when it is no longer ours."""
    return bool(Line.objects.filter(pk=line_id, lease_token=token).update(lease_until=timezone.now() + LEASE))


def release_line(line_id: int, token: str) -> None:
    """Let a line go."""
    Line.objects.filter(pk=line_id, lease_token=token).update(lease_token="", lease_until=None)


@dataclass(frozen=True)
class Claim:
    """What a drainer may send now. `is_held` False: the line is no longer ours. waits_until: when the line is free again
    if nothing could be claimed because of its pace."""

    messages: list[Message]
    is_held: bool = True
    waits_until: datetime | None = None


def claim(line_id: int, token: str, *, wanted: int) -> Claim:
    """Take up to `wanted` due messages of a leased line, as far as its pace allows, and mark them `sending`.

    Excluded here and nowhere later: opted-out people (cancelled), messages past their deadline (expired), held batches.
    """
    now = timezone.now()
    with transaction.atomic():
        if not Line.objects.filter(pk=line_id, lease_token=token).update(lease_until=now + LEASE):
            return Claim([], is_held=False)
        line = Line.objects.select_related("account").get(pk=line_id)
        if line.state != Line.State.READY or line.account.state != Account.State.READY:
            return Claim([])
        allowed = pace.allowance(line, now=now, wanted=wanted)
        if not allowed.count:
            if allowed.until and allowed.until != line.next_free_at:
                Line.objects.filter(pk=line_id).update(next_free_at=allowed.until, waits_for=allowed.waits_for)
            return Claim([], waits_until=allowed.until)
        candidates = _candidates(line_id, now, allowed.count)
        endings = [_ending(message, now) for message in candidates]
        messages = [message for message, ending in zip(candidates, endings, strict=True) if ending is None]
        apply([ending for ending in endings if ending], source=MessageEvent.Source.ENGINE)
        if messages:
            _mark(line, messages, token=token, now=now)
    return Claim(messages)


def _candidates(line_id: int, now: datetime, count: int) -> list[Message]:
    gone = consent.opted_out(OuterRef("channel")).filter(phone_key=OuterRef("phone_key"))
    due = due_messages(now).filter(line_id=line_id).annotate(is_gone=Exists(gone))
    return list(due.select_for_update(of=("self",)).order_by("priority", "id")[:count])


def _ending(message: Message, now: datetime) -> Update | None:
    """Why a due message is not sent after all, if so."""
    if message.is_gone:  # type: ignore[attr-defined]  # annotated by _candidates
        return Update(message_id=message.pk, status=S.CANCELLED, reason=Reason.OPTED_OUT)
    if message.send_before and message.send_before <= now:
        return Update(message_id=message.pk, status=S.EXPIRED, reason=Reason.LATE)
    return None


def _mark(line: Line, messages: list[Message], *, token: str, now: datetime) -> None:
    Message.objects.filter(id__in=[message.pk for message in messages], status=S.QUEUED).update(
        status=S.SENDING, attempts=F("attempts") + 1, attempted_at=now, lease_token=token, status_at=now
    )
    for message in messages:
        message.attempts, message.attempted_at, message.lease_token = message.attempts + 1, now, token
    gap = pace.next_gap(line)
    if gap:
        Line.objects.filter(pk=line.pk).update(next_free_at=now + gap, waits_for="gap")
