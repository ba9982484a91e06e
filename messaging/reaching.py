"""What becomes of messages says whom WhatsApp reaches: noted as the news comes in, in the same transaction."""

from collections.abc import Sequence
from typing import Any

from contacts import reach
from contacts.models import Channel
from messaging.models import Message
from messaging.providers.errors import Reason
from messaging.signals import Change

_ARRIVED = (Message.Status.DELIVERED, Message.Status.READ)


def on_changed(changes: Sequence[Change], **_more: Any) -> None:
    """A delivered or read message was reached; one that failed as not on WhatsApp was not (listens to `message_changed`)."""
    arrived = [change.message_id for change in changes if change.after in _ARRIVED and change.before not in _ARRIVED]
    missed = [
        change.message_id
        for change in changes
        if change.after == Message.Status.FAILED and change.reason == Reason.NOT_ON_WHATSAPP
    ]
    for ids, is_reached in ((arrived, True), (missed, False)):
        if ids:
            found = Message.objects.filter(id__among=ids, channel=Channel.WHATSAPP)
            reach.note(found.values_list("phone_key", flat=True), is_reached=is_reached)


def on_received(messages: Sequence[Message], **_more: Any) -> None:
    """Whoever writes on WhatsApp is there (listens to `message_received`)."""
    keys = [message.phone_key for message in messages if message.channel == Channel.WHATSAPP]
    if keys:
        reach.note(keys, is_reached=True)
