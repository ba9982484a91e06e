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
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part
from messaging import acquainting, canned, desk, drafts, emoji, folders, standing, threads
from messaging import inbox as service
from messaging.forms import ReplyForm
from messaging.media import attaching
from messaging.models import Conversation, Label
from messaging.providers import PROVIDERS


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def inbox(request: StaffRequest) -> HttpResponse:
    """A folder of conversations; on a wide screen with room for one beside it."""
    context = _list(request)
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
    found = conversation_of(pk)
    acquainting.recognise(found)
    if not wants_part(request, "conversations") and request.user.has_perm("messaging.change_conversation"):
        service.mark_read(found)
    if wants_part(request, "talk"):
        _body, writers = drafts.of(found, user=request.user)
        talk = _talk(request, found, _thread(request, found), writers)
        return render(request, "messaging/_talk.html", {**talk, "is_news": True})
    try:
        listed = _list(request, found)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:conversation", pk)
    if wants_part(request, "conversations"):
        return render(request, "messaging/_conversations.html", {**listed, "is_news": True})
    thread, (body, writers) = _thread(request, found), drafts.of(found, user=request.user)
    talk = _talk(request, found, thread, writers)
    box = _box(request, found, _fresh(body=body, seen=thread.newest))
    return render(request, "messaging/inbox.html", {**listed, **talk, **head(found), **box})


@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
def conversation_earlier(request: StaffRequest, pk: int) -> HttpResponse:
    """The messages before those on the page."""
    before = request.GET.get("before", "")
    if not before.isdecimal() or len(before) > 18:
        return redirect("messaging:conversation", pk)
    found = conversation_of(pk)
    context = {"conversation": found, "thread": threads.earlier(found, before=int(before)), **_can(request, found)}
    return render(request, "messaging/_earlier.html", context)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def conversation_reply(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Answer. A refused text stays in the box with the reason; so does one that a colleague was faster than, with theirs."""
    found = conversation_of(pk)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _refused_reply(request, found, form)
    said, seen = form.cleaned_data["body"], form.cleaned_data["seen"]
    if ready := canned.expand(said, conversation=found, user=request.user):
        return _again(request, found, _fresh(seen=threads.newest_id(found), body=ready, key=form.cleaned_data["key"]))
    try:
        attachment = attaching.attachment_from(request, found, user=request.user)
        threads.reply(
            found, body=said, key=form.cleaned_data["key"], user=request.user, attachment=attachment, seen=seen
        )  # fmt: skip
    except threads.AnsweredMeanwhile as crossed:
        again = _fresh(seen=threads.newest_id(found), body=said, key=form.cleaned_data["key"])
        return _again(request, found, again, faster=crossed.answers, status=422)
    except Refused as refused:
        show_refusal(form, refused)
        return _refused_reply(request, found, form)
    if not request.htmx:
        return redirect("messaging:conversation", pk)
    sent = {**_box(request, found, _fresh(seen=threads.newest_id(found))), "is_sent": True}
    return trigger_client_event(render(request, "messaging/_reply.html", sent), "replied")


def conversation_of(pk: int) -> Conversation:
    """A conversation with what its head shows, or 404."""
    return get_object_or_404(Conversation.objects.select_related("account", "contact", "assignee"), pk=pk)


def head(found: Conversation) -> dict[str, object]:
    """What the head of a conversation offers: colleagues to give it to, labels, priorities."""
    return {
        "agents": [{"user": each, "name": desk.name_of(each)} for each in desk.agents()],
        "labels": Label.objects.all(),
        "tones": Label.Tone.choices,
        "priorities": Conversation.Priority.choices,
        "snoozes": desk.snooze_choices(),
    }


def _refused_reply(request: StaffRequest, found: Conversation, form: ReplyForm) -> HttpResponseBase:
    if request.htmx:
        return render(request, "messaging/_reply.html", _box(request, found, form), status=422)
    for sentence in form.errors.get("body", []):
        messages.error(request, str(sentence))
    return redirect("messaging:conversation", found.pk)


def _again(
    request: StaffRequest, found: Conversation, form: ReplyForm, *, faster: object = None, status: int = 200
) -> HttpResponseBase:
    """The box with a text that was not sent yet. Without script it comes back through the draft."""
    text = str(form["body"].value())
    drafts.keep(found, user=request.user, body=text, key=str(form["key"].value()))
    if not request.htmx:
        return redirect("messaging:conversation", found.pk)
    context = {**_box(request, found, form), "faster": faster, "is_sent": True}
    return render(request, "messaging/_reply.html", context, status=status)


def _list(request: StaffRequest, opened: Conversation | None = None) -> dict[str, object]:
    """The left pane, as the address asks for it; what it was asked for stays in its links. Raises Refused for a broken
    cursor."""
    q = request.GET.get("q", "")[:100]
    folder = request.GET.get("folder", "all")
    folder = folder if folder in folders.FOLDERS else "all"
    label = _number(request.GET.get("label", ""))
    page = threads.conversations(
        user=request.user, folder=folder, label=label, q=q, cursor=request.GET.get("cursor")
    )  # fmt: skip
    counts = folders.counts(request.user)
    kept = {name: request.GET[name] for name in ("q", "folder", "label", "cursor") if request.GET.get(name)}
    return {
        "page": page,
        "q": q,
        "folder": folder,
        "label": label,
        "counts": counts,
        "unread": counts["unread"],
        "undecided": threads.undecided_count,  # asked for only where the numbers are refreshed
        "conversation": opened,
        "kept": f"?{urlencode(kept)}" if kept else "",
        "labels": Label.objects.all(),
    }


def _thread(request: StaffRequest, found: Conversation) -> threads.Thread:
    return threads.thread(found, since=_number(request.GET.get("since", "")) or 0)


def _talk(
    request: StaffRequest, found: Conversation, thread: threads.Thread, writers: list[drafts.Writer]
) -> dict[str, object]:
    return {
        "conversation": found,
        "thread": thread,
        "talk_url": reverse("messaging:conversation", args=[found.pk]),
        "writers": writers,
        **_can(request, found),
    }


def _can(request: StaffRequest, found: Conversation) -> dict[str, object]:
    """What the gateway can do with a message, and the reader: asked for once, as there are many messages."""
    may = {name: request.user.has_perm(f"messaging.{name}_message") for name in ("view", "send", "decide")}
    return {"can": PROVIDERS[found.account.provider].capabilities, "may": may}


def _fresh(*, seen: int, body: str = "", key: str = "") -> ReplyForm:
    """A box as it is before anything is pressed. seen: the newest message that its writer has before their eyes."""
    return ReplyForm(initial={"key": key or uuid.uuid4().hex, "body": body, "seen": seen})


def _box(request: StaffRequest, found: Conversation, form: ReplyForm) -> dict[str, object]:
    answering = threads.answering(found)
    return {
        "conversation": found,
        "form": form,
        "answering": answering,
        "standing": standing.stand(answering.line) if answering.line else None,
        "emoji": emoji.panel("reply-body"),
        "attaching": attaching.offer(answering.line),
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
