"""The one confirmation of an opt-out or opt-in by reply: on the line that heard it, at once, never a second time."""

from datetime import timedelta

from django.utils import timezone

from contacts.phone import phone_key
from messaging.automation.words import Language
from messaging.models import ConsentReply, Line, Message
from messaging.outbox.queueing import queue_many
from messaging.parts import count_parts

NOT_AGAIN = timedelta(hours=24)  # two of one kind to one person, whatever they write in between
TOO_LATE = timedelta(hours=24)  # after which nobody expects it any more


def confirm(incoming: Message, *, kind: str, language: Language | None) -> Message | None:
    """Queue the confirmation, in the caller's transaction; None where there is nothing to say or no way to say it.

    kind: of ConsentReply.Kind. Once for an incoming message, and once a day for a person and a kind. It goes out although
    the person has opted out, and before everything else: the claim knows it by its ConsentReply.
    """
    text = (language.out_text if kind == ConsentReply.Kind.OUT else language.in_text) if language else ""
    line = line_to_answer(incoming)
    if not text or line is None or _was_confirmed(incoming, kind):
        return None
    (message,) = queue_many([
        Message(
            account=incoming.account, line=line, channel=line.channel, phone=incoming.phone, phone_key=incoming.phone_key,
            contact_id=incoming.contact_id, body=text, parts=count_parts(text) if line.channel == "sms" else 1,
            priority=Message.Priority.URGENT, send_before=timezone.now() + TOO_LATE,
            idempotency_key=f"consent:{kind}:{incoming.pk}",
        )
    ])  # fmt: skip
    ConsentReply.objects.create(incoming=incoming, message=message, phone_key=incoming.phone_key, kind=kind)
    return message


def line_to_answer(incoming: Message) -> Line | None:
    """The line that heard a message; where the gateway did not tell, the one that wrote to this person last, else one that
    is ready. None for a sender that is not a phone."""
    if not incoming.phone.startswith("+") or incoming.phone_key != phone_key(incoming.phone):
        return None
    if incoming.line:
        return incoming.line
    lines = Line.objects.filter(account=incoming.account, channel=incoming.channel).exclude(state=Line.State.DISABLED)
    wrote = Message.objects.filter(
        account=incoming.account, phone_key=incoming.phone_key, direction=Message.Direction.OUT, line__in=lines
    )
    last = wrote.order_by("-id").select_related("line").first()
    if last:
        return last.line
    return lines.filter(state=Line.State.READY).order_by("next_free_at", "id").first()


def _was_confirmed(incoming: Message, kind: str) -> bool:
    if ConsentReply.objects.filter(incoming=incoming).exists():
        return True
    since = timezone.now() - NOT_AGAIN
    return ConsentReply.objects.filter(phone_key=incoming.phone_key, kind=kind, created_at__gt=since).exists()
