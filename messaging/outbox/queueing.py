"""Putting messages into the outbox, and taking them out again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.giving_way import GivingWay
from contacts.models import Consent, ConsentState, Contact
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused
from messaging.media import files
from messaging.models import Batch, Line, Message, MessageEvent
from messaging.outbox.applying import Update, apply
from messaging.parts import count_parts
from messaging.providers import PROVIDERS
from messaging.providers.base import Capabilities
from messaging.providers.errors import Reason
from messaging.signals import Change, message_changed

S = Message.Status
SLICE = 1000  # messages withdrawn in one transaction


def queue(
    *,
    line: Line,
    to: str,
    body: str,
    attachment: dict[str, Any] | None = None,
    priority: int = Message.Priority.REPLY,
    send_before: datetime | None = None,
    idempotency_key: str | None = None,
    batch: Batch | None = None,
    resend_of: Message | None = None,
    user: User | None = None,
) -> tuple[Message, bool]:
    """Put one message in the outbox. Returns it, and whether it is new: the same idempotency key is the same message.

    to: a phone in any usual spelling. Refused for a bad number, an empty or too long text, and an opted-out person.
    """
    if idempotency_key and (known := Message.objects.filter(idempotency_key=idempotency_key).first()):
        return known, False
    phone = normalise(to, region=line.account.region)
    key = phone_key(phone)
    _refuse(line=line, key=key, body=body, attachment=attachment)
    message = Message(
        account=line.account, line=line, direction=Message.Direction.OUT, channel=line.channel, phone=phone, phone_key=key,
        contact=Contact.objects.filter(phone_key=key).first(), body=body, attachment=attachment,
        parts=count_parts(body) if line.channel == "sms" else 1, status=S.QUEUED, priority=priority, send_before=send_before,
        batch=batch, idempotency_key=idempotency_key or None, resend_of=resend_of, created_by=user,
    )  # fmt: skip
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            files.use(attachment)
    except IntegrityError:
        known = Message.objects.filter(idempotency_key=idempotency_key or "").first()
        if known is None:
            raise
        return known, False  # two calls with one key raced, and the other one was first
    return message, True


def queue_many(messages: list[Message]) -> list[Message]:
    """Put a campaign's messages in the outbox, in the caller's transaction. They come with every column filled but the
    status; opted-out people are left out later, by the claim."""
    for message in messages:
        message.status, message.direction = S.QUEUED, Message.Direction.OUT
    return Message.objects.bulk_create(messages)


def withdraw(messages: Iterable[int], *, user_id: int | None = None, reason: str = Reason.CANCELLED) -> int:
    """Take messages that are still queued out of the outbox for good. Returns how many were still there."""
    source = MessageEvent.Source.PERSON if user_id else MessageEvent.Source.ENGINE
    queued = Message.objects.filter(id__in=list(messages), status=S.QUEUED).values_list("id", flat=True)
    updates = [Update(message_id=pk, status=S.CANCELLED, reason=reason, only_from=S.QUEUED) for pk in queued]
    return len(apply(updates, source=source, user_id=user_id))


def withdraw_batch(batch: Batch) -> None:
    """Withdraw all queued messages of a batch, slice by slice."""
    queued, give_way = Message.objects.filter(batch=batch, status=S.QUEUED).values_list("id", flat=True), GivingWay()
    while withdraw(queued[:SLICE]):
        give_way()


def resend(message: Message, *, user: User | None) -> Message:
    """Send the same text again as a new message, linked to the old one. A person's decision, never the program's."""
    with transaction.atomic():
        status = Message.objects.select_for_update().values_list("status", flat=True).get(pk=message.pk)  # as it is now
        if message.line is None or status not in (S.UNKNOWN, S.FAILED, S.CANCELLED, S.EXPIRED):
            raise Refused(_("Only a message that failed, or whose outcome is not known, can be sent again."))
        if status == S.UNKNOWN:
            _settle(message, Reason.RESENT, user=user)
        new, is_new = queue(
            line=message.line, to=message.phone, body=message.body, attachment=message.attachment, batch=message.batch,
            idempotency_key=f"resend:{message.pk}", resend_of=message, user=user,
        )  # fmt: skip
        if not is_new:
            raise Refused(_("This message has been sent again already."))
        change = Change(
            message_id=new.pk, batch_id=new.batch_id, account_id=new.account_id, before="", after=new.status, reason="",
            replaces=message.pk,
        )  # fmt: skip
        message_changed.send(sender=None, changes=[change])
    return new


def drop(message: Message, *, user: User | None) -> None:
    """Settle an unknown outcome as "do not send again"."""
    _settle(message, Reason.DROPPED, user=user)


def confirm_sent(message: Message, *, user: User | None) -> None:
    """Settle an unknown outcome as "it arrived": a person looked at the phone."""
    update = Update(message_id=message.pk, status=S.SENT)
    apply([update], source=MessageEvent.Source.PERSON, user_id=user.pk if user else None)


def _settle(message: Message, reason: Reason, *, user: User | None) -> None:
    update = Update(message_id=message.pk, status=S.FAILED, reason=reason)
    apply([update], source=MessageEvent.Source.PERSON, user_id=user.pk if user else None)


def _can_send(capabilities: Capabilities, attachment: dict[str, Any]) -> bool:
    """Whether the gateway takes this kind of attachment at all."""
    match attachment.get("type"):
        case "location":
            return capabilities.locations
        case "link":
            return capabilities.links_preview
        case "menu":
            return capabilities.menus
        case _:
            return attachment.get("kind") in capabilities.media


def check_attachment(line: Line, attachment: dict[str, Any], *, body: str) -> None:
    """Raise Refused(field="attachment", "file" or "body") for what a line's gateway does not take with this text."""
    can = PROVIDERS[line.account.provider].capabilities
    is_media = attachment.get("type") == "media"
    if not _can_send(can, attachment) or (is_media and line.channel not in can.media_channels):
        raise Refused(_("This line's gateway cannot send such an attachment. Choose another line."), field="attachment")
    files.check_attached(line, attachment, body=body)


def _refuse(*, line: Line, key: str, body: str, attachment: dict[str, Any] | None) -> None:
    capabilities = PROVIDERS[line.account.provider].capabilities
    if not body.strip() and not attachment:
        raise Refused(_("Write a text or attach a file."), field="body")
    if attachment:
        check_attachment(line, attachment, body=body)
    if capabilities.text_limit and len(body) > capabilities.text_limit:
        raise Refused(
            _("This gateway takes at most %(limit)s characters; the text has %(length)s. Shorten it.")
            % {"limit": capabilities.text_limit, "length": len(body)},
            field="body",
        )
    if Consent.objects.filter(phone_key=key, channel=line.channel, state=ConsentState.OPTED_OUT).exists():
        raise Refused(_("This person has opted out and is not messaged."), field="to")
