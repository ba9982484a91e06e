"""Taking messages back: out of our queue, out of the gateway's, from the recipient's phone, from the gateway's record."""

from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import outbox
from messaging.gateway import outgoing, provider_of, route_of
from messaging.models import Conversation, ConversationEvent, Line, Message, MessageEvent
from messaging.outbox import Update, apply
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError, Reason
from messaging.providers.shapes import Outgoing
from messaging.reasons import sentence

S = Message.Status
_GONE_OUT = (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ)


class Means(StrEnum):
    """How a message is taken back. Which of them there are is the gateway's capability."""

    QUEUE = "queue"  # out of our own outbox: certain
    CANCEL = "cancel"  # the gateway has it and has not sent it
    REVOKE = "revoke"  # from the recipient's phone
    DELETE = "delete"  # the gateway's record alone


def means_for(message: Message) -> list[Means]:
    """What can be tried with a message as it is now."""
    if message.direction != Message.Direction.OUT:
        return []
    if message.status == S.QUEUED:
        return [Means.QUEUE]
    can = PROVIDERS[message.account.provider].capabilities
    done = set(ConversationEvent.objects.filter(message=message).values_list("kind", flat=True))
    offered = [
        (Means.CANCEL, can.cancel and message.status == S.ACCEPTED),
        (Means.REVOKE, can.revokes and message.status in _GONE_OUT and ConversationEvent.Kind.REVOKED not in done),
        (
            Means.DELETE,
            can.deletes_messages and message.status in _GONE_OUT and ConversationEvent.Kind.DELETED not in done,
        ),
    ]
    return [means for means, is_possible in offered if is_possible and message.remote_id]


def take_back(message: Message, *, means: str, user: User) -> None:
    """Do it, and write down who did. Refused with a sentence when it is too late, or the gateway says no."""
    if means not in means_for(message):
        raise Refused(_("This cannot be done with the message any more."))
    if means == Means.QUEUE:
        if not outbox.withdraw([message.pk], user_id=user.pk):
            raise Refused(_("Too late: it is being sent already."))
        return
    if message.line is not None:
        _ask_gateway(message, message.line, Means(means))
    with transaction.atomic():
        if means in (Means.CANCEL, Means.REVOKE):  # what was delivered stays delivered; the event says the rest
            update = Update(message_id=message.pk, status=S.CANCELLED, reason=Reason.CANCELLED)
            apply([update], source=MessageEvent.Source.PERSON, user_id=user.pk)
        if means != Means.CANCEL:
            _write_down(message, Means(means), user)


def _ask_gateway(message: Message, line: Line, means: Means) -> None:
    asked = outgoing(message, route_of(line))
    with provider_of(message.account) as provider:
        try:
            _call(provider, means, asked)
        except ProviderError as problem:
            said = f"{sentence(problem.reason)} {problem.detail}".strip()
            raise Refused(_("The gateway did not do it. %(said)s") % {"said": said}) from None


def _call(provider: Provider, means: Means, asked: Outgoing) -> None:
    match means:
        case Means.REVOKE:
            provider.revoke(asked)
        case Means.DELETE:
            provider.delete_message(asked)
        case _:
            (outcome,) = provider.cancel([asked])
            if isinstance(outcome, ProviderError):
                raise outcome


def _write_down(message: Message, means: Means, user: User) -> None:
    kind = ConversationEvent.Kind.REVOKED if means == Means.REVOKE else ConversationEvent.Kind.DELETED
    talk = Conversation.objects.filter(account_id=message.account_id, phone_key=message.phone_key).first()
    if talk is not None:
        ConversationEvent.objects.create(
            conversation=talk, kind=kind, text=message.body[:80], message=message, user=user
        )  # fmt: skip
