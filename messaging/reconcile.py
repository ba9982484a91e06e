"""Messages whose outcome nobody knows: found at the gateway, certainly absent, or a question for a person."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.gateway import outgoing, route_of
from messaging.known import sent_as
from messaging.lease import is_dead
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox import journal
from messaging.outbox.abandoned import settle_claim
from messaging.outbox.applying import Update, apply
from messaging.outbox.judging import FIRST_ASK
from messaging.providers.base import Provider
from messaging.providers.errors import MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import CannotTell, Found, NotFound, Outgoing

log = logging.getLogger(__name__)
S = Message.Status
Answer = Found | NotFound | CannotTell | ProviderError

FIND_PAUSES = [5, 12, 20]  # seconds between looks; after the last one, within a minute, a person decides
SURE_AFTER = timedelta(seconds=20)  # since its call ended; before that a gateway may still be writing a message down
ABSENT = 100  # `asked` of a message that the gateway does not have: when it says so once more, it is believed
ONCE_MORE = timedelta(seconds=10)  # between these two answers
AWAY = timedelta(seconds=20)  # between two looks while the gateway cannot be asked
PATIENCE = timedelta(hours=1)  # since its call ended; a gateway that could not be asked for so long is not waited for
PER_TURN = 500
AT_ONCE = 8  # questions under way at once
FIND_SECONDS = 10.0  # no further question after this: the other news of the account wait meanwhile


def recover_abandoned() -> int:
    """Messages in `sending` whose claim is no longer in force (its process died, or its lease ran out) become `unknown`:
    they may have left. Those that a dead process had certainly not handed over go back to the queue. Returns how many
    were found. Nobody is messaged twice on a guess."""
    now = timezone.now()
    recovered = 0
    sending = Message.objects.filter(status__is=S.SENDING)
    leased = Q(lease_until__gt=now) & ~Q(lease_token="")
    for line in Line.objects.filter(leased | Q(pk__in=sending.values("line_id"))):
        is_over = not line.lease_until or line.lease_until <= now or is_dead(line.lease_token)
        abandoned = sending.filter(line=line)
        if not is_over:
            abandoned = abandoned.exclude(lease_token=line.lease_token)
        for token in list(abandoned.values_list("lease_token", flat=True).distinct()):
            left = journal.handed_over(token)
            recovered += settle_claim(line.pk, token, handed_over=left)
            if left is not None:
                journal.forget(token)
        if is_over and line.lease_token:
            Line.objects.filter(pk=line.pk, lease_token=line.lease_token).update(lease_token="", lease_until=None)
    return recovered


def to_find(account: Account, now: datetime) -> QuerySet[Message]:
    """Unknown messages the gateway is to be asked about now."""
    return Message.objects.filter(account=account, status=S.UNKNOWN, ask_at__lte=now)


def undecided() -> QuerySet[Message]:
    """Unknown messages that wait for a person."""
    return Message.objects.filter(status__is=S.UNKNOWN, ask_at=None)


def find_unknown(account: Account, provider: Provider) -> int:
    """Ask the gateway about the unknown messages of an account: all that are due, as far as FIND_SECONDS reach and the
    gateway answers. Returns how many were settled."""
    due = to_find(account, timezone.now()).filter(line__isnull=False).select_related("line").order_by("ask_at")
    if not provider.capabilities.find:
        Message.objects.filter(id__in=[message.pk for message in due], status=S.UNKNOWN).update(ask_at=None)
        return 0
    messages, settled, started = list(due[:PER_TURN]), 0, time.monotonic()
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="find") as pool:
        for begin in range(0, len(messages), AT_ONCE):
            some = messages[begin : begin + AT_ONCE]
            questions = [outgoing(message, route_of(message.line)) for message in some if message.line]
            answers = list(pool.map(lambda question: _ask(provider, question), questions))
            settled += _write(some, answers)
            is_answering = not any(isinstance(answer, NotSent | OutcomeUnknown) for answer in answers)
            if not is_answering or time.monotonic() - started > FIND_SECONDS:
                break
    return settled


def _write(messages: Sequence[Message], answers: Sequence[Answer]) -> int:
    """Write down what is known now, or when to ask again. Returns how many were settled."""
    others = _known_ids(messages, answers)
    updates = [_settle(message, answer, others) for message, answer in zip(messages, answers, strict=True)]
    return len(apply([update for update in updates if update], source=MessageEvent.Source.POLL))


def _ask(provider: Provider, question: Outgoing) -> Answer:
    """In a thread: no database here."""
    try:
        return provider.find(question)
    except ProviderError as problem:
        return problem


def _settle(message: Message, answer: Answer, others: dict[tuple[int | None, str], int]) -> Update | None:
    """What an answer means; None when it settled nothing (and the next look is planned). others: whose an id is."""
    now = timezone.now()
    if isinstance(answer, Found):
        owner = others.setdefault((message.line_id, answer.remote_id), message.pk) if answer.remote_id else message.pk
        if owner == message.pk:
            return Update(
                message_id=message.pk, status=answer.status, remote_id=answer.remote_id, ask_at=now + FIRST_ASK
            )
    age = now - message.status_at
    if isinstance(answer, NotFound) and age >= SURE_AFTER:
        if message.asked >= ABSENT:
            return Update(message_id=message.pk, status=S.QUEUED, reason=message.reason, claim=message.lease_token)
        _look_again(message, now + ONCE_MORE, asked=ABSENT)
        return None
    if isinstance(answer, ProviderError) and _may_pass(answer) and age < PATIENCE:
        log.info("Cannot ask about message %s: %s", message.pk, answer.reason)
        _look_again(message, now + AWAY, asked=message.asked)
        return None
    pause = FIND_PAUSES[message.asked] if message.asked < len(FIND_PAUSES) else None
    _look_again(message, now + timedelta(seconds=pause) if pause else None, asked=message.asked + 1)
    return None


def _may_pass(trouble: ProviderError) -> bool:
    """Whether the gateway may answer the same question later: not one that it refuses, or that the key may not ask."""
    return not isinstance(trouble, MessageRejected) and trouble.reason != Reason.NO_PERMISSION


def _look_again(message: Message, at: datetime | None, *, asked: int) -> None:
    """Plan the next look; None: there is none, and a person decides."""
    Message.objects.filter(pk=message.pk, status=S.UNKNOWN).update(ask_at=at, asked=asked)


def _known_ids(messages: Sequence[Message], answers: Sequence[Answer]) -> dict[tuple[int | None, str], int]:
    """(line, id at the gateway) → the message of ours that has it already, for the ids that were found."""
    ids = {answer.remote_id for answer in answers if isinstance(answer, Found) and answer.remote_id}
    lines = {message.line_id for message in messages if message.line_id}
    ours = sent_as(ids, accounts={message.account_id for message in messages}).filter(line_id__in=lines)
    return {(line_id, remote_id): pk for pk, line_id, remote_id in ours.values_list("id", "line_id", "remote_id")}
