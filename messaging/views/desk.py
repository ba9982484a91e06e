"""What is done with a conversation besides answering: hand over, snooze, close, label, note, and the draft in its box."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import desk, drafts
from messaging.models import Conversation, Label
from messaging.views.inbox import conversation_of, head


@require_POST
@login_required
@permission_required("messaging.change_conversation", raise_exception=True)
def conversation_assign(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Give it to a colleague (`to`: their id, "me"), or to nobody ("")."""
    found = conversation_of(pk)
    asked = request.POST.get("to", "")
    if asked == "me":
        to: User | None = request.user
    else:
        to = get_object_or_404(User, pk=_id(asked)) if asked else None
    return _done(request, found, lambda: desk.assign(found, to=to, user=request.user))


@require_POST
@login_required
@permission_required("messaging.change_conversation", raise_exception=True)
def conversation_state(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Open, closed, or snoozed until a moment."""
    found = conversation_of(pk)
    match request.POST.get("state"):
        case Conversation.State.CLOSED:
            return _done(request, found, lambda: desk.close(found, user=request.user))
        case Conversation.State.SNOOZED:
            return _done(request, found, lambda: desk.snooze(found, until=_moment(request), user=request.user))
        case _:
            return _done(request, found, lambda: desk.reopen(found, user=request.user))


@require_POST
@login_required
@permission_required("messaging.change_conversation", raise_exception=True)
def conversation_priority(request: StaffRequest, pk: int) -> HttpResponseBase:
    """How urgent it is."""
    found = conversation_of(pk)
    asked = request.POST.get("priority", "")
    priority = int(asked) if asked.isdecimal() and len(asked) < 3 else -1
    return _done(request, found, lambda: desk.prioritise(found, priority=priority, user=request.user))


@require_POST
@login_required
@permission_required("messaging.change_conversation", raise_exception=True)
def conversation_labels(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The ticked labels, and a new one made in place."""
    found = conversation_of(pk)
    ticked = [int(each) for each in request.POST.getlist("label") if each.isdecimal() and len(each) < 19]

    def change() -> None:
        wanted = list(Label.objects.filter(pk__in=ticked))
        if name := request.POST.get("new", "").strip():
            wanted.append(desk.make_label(name=name, tone=request.POST.get("tone", "")))
        desk.label(found, labels=wanted, user=request.user)

    return _done(request, found, change)


@require_POST
@login_required
@permission_required("messaging.change_conversation", raise_exception=True)
def conversation_note(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Write a note for colleagues into the thread."""
    found = conversation_of(pk)
    return _done(request, found, lambda: desk.note(found, text=request.POST.get("text", ""), user=request.user))


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def conversation_draft(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Keep what is in the box; colleagues see that somebody writes."""
    found = get_object_or_404(Conversation, pk=pk)
    drafts.keep(found, user=request.user, body=request.POST.get("body", ""), key=request.POST.get("key", "")[:60])
    return HttpResponse(status=204)


def _done(request: StaffRequest, found: Conversation, act: Callable[[], object]) -> HttpResponseBase:
    """Act, and show the head again with what was refused, if anything was."""
    try:
        act()
    except Refused as refused:
        messages.warning(request, refused.sentence)
    if not request.htmx:
        return redirect("messaging:conversation", found.pk)
    fresh = conversation_of(found.pk)
    context = {"conversation": fresh, **head(fresh), "is_news": True}
    return trigger_client_event(render(request, "messaging/_talk_head.html", context), "replied")


def _moment(request: StaffRequest) -> datetime:
    """The moment asked for, ISO 8601; without a zone it is one of the current one's."""
    try:
        asked = datetime.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        raise Refused(_("Choose a moment."), field="snoozed_until") from None
    return asked if timezone.is_aware(asked) else timezone.make_aware(asked)


def _id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
