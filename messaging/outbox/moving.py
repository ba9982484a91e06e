"""Another line for messages that certainly were not sent: moved while they wait, or put anew in place of one that ended."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from contacts.models import Consent, ConsentState
from messaging.models import Line, Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.outbox.carrying import Carrier
from messaging.outbox.queueing import queue_many
from messaging.outbox.writing import execute_on_rows
from messaging.parts import count_parts
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason
from messaging.signals import Change, message_changed

S = Message.Status
TAKEN = (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ)

_MOVE = """
    UPDATE messaging_message
    SET next_attempt_at = %s, line_id = CAST({1} AS bigint), account_id = CAST({2} AS bigint), attempts = 0, reason = '',
        note = '', lease_token = ''
    FROM {rows} WHERE messaging_message.id = CAST({0} AS bigint) AND messaging_message.status = 'queued'
"""


class Place(NamedTuple):
    """Where a message is to wait instead."""

    line: Line
    text_limit: int | None


def place_on(line: Line) -> Place:
    """A line (with its account) as a place for messages."""
    return Place(line, PROVIDERS[line.account.provider].capabilities.text_limit)


def never_in_doubt(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those that no gateway ever took, and whose outcome always was known."""
    doubts = MessageEvent.objects.filter(message=OuterRef("pk"), status__in=[*TAKEN, S.UNKNOWN])
    return messages.filter(~Exists(doubts))


def move(places: Mapping[int, Place]) -> dict[int, Line]:
    """Let queued messages wait on other lines of their channel: id → place. What is not queued any more stays where it is,
    and so does what nobody knew the outcome of once, or what is too long for the other gateway. Returns those that moved,
    with the lines they left."""
    now = timezone.now()
    moment = connection.ops.adapt_datetimefield_value(now)
    with transaction.atomic():
        waiting = _certainly_unsent(places, S.QUEUED)
        carrier = Carrier()
        moved = [message for message in waiting if _can_wait(message, places[message.pk], carrier)]
        lines = {message.pk: places[message.pk].line for message in moved}
        execute_on_rows(_MOVE, [moment], [(pk, line.pk, line.account_id) for pk, line in lines.items()])
        MessageEvent.objects.bulk_create(
            MessageEvent(
                message=message, status=S.QUEUED, reason=Reason.MOVED, note=f"{message.line} → {lines[message.pk]}"[:300],
                source=MessageEvent.Source.ENGINE, at=now,
            )
            for message in moved
        )  # fmt: skip
    return {message.pk: message.line for message in moved if message.line}


def put_anew(places: Mapping[int, Place]) -> list[Message]:
    """New messages in place of others that certainly were not sent, each linked to its old one: id → place. Over
    another channel, what the gateway does not take beside a text stays behind.

    The old one is queued (and ends as cancelled, MOVED) or failed without ever having been taken. Left alone is what
    somebody sent again already, what is too long for the other gateway, a file that it does not take, and
    who opted out of the other channel.
    """
    with transaction.atomic():
        found = _certainly_unsent(places, S.QUEUED, S.FAILED)
        gone, carrier = _opted_out({message.phone_key for message in found}), Carrier()
        olds = [
            message
            for message in found
            if (message.phone_key, places[message.pk].line.channel) not in gone
            and _fits(message, places[message.pk])
            and (_takes_all(message, places[message.pk], carrier) or _may_leave_file(message, places[message.pk]))
        ]
        apply(
            [
                Update(message_id=message.pk, status=S.CANCELLED, reason=Reason.MOVED)
                for message in olds
                if message.status == S.QUEUED
            ],
            source=MessageEvent.Source.ENGINE,
        )
        news = queue_many([_anew(message, places[message.pk], carrier) for message in olds])
        changes = [
            Change(
                message_id=new.pk, batch_id=new.batch_id, account_id=new.account_id, before="", after=S.QUEUED, reason="",
                replaces=new.resend_of_id,
            )
            for new in news
        ]  # fmt: skip
        if changes:
            message_changed.send(sender=None, changes=changes)
    return news


def _certainly_unsent(ids: Mapping[int, object], *statuses: str) -> list[Message]:
    """Those of them in one of these statuses that never were in doubt, were never taken, and were not sent again. Locked,
    then looked at: what somebody else was changing in this moment is seen as it is afterwards."""
    locked = Message.objects.select_for_update().filter(
        pk__in=ids, status__in=statuses, direction=Message.Direction.OUT
    )
    pks = list(locked.order_by("id").values_list("id", flat=True))
    again = Message.objects.filter(resend_of=OuterRef("pk"))
    kept = never_in_doubt(Message.objects.filter(pk__in=pks, status__in=statuses, line__isnull=False))
    return list(kept.filter(~Exists(again)).select_related("line").order_by("id"))


def _opted_out(keys: set[str]) -> set[tuple[str, str]]:
    """(phone key, channel) of those who do not want to hear from us there."""
    gone = Consent.objects.filter(phone_key__in=keys, state=ConsentState.OPTED_OUT)
    return set(gone.values_list("phone_key", "channel"))


def _can_wait(message: Message, place: Place, carrier: Carrier) -> bool:
    is_other = message.line_id != place.line.pk and message.channel == place.line.channel
    return is_other and _fits(message, place) and _takes_all(message, place, carrier)


def _may_leave_file(message: Message, place: Place) -> bool:
    """Over another channel a text goes without its file: it is that or nothing."""
    return message.channel != place.line.channel and bool(message.body.strip())


def _takes_all(message: Message, place: Place, carrier: Carrier) -> bool:
    return carrier.takes(place.line, message.attachment, body=message.body)


def _fits(message: Message, place: Place) -> bool:
    return place.text_limit is None or len(message.body) <= place.text_limit


def _anew(old: Message, place: Place, carrier: Carrier) -> Message:
    """The same text to the same person over another line, with what lay beside it where that line's gateway takes it. The
    key is the one a person's "send again" has: of both, one wins."""
    line = place.line
    return Message(
        account_id=line.account_id, line=line, channel=line.channel, phone=old.phone, phone_key=old.phone_key,
        contact_id=old.contact_id, body=old.body, attachment=old.attachment if _takes_all(old, place, carrier) else None,
        parts=count_parts(old.body) if line.channel == "sms" else 1, batch_id=old.batch_id, priority=old.priority,
        send_before=old.send_before, resend_of=old, idempotency_key=f"resend:{old.pk}",
    )  # fmt: skip
