"""Handing due messages to one drainer per line, committed before anything leaves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from contacts import consent
from messaging import pace
from messaging.lease import is_dead
from messaging.models import Account, ConsentReply, Line, Message, MessageEvent
from messaging.outbox import holding
from messaging.outbox.applying import Update, apply
from messaging.outbox.due import Due, read
from messaging.providers.errors import Reason

S = Message.Status
LEASE = timedelta(seconds=55)  # longer than a renewal interval, an upload, and the longest call after it


def due_messages(now: datetime) -> QuerySet[Message]:
    """Queued messages whose time has come and whose batch is not held. Those of a batch that are past their deadline wait
    for a person's word; a single one is due, so that the claim can end it."""
    may_go = Q(batch=None) | Q(batch__is_held=False) & (Q(send_before=None) | Q(send_before__gt=now))
    return Message.objects.filter(may_go, status__is=S.QUEUED, next_attempt_at__lte=now)


def lines_with_work(now: datetime) -> QuerySet[Line]:
    """Lines that are ready, free by their pace, and have a due message; closed ones only for an urgent message."""
    due = due_messages(now).filter(line=OuterRef("pk"))
    urgent = due.filter(priority=Message.Priority.URGENT)
    is_free = Q(next_free_at__lte=now) & Exists(due) | Q(waits_for=pace.WINDOW) & Exists(urgent)
    ready = Line.objects.filter(is_free, state=Line.State.READY, account__state=Account.State.READY)
    return ready.select_related("account").order_by("next_free_at", "id")


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
    """Let a line go, behind those that waited for their turn meanwhile."""
    Line.objects.filter(pk=line_id, lease_token=token).update(
        lease_token="", lease_until=None, next_free_at=Greatest("next_free_at", Value(timezone.now()))
    )


@dataclass(frozen=True)
class Claim:
    """What a drainer may send now. `is_held` False: the line is no longer ours. waits_until: when the line is free again
    if nothing could be claimed because of its pace."""

    messages: list[Due]
    is_held: bool = True
    waits_until: datetime | None = None


def claim(line_id: int, token: str, *, wanted: int, talking: Collection[str] = ()) -> Claim:
    """Take up to `wanted` due messages of a leased line, as far as its pace allows, and mark them `sending`. At most one for
    each person, and none for those with whom the line is `talking` (phone keys): what a person gets keeps its order.

    Excluded here and nowhere later: opted-out people (cancelled), single messages past their deadline (expired), held batches,
    closed hours of the line or the person (urgent messages pass), and what would go over a cap.
    """
    now = timezone.now()
    with transaction.atomic():
        if not Line.objects.filter(pk=line_id, lease_token=token).update(lease_until=now + LEASE):
            return Claim([], is_held=False)
        line = Line.objects.select_related("account").get(pk=line_id)
        if line.state != Line.State.READY or line.account.state != Account.State.READY:
            return Claim([])
        if wait := pace.busy(line, now=now):
            return Claim([], waits_until=wait.until)
        closed, rooms = pace.closed(line, now=now), pace.rooms(line, now=now)
        full = pace.full(line, rooms, now=now)
        if full and not closed:
            return _rest(line, pace.closed(line, now=full.until) or full)
        candidates = _candidates(line, now, 1 if pace.is_paced(line) else wanted, only_urgent=closed is not None)
        if closed and not candidates:
            return _rest(line, closed)
        if full:
            return _rest(line, full)
        going = _one_each(_going(line, candidates, now), talking)
        messages = _fitting(rooms, going, 1 if pace.is_paced(line) else wanted)
        if messages:
            _mark(line, messages, token=token, now=now)
        elif going and (full := pace.full(line, rooms, parts=going[0].parts, now=now)):
            return _rest(line, full)
    return Claim(messages, waits_until=now if candidates and not messages else None)


def _rest(line: Line, wait: pace.Wait) -> Claim:
    """Write down why a line waits, so that nobody looks at it before."""
    Line.objects.filter(pk=line.pk).update(next_free_at=wait.until, waits_for=wait.word)
    return Claim([], waits_until=wait.until)


def _candidates(line: Line, now: datetime, count: int, *, only_urgent: bool) -> list[Due]:
    gone = consent.opted_out(OuterRef("channel")).filter(phone_key=OuterRef("phone_key"))
    due = due_messages(now).filter(line=line)
    if only_urgent:
        due = due.filter(priority=Message.Priority.URGENT)
    has_facts = holding.may_hold(line)
    if has_facts:
        due, count = holding.with_facts(line, due), max(count, holding.LOOK)
    due = due.annotate(is_gone=Exists(gone)).select_for_update(of=("self",)).order_by("priority", "id")
    return read(due, count=count, has_facts=has_facts)


def _going(line: Line, candidates: Sequence[Due], now: datetime) -> list[Due]:
    """Due messages that may leave now. The others end here, or wait for their person's time."""
    spared = _confirmations(candidates)
    endings = [_ending(message, now, is_spared=message.pk in spared) for message in candidates]
    going = [message for message, ending in zip(candidates, endings, strict=True) if ending is None]
    apply([ending for ending in endings if ending], source=MessageEvent.Source.ENGINE)
    if holding.may_hold(line):
        going, held = holding.sort_out(line, going, now=now)
        holding.hold(held)
    return going


def _one_each(going: Sequence[Due], talking: Collection[str]) -> list[Due]:
    """The first message for each person whose last one is not on its way."""
    first: dict[str, Due] = {}
    for message in going:
        first.setdefault(message.phone_key, message)
    return [message for key, message in first.items() if key not in talking]


def _fitting(rooms: Sequence[pace.Room], going: Sequence[Due], wanted: int) -> list[Due]:
    """The first messages whose parts together keep every cap. A long one is not overtaken: it would never leave."""
    taken, messages = 0, []
    for message in going[:wanted]:
        if not all(room.fits(message.parts, taken) for room in rooms):
            break
        taken += message.parts
        messages.append(message)
    return messages


def _confirmations(candidates: Sequence[Due]) -> set[int]:
    """Those that tell opted-out people that they are: the one message they still get. No query where nobody is out."""
    gone = [message.pk for message in candidates if message.is_gone]
    return set(ConsentReply.objects.filter(message__in=gone).values_list("message_id", flat=True)) if gone else set()


def _ending(message: Due, now: datetime, *, is_spared: bool) -> Update | None:
    """Why a due message is not sent after all, if so."""
    if message.is_gone and not is_spared:
        return Update(message_id=message.pk, status=S.CANCELLED, reason=Reason.OPTED_OUT)
    if message.send_before and message.send_before <= now:
        return Update(message_id=message.pk, status=S.EXPIRED, reason=Reason.LATE)
    return None


def _mark(line: Line, messages: list[Due], *, token: str, now: datetime) -> None:
    Message.objects.filter(id__among=[message.pk for message in messages]).update(  # locked, so they are still queued
        status=S.SENDING, attempts=F("attempts") + 1, attempted_at=now, counted_at=now, lease_token=token, status_at=now
    )
    if line.first_contacts_per_day is not None:
        first = [message.pk for message in messages if message.is_first_contact]
        Message.objects.filter(id__among=first).update(is_first_contact=True)
    for message in messages:
        message.attempts, message.attempted_at, message.lease_token = message.attempts + 1, now, token
    gap = pace.next_gap(line)
    if gap:
        Line.objects.filter(pk=line.pk).update(next_free_at=now + gap, waits_for="gap")
