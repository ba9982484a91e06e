"""The lines of a thread that are no messages, in words: notes, and who did what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.desk import name_of
from messaging.models import Conversation, ConversationEvent, Message

AT_MOST = 300  # lines between the messages on one page
Kind = ConversationEvent.Kind

# With the name of who did it, and the text of the event.
_BY = {
    Kind.ASSIGNED: gettext_lazy("%(who)s gave this to %(what)s."),
    Kind.UNASSIGNED: gettext_lazy("%(who)s gave this back to everybody."),
    Kind.CLOSED: gettext_lazy("%(who)s closed this."),
    Kind.OPENED: gettext_lazy("%(who)s opened this again."),
    Kind.SNOOZED: gettext_lazy("%(who)s put this off until %(what)s."),
    Kind.LABELLED: gettext_lazy("%(who)s added the label “%(what)s”."),
    Kind.UNLABELLED: gettext_lazy("%(who)s took the label “%(what)s” off."),
    Kind.PRIORITY: gettext_lazy("%(who)s made this %(what)s."),
    Kind.REVOKED: gettext_lazy("%(who)s took a message back from the phone: “%(what)s”"),
    Kind.DELETED: gettext_lazy("%(who)s deleted a message at the gateway: “%(what)s”"),
    Kind.WOKE: gettext_lazy("It came back by itself."),
    Kind.REOPENED: gettext_lazy("A new message opened this again."),
}


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line between messages. sentence: who did what, "" for a note; who: of a note."""

    event: ConversationEvent
    sentence: str
    who: str

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def is_note(self) -> bool:
        return self.event.kind == Kind.NOTE


def between(
    conversation: Conversation, *, messages: Sequence[Message], is_whole: bool, until: datetime | None
) -> list[Happening]:
    """What happened beside a stretch of messages, oldest first, in one query.

    is_whole: the stretch begins with the first message, so that older lines belong to it too. until: when the stretch
    after this one begins, None for the newest one.
    """
    names = ("user__first_name", "user__last_name", "user__username")
    found = ConversationEvent.objects.filter(conversation=conversation).select_related("user")
    found = found.only("kind", "text", "at", *names)
    if messages and not is_whole:
        found = found.filter(at__gte=messages[0].created_at)
    if until is not None:
        found = found.filter(at__lt=until)
    return [happening(event) for event in reversed(found.order_by("-at", "-id")[:AT_MOST])]


def happening(event: ConversationEvent) -> Happening:
    """An event as people read it."""
    who = name_of(event.user) or _("Carillon")
    said = _BY.get(Kind(event.kind))
    return Happening(event=event, who=who, sentence=str(said) % {"who": who, "what": _what(event)} if said else "")


def _what(event: ConversationEvent) -> str:
    if event.kind == Kind.SNOOZED:
        return date_format(timezone.localtime(datetime.fromisoformat(event.text)), "j M, H:i")
    if event.kind == Kind.PRIORITY and event.text.isdecimal():
        return str(dict(Conversation.Priority.choices).get(int(event.text), event.text))
    return event.text
