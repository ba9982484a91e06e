"""What people answer to a campaign: found when a message comes in, counted once per person, kept and not counted again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from campaigns.models import Campaign, Recipient, Reply
from contacts.models import ConsentEvent, ConsentState
from messaging import inbox, tally
from messaging.models import Account, Message

M = Message.Status
MAY_HAVE_ARRIVED = (M.SENDING, M.UNKNOWN, M.ACCEPTED, M.SENT, M.DELIVERED, M.READ)
SLACK = timedelta(minutes=1)  # gateways tell the time of a message to the minute, or by a clock of their own


def on_received(sender: object, messages: Sequence[Message], **_more: Any) -> None:
    """Find the campaign of each new message, in the transaction that wrote it."""
    for message in messages:
        attribute(message)


def attribute(message: Message) -> Reply | None:
    """Write down which campaign a message answers: the last one that wrote to this person on this account within
    REPLY_HOURS, else on any account (weak), else none. Safe to call twice."""
    sent = _answered(message)
    if sent is None or sent.batch is None or sent.attempted_at is None:
        return None
    campaign: Campaign = sent.batch.campaign
    with transaction.atomic():
        recipient = Recipient.objects.select_for_update().filter(campaign=campaign, phone_key=message.phone_key).first()
        reply, is_new = Reply.objects.get_or_create(
            message=message,
            defaults={
                "campaign": campaign, "recipient": recipient, "is_weak": sent.account_id != message.account_id,
                "is_first": recipient is not None and recipient.replied_at is None,
                "is_opt_out": _opted_out(message), "at": message.created_at,
                "seconds": max(0, round((message.created_at - sent.attempted_at).total_seconds())),
            },
        )  # fmt: skip
        if is_new:
            _count(reply)
            inbox.note_campaign(
                account_id=message.account_id, phone_key=message.phone_key, label=campaign.name,
                url=reverse("campaigns:detail", args=[campaign.pk]),
            )  # fmt: skip
    return reply


def scope_of(campaign: Campaign) -> str:
    """Where the counters of its replies are kept: replied, opted_out (people), messages."""
    return f"{campaign.tally_scope}:replies"


def _answered(message: Message) -> Message | None:
    """The last campaign message that this one can be an answer to."""
    own = _sent_to(message).filter(account_id=message.account_id).first()
    if own is not None:
        return own
    return _sent_to(message).filter(account__in=list(Account.objects.values_list("id", flat=True))).first()


def _sent_to(message: Message) -> QuerySet[Message]:
    """What campaigns sent to this person in time, the last first. By account and phone there is an index."""
    until = message.created_at + SLACK
    found = Message.objects.filter(
        phone_key=message.phone_key, direction=Message.Direction.OUT, batch__campaign__isnull=False,
        status__in=MAY_HAVE_ARRIVED, attempted_at__gte=message.created_at - timedelta(hours=settings.REPLY_HOURS),
        attempted_at__lte=until,
    )  # fmt: skip
    return found.select_related("batch__campaign").order_by("-attempted_at", "-id")


def _opted_out(message: Message) -> bool:
    """Whether this message was read as an opt-out when it came in."""
    said = ConsentEvent.objects.filter(phone_key=message.phone_key, source=ConsentEvent.Source.REPLY)
    return said.filter(state=ConsentState.OPTED_OUT, created_at__gte=message.status_at).exists()


def _count(reply: Reply) -> None:
    scope = scope_of(reply.campaign)
    deltas = {(scope, "messages"): 1}
    if reply.is_first and reply.recipient_id:
        Recipient.objects.filter(pk=reply.recipient_id).update(replied_at=reply.at)
        deltas[scope, "replied"] = 1
    if reply.is_opt_out and reply.recipient_id:
        before = Reply.objects.filter(recipient_id=reply.recipient_id, is_opt_out=True).exclude(pk=reply.pk)
        deltas[scope, "opted_out"] = 0 if before.exists() else 1
    tally.add(deltas)
