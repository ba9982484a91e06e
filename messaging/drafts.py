"""What people have typed and not sent yet: kept on the server, so that it is there on every screen, and colleagues see it."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from messaging.desk import name_of
from messaging.models import Conversation, Draft, Message

WRITING = timedelta(seconds=12)  # since the last key
BEGUN = timedelta(minutes=30)
LONGEST = 20_000


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A colleague with an answer in the box. is_writing: right now; else it was begun a while ago."""

    name: str
    is_writing: bool


def reply_key(conversation: Conversation, key: str) -> str:
    """The idempotency key of an answer. key: made with the box."""
    return f"reply:{conversation.pk}:{key}"


def keep(conversation: Conversation, *, user: User, body: str, key: str) -> None:
    """Keep what somebody has in the box. Late news of a box that was sent already is left out; an empty box keeps nothing."""
    body, key = body.replace("\x00", ""), key.replace("\x00", "")  # PostgreSQL takes none
    if not body.strip():
        drop(conversation, user=user)
    elif not Message.objects.filter(idempotency_key=reply_key(conversation, key)).exists():
        Draft.objects.update_or_create(
            conversation=conversation, user=user, defaults={"body": body[:LONGEST], "typed_at": timezone.now()}
        )


def drop(conversation: Conversation, *, user: User) -> None:
    """The box is empty again."""
    Draft.objects.filter(conversation=conversation, user=user).delete()


def of(conversation: Conversation, *, user: User) -> tuple[str, list[Writer]]:
    """What somebody left in the box, and the colleagues who are answering too, the latest first. One query for both."""
    names = ("user__first_name", "user__last_name", "user__username")
    kept = Draft.objects.filter(conversation=conversation).select_related("user").only("body", "typed_at", *names)
    drafts = list(kept.order_by("-typed_at"))
    own = next((draft.body for draft in drafts if draft.user_id == user.pk), "")
    now = timezone.now()
    others = [draft for draft in drafts if draft.user_id != user.pk and draft.typed_at > now - BEGUN]
    return own, [Writer(name=name_of(draft.user), is_writing=draft.typed_at > now - WRITING) for draft in others]
