"""The folders of the inbox: which conversations are in each, and how many. The numbers are kept, not counted."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from messaging import tally
from messaging.automation import doubts
from messaging.models import Conversation

SCOPE = "inbox"
_State = Conversation.State
FOLDERS: dict[str, Callable[[User], Q]] = {
    "mine": lambda user: Q(state__is=_State.OPEN, assignee=user),
    "unassigned": lambda user: Q(state__is=_State.OPEN, assignee__isnull=True),
    "all": lambda user: Q(state__is=_State.OPEN),
    "unread": lambda user: Q(unread__above=0),
    "snoozed": lambda user: Q(state__is=_State.SNOOZED),
    "closed": lambda user: Q(state__is=_State.CLOSED),
}


class Place(NamedTuple):
    """What decides in which folders a conversation is."""

    state: str
    assignee_id: int | None
    is_unread: bool


def place_of(conversation: Conversation) -> Place:
    """Where it is now; its row should be locked."""
    return Place(conversation.state, conversation.assignee_id, conversation.unread > 0)


def moved(before: Place | None, after: Place) -> None:
    """Keep the counters: call it in the transaction that moves a conversation. before None: it is new."""
    change = Counter(_counters(after))
    change.subtract(_counters(before) if before else [])
    tally.add({(SCOPE, key): delta for key, delta in change.items()})


def listed(folder: str, user: User) -> QuerySet[Conversation]:
    """The conversations of a folder; each folder has a partial index in the order of the list."""
    return Conversation.objects.filter(FOLDERS.get(folder, FOLDERS["all"])(user))


def counts(user: User) -> dict[str, int]:
    """How many are in each folder; how many messages went out and failed today, and how many replies may be opt-outs. One
    query, whatever the number."""
    today = tally.day_scope(timezone.localdate())
    kept = tally.totals_of([SCOPE, today, doubts.SCOPE])
    inbox = kept[SCOPE]
    own = {"mine": inbox.get(_mine(user.pk), 0), "sent": kept[today].get("accepted", 0)}
    return (
        own
        | {"failed": kept[today].get("failed", 0), "doubts": kept[doubts.SCOPE].get("open", 0)}
        | {name: inbox.get(name, 0) for name in FOLDERS if name != "mine"}
    )


def recount() -> int:
    """Correct the counters by what is there: users are deleted and rows corrected by hand. Returns how many were wrong.

    On PostgreSQL both sides are read from one snapshot; SQLite has one writer anyway.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        real: Counter[str] = Counter()
        is_unread = ExpressionWrapper(Q(unread__gt=0), output_field=BooleanField())
        grouped = Conversation.objects.order_by().values_list("state", "assignee_id", is_unread).annotate(Count("id"))
        for state, assignee_id, unread, count in grouped:
            for key in _counters(Place(state, assignee_id, unread)):
                real[key] += count
        wrong = Counter(real)
        wrong.subtract(tally.totals(SCOPE))
        deltas = {(SCOPE, key): delta for key, delta in wrong.items() if delta}
        tally.add(deltas)
    return len(deltas)


def _counters(place: Place) -> list[str]:
    found = ["unread"] if place.is_unread else []
    if place.state != _State.OPEN:
        return [*found, str(place.state)]
    return [*found, "all", _mine(place.assignee_id) if place.assignee_id else "unassigned"]


def _mine(user_id: int) -> str:
    return f"mine:{user_id}"
