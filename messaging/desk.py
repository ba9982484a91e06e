"""What a team does with conversations: hand over, snooze, close, label, note. Each change is a line in the thread."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import folders
from messaging.folders import place_of
from messaging.models import Conversation, ConversationEvent, Label

Kind = ConversationEvent.Kind
State = Conversation.State
LONGEST_NOTE = 4000
WOKEN_AT_ONCE = 200
MORNING = 9  # o'clock
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def agents() -> QuerySet[User]:
    """Who may answer, by name: the people a conversation can be given to."""
    able = User.objects.with_perm("messaging.change_conversation", backend=_BACKEND)
    return able.order_by(Lower("first_name"), "username")


def name_of(user: User | None) -> str:
    """How colleagues know somebody; "" for nobody."""
    return (user.get_full_name() or user.get_username()) if user else ""


def assign(conversation: Conversation, *, to: User | None, user: User) -> None:
    """Give it to somebody, or back to everybody. Refused for people who may not answer."""
    if to is None:
        _change(conversation, Kind.UNASSIGNED, user=user, assignee_id=None)
        return
    if not (to.is_active and to.has_perm("messaging.change_conversation")):
        raise Refused(_("%(name)s may not answer conversations.") % {"name": name_of(to)}, field="assignee")
    _change(conversation, Kind.ASSIGNED, user=user, text=name_of(to), assignee_id=to.pk)


def close(conversation: Conversation, *, user: User) -> None:
    """Done with, until a new message comes."""
    _change(
        conversation, Kind.CLOSED, user=user, state=State.CLOSED, snoozed_until=None, unread=0, waiting_since=None
    )  # fmt: skip


def reopen(conversation: Conversation, *, user: User) -> None:
    """Back among the open ones."""
    _change(conversation, Kind.OPENED, user=user, state=State.OPEN, snoozed_until=None)


def snooze(conversation: Conversation, *, until: datetime, user: User) -> None:
    """Out of the way until a moment, which must lie ahead, or until a new message comes."""
    if until <= timezone.now():
        raise Refused(_("Choose a moment that is still to come."), field="snoozed_until")
    _change(
        conversation, Kind.SNOOZED, user=user, text=until.isoformat(), state=State.SNOOZED, snoozed_until=until, unread=0
    )  # fmt: skip


def prioritise(conversation: Conversation, *, priority: int, user: User) -> None:
    """How urgent it is; refused for what is no Conversation.Priority."""
    if priority not in Conversation.Priority.values:
        raise Refused(_("There is no such priority."), field="priority")
    _change(conversation, Kind.PRIORITY, user=user, text=str(priority), priority=priority)


def label(conversation: Conversation, *, labels: Iterable[Label], user: User) -> None:
    """These labels and no others."""
    wanted = {each.pk: each for each in labels}
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        now = {each.pk: each for each in conversation.labels.all()}
        conversation.labels.set(wanted.values())
        events = [(Kind.LABELLED, wanted[pk]) for pk in wanted if pk not in now]
        events += [(Kind.UNLABELLED, now[pk]) for pk in now if pk not in wanted]
        ConversationEvent.objects.bulk_create(
            ConversationEvent(conversation=conversation, kind=kind, text=each.name, user=user) for kind, each in events
        )


def make_label(*, name: str, tone: str = Label.Tone.NEUTRAL) -> Label:
    """The label of this name, whatever its case; made with this colour if there is none. Refused without a name."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > 40:
        raise Refused(_("A label needs a name of at most 40 characters."), field="name")
    if tone not in Label.Tone.values:
        raise Refused(_("There is no such colour."), field="tone")
    with transaction.atomic():
        known = Label.objects.select_for_update().filter(name__iexact=name).first()
        return known or Label.objects.create(name=name, tone=tone)


def note(conversation: Conversation, *, text: str, user: User) -> ConversationEvent:
    """Write something down for colleagues. It is never sent. Refused when empty or too long."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise Refused(_("Write the note first."), field="text")
    if len(text) > LONGEST_NOTE:
        raise Refused(_("A note has at most %(limit)s characters.") % {"limit": LONGEST_NOTE}, field="text")
    return ConversationEvent.objects.create(conversation=conversation, kind=Kind.NOTE, text=text, user=user)


def snooze_choices() -> list[tuple[str, datetime]]:
    """Moments that people snooze to, in words: hours from now, and mornings."""
    now = timezone.localtime().replace(second=0, microsecond=0)
    morning = now.replace(hour=MORNING, minute=0)
    monday = morning + timedelta(days=7 - now.weekday())
    return [
        (_("in an hour"), now + timedelta(hours=1)),
        (_("in four hours"), now + timedelta(hours=4)),
        (_("tomorrow morning"), morning + timedelta(days=1)),
        (_("Monday morning"), monday),
    ]


def wake_due() -> int:
    """Bring back those whose time has come. Returns how many."""
    due = Conversation.objects.filter(state__is=State.SNOOZED, snoozed_until__lte=timezone.now())
    woken = 0
    for pk in due.order_by("snoozed_until").values_list("pk", flat=True)[:WOKEN_AT_ONCE]:
        with transaction.atomic():
            row = due.select_for_update().filter(pk=pk).first()
            if row is not None:  # else somebody was faster
                _write(row, Kind.WOKE, user=None, text="", changes={"state": State.OPEN, "snoozed_until": None})
                woken += 1
    return woken


def _change(conversation: Conversation, kind: Kind, *, user: User, text: str = "", **changes: Any) -> None:
    """Write fields and the line that tells of it; nothing where all of them are so already."""
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if any(getattr(row, name) != value for name, value in changes.items()):
            _write(row, kind, user=user, text=text, changes=changes)
    conversation.refresh_from_db(fields=[name.removesuffix("_id") for name in changes])


def _write(row: Conversation, kind: Kind, *, user: User | None, text: str, changes: dict[str, Any]) -> None:
    before = place_of(row)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[name.removesuffix("_id") for name in changes])
    folders.moved(before, place_of(row))
    ConversationEvent.objects.create(conversation=row, kind=kind, text=text, user=user)
