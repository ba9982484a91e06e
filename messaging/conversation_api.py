"""REST calls about conversations: read them, and hand over, snooze, close, label."""

from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema

from contacts.refusal import Refused
from messaging import desk, threads
from messaging.api import acting, message_out
from messaging.models import Conversation, Label

router = Router(tags=["conversations"])
PRIORITIES = {Conversation.Priority(value): name.lower() for name, value in Conversation.Priority.__members__.items()}


class ConversationOut(Schema):
    """assignee: a username. waiting_since: of the first message that nobody answered."""

    id: int
    account: int
    channel: str
    phone: str
    contact: int | None
    name: str
    state: str
    snoozed_until: datetime | None
    assignee: str | None
    labels: list[str]
    priority: str
    unread: int
    waiting_since: datetime | None
    last_at: datetime
    snippet: str
    last_campaign: str


class ConversationsOut(Schema):
    items: list[ConversationOut]
    next: str | None


class ConversationIn(Schema):
    """Only what is given is changed. assignee: a username, null for nobody. labels: exactly these; new names are made."""

    state: Literal["open", "snoozed", "closed"] | None = None
    snoozed_until: datetime | None = None
    assignee: str | None = None
    labels: list[str] | None = None
    priority: Literal["normal", "high", "urgent"] | None = None


@router.get("/conversations", response=ConversationsOut)
def list_conversations(
    request: HttpRequest,
    folder: Literal["mine", "unassigned", "all", "unread", "snoozed", "closed"] = "all",
    label: str = "",
    q: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """A folder of the inbox, the newest talk first. `all` are the open ones."""
    user = acting(request, "messaging.view_conversation")
    chosen = get_object_or_404(Label, name__iexact=label).pk if label else None
    page = threads.conversations(
        user=user, folder=folder, label=chosen, q=q[:100], cursor=cursor, size=max(1, min(limit, 500))
    )  # fmt: skip
    return {"items": [conversation_out(each) for each in page.items], "next": page.next}


@router.get("/conversations/{conversation_id}", response=ConversationOut)
def get_conversation(request: HttpRequest, conversation_id: int) -> dict[str, Any]:
    acting(request, "messaging.view_conversation")
    return conversation_out(_found(conversation_id))


@router.get("/conversations/{conversation_id}/messages", response=dict[str, Any])
def list_conversation_messages(
    request: HttpRequest, conversation_id: int, cursor: str | None = None, limit: int = 50
) -> dict[str, Any]:
    """Both directions, the newest first."""
    acting(request, "messaging.view_conversation")
    acting(request, "messaging.view_message")
    page = threads.messages_page(_found(conversation_id), cursor=cursor, size=max(1, min(limit, 500)))
    return {"items": [message_out(each) for each in page.items], "next": page.next}


@router.patch("/conversations/{conversation_id}", response=ConversationOut)
def change_conversation(request: HttpRequest, conversation_id: int, data: ConversationIn) -> dict[str, Any]:
    user = acting(request, "messaging.change_conversation")
    found = _found(conversation_id)
    given = data.dict(exclude_unset=True)
    with transaction.atomic():
        if "assignee" in given:
            desk.assign(found, to=_colleague(data.assignee), user=user)
        if data.labels is not None:
            desk.label(found, labels=[desk.make_label(name=name) for name in data.labels], user=user)
        if data.priority is not None:
            desk.prioritise(found, priority=Conversation.Priority[data.priority.upper()], user=user)
        if data.state is not None or data.snoozed_until is not None:
            _move(found, data, user)
    return conversation_out(_found(conversation_id))


def conversation_out(each: Conversation) -> dict[str, Any]:
    return {
        "id": each.pk, "account": each.account_id, "channel": each.channel, "phone": each.phone, "contact": each.contact_id,
        "name": each.contact.name if each.contact else "", "state": each.state, "snoozed_until": each.snoozed_until,
        "assignee": each.assignee.get_username() if each.assignee else None,
        "labels": [label.name for label in each.label_list],
        "priority": PRIORITIES[Conversation.Priority(each.priority)], "unread": each.unread,
        "waiting_since": each.waiting_since, "last_at": each.last_at, "snippet": each.snippet,
        "last_campaign": each.last_campaign,
    }  # fmt: skip


def _found(conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("contact", "assignee"), pk=conversation_id)


def _colleague(username: str | None) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Refused(_("There is nobody called “%(name)s”.") % {"name": username}, field="assignee")
    return found


def _move(found: Conversation, data: ConversationIn, user: User) -> None:
    match data.state:
        case "closed":
            desk.close(found, user=user)
        case "open":
            desk.reopen(found, user=user)
        case _ if data.snoozed_until is None:
            raise Refused(_("Say until when: snoozed_until."), field="snoozed_until")
        case _:
            desk.snooze(found, until=data.snoozed_until, user=user)
