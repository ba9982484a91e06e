"""The inbox: who wrote, one conversation at a time, and the answer."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal, wants_part
from messaging import inbox as service
from messaging import standing, threads
from messaging.forms import ReplyForm
from messaging.models import Conversation


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def inbox(request: StaffRequest) -> HttpResponse:
    """The list of conversations, all or unread ones; on a wide screen with room for one beside it."""
    try:
        context = _list(request)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:inbox")
    if wants_part(request, "conversations"):
        return render(request, "messaging/_conversations.html", {**context, "is_news": True})
    return render(request, "messaging/inbox.html", context)


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def conversation(request: StaffRequest, pk: int) -> HttpResponse:
    """One conversation beside the list. Opening it marks it read, for those who may answer."""
    found = _conversation(pk)
    if not wants_part(request, "conversations") and request.user.has_perm("messaging.change_conversation"):
        service.mark_read(found)
    if wants_part(request, "talk"):
        return render(request, "messaging/_talk.html", _talk(request, found))
    try:
        listed = _list(request, found)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:conversation", pk)
    if wants_part(request, "conversations"):
        return render(request, "messaging/_conversations.html", {**listed, "is_news": True})
    context = {
        **listed,
        **_talk(request, found),
        **_answering(found),
        "form": ReplyForm(initial={"key": uuid.uuid4().hex}),
    }
    return render(request, "messaging/inbox.html", context)


@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
def conversation_earlier(request: StaffRequest, pk: int) -> HttpResponse:
    """The messages before those on the page."""
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > 18:
        return redirect("messaging:conversation", pk)
    found = _conversation(pk)
    context = {"conversation": found, "thread": threads.earlier(found, before=int(before))}
    return render(request, "messaging/_earlier.html", context)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def conversation_reply(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Answer. A refused text stays in the box with the reason."""
    found = _conversation(pk)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            threads.reply(found, body=form.cleaned_data["body"], key=form.cleaned_data["key"], user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
    if not request.htmx:
        for sentence in form.errors.get("body", []):
            messages.error(request, str(sentence))
        return redirect("messaging:conversation", pk)
    if form.errors:
        return render(request, "messaging/_reply.html", _box(found, form), status=422)
    fresh = ReplyForm(initial={"key": uuid.uuid4().hex})
    response = render(request, "messaging/_reply.html", {**_box(found, fresh), "is_sent": True})
    return trigger_client_event(response, "replied")


def _conversation(pk: int) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("account", "contact"), pk=pk)


def _list(request: StaffRequest, opened: Conversation | None = None) -> dict[str, object]:
    """The left pane, as the address asks for it; what it was asked for stays in its links. Raises Refused for a broken
    cursor."""
    q = request.GET.get("q", "")[:100]
    folder = "unread" if request.GET.get("folder") == "unread" else "all"
    page = threads.conversations(q=q, unread_only=folder == "unread", cursor=request.GET.get("cursor"))
    kept = {name: request.GET[name] for name in ("q", "folder", "cursor") if request.GET.get(name)}
    return {
        "page": page,
        "q": q,
        "folder": folder,
        "unread": threads.unread_count(),
        "conversation": opened,
        "kept": f"?{urlencode(kept)}" if kept else "",
    }


def _talk(request: StaffRequest, found: Conversation) -> dict[str, object]:
    since = request.GET.get("since", "")
    first = int(since) if since.isdecimal() and len(since) < 19 else 0
    return {
        "conversation": found,
        "thread": threads.thread(found, since=first),
        "talk_url": reverse("messaging:conversation", args=[found.pk]),
    }


def _answering(found: Conversation) -> dict[str, object]:
    answering = threads.answering(found)
    return {"answering": answering, "standing": standing.stand(answering.line) if answering.line else None}


def _box(found: Conversation, form: ReplyForm) -> dict[str, object]:
    return {"conversation": found, "form": form, **_answering(found)}
