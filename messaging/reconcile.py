"""Messages whose outcome nobody knows: found at the gateway, certainly absent, or a question for a person."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from messaging.gateway import outgoing, route_of
from messaging.lease import is_dead
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox import journal
from messaging.outbox.applying import Update, apply
from messaging.outbox.judging import FIND_AFTER, FIRST_ASK
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError, Reason
from messaging.providers.shapes import CannotTell, Found, NotFound, Outgoing

log = logging.getLogger(__name__)
S = Message.Status

FIND_PAUSES = [10, 20, 30]  # seconds between looks; after the last one a person decides
PER_TURN = 100
AT_ONCE = 8  # questions under way at once


def recover_abandoned() -> int:
    """Messages in `sending` whose claim is no longer in force (its process died, or its lease ran out) become `unknown`:
    they may have left. Those that a dead process had certainly not handed over go back to the queue. Returns how many
    were found. Nobody is messaged twice on a guess."""
    now = timezone.now()
    recovered = 0
    sending = Message.objects.filter(status__is=S.SENDING)
    for line in Line.objects.filter(pk__in=sending.values("line_id")):
        is_over = not line.lease_until or line.lease_until <= now or is_dead(line.lease_token)
        abandoned = sending.filter(line=line)
        if not is_over:
            abandoned = abandoned.exclude(lease_token=line.lease_token)
        for token in list(abandoned.values_list("lease_token", flat=True).distinct()):
            recovered += _recover(abandoned.filter(lease_token=token), token, now)
        if is_over and line.lease_token:
            Line.objects.filter(pk=line.pk, lease_token=line.lease_token).update(lease_token="", lease_until=None)
    return recovered


def _recover(abandoned: QuerySet[Message], token: str, now: datetime) -> int:
    """Settle what one claim left behind."""
    ids = set(abandoned.values_list("id", flat=True))
    left = journal.handed_over(token)
    unsent = set() if left is None else ids - left
    updates = [
        Update(message_id=pk, status=S.QUEUED, reason=Reason.CRASHED, claim=token, uncount=True)
        if pk in unsent
        else Update(message_id=pk, status=S.UNKNOWN, reason=Reason.CRASHED, ask_at=now + FIND_AFTER)
        for pk in sorted(ids)
    ]
    changes = apply(updates, source=MessageEvent.Source.ENGINE)
    if left is not None:
        journal.forget(token)
    return len(changes)


def to_find(account: Account, now: datetime) -> QuerySet[Message]:
    """Unknown messages the gateway is to be asked about now."""
    return Message.objects.filter(account=account, status=S.UNKNOWN, ask_at__lte=now)


def undecided() -> QuerySet[Message]:
    """Unknown messages that wait for a person."""
    return Message.objects.filter(status__is=S.UNKNOWN, ask_at=None)


def find_unknown(account: Account, provider: Provider) -> int:
    """Ask the gateway about the unknown messages of an account. Returns how many were settled."""
    now = timezone.now()
    settled = 0
    due = to_find(account, now).filter(line__isnull=False).select_related("line").order_by("ask_at")
    messages = list(due[:PER_TURN])
    if not provider.capabilities.find:
        Message.objects.filter(id__in=[message.pk for message in messages], status=S.UNKNOWN).update(ask_at=None)
        return 0
    questions = [outgoing(message, route_of(message.line)) for message in messages if message.line]
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="find") as pool:
        answers = list(pool.map(lambda question: _ask(provider, question), questions))
    for message, answer in zip(messages, answers, strict=True):
        update = _settle(message, answer)
        settled += len(apply([update], source=MessageEvent.Source.POLL)) if update else 0
    return settled


def _ask(provider: Provider, question: Outgoing) -> Found | NotFound | CannotTell | ProviderError:
    """In a thread: no database here."""
    try:
        return provider.find(question)
    except ProviderError as problem:
        return problem


def _settle(message: Message, answer: Found | NotFound | CannotTell | ProviderError) -> Update | None:
    """What an answer means; None when it settled nothing (and the next look is planned)."""
    now = timezone.now()
    if isinstance(answer, ProviderError):
        log.info("Cannot ask about message %s: %s", message.pk, answer.reason)
        Message.objects.filter(pk=message.pk, status=S.UNKNOWN).update(ask_at=now + timedelta(seconds=FIND_PAUSES[-1]))
        return None
    if isinstance(answer, Found) and not _is_anothers(message, answer.remote_id):
        return Update(message_id=message.pk, status=answer.status, remote_id=answer.remote_id, ask_at=now + FIRST_ASK)
    if isinstance(answer, NotFound):
        return Update(message_id=message.pk, status=S.QUEUED, reason=message.reason, claim=message.lease_token)
    pause = FIND_PAUSES[message.asked] if message.asked < len(FIND_PAUSES) else None
    Message.objects.filter(pk=message.pk, status=S.UNKNOWN).update(
        ask_at=now + timedelta(seconds=pause) if pause else None, asked=F("asked") + 1
    )
    return None


def _is_anothers(message: Message, remote_id: str) -> bool:
    """Whether the message found at the gateway is known to be another one of ours."""
    if not remote_id or not message.line_id:
        return False
    same = Message.objects.filter(line_id=message.line_id, remote_id=remote_id, direction=Message.Direction.OUT)
    return same.exclude(pk=message.pk).exists()
