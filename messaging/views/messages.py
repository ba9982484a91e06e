"""Single messages: the folders of sent and failed ones, one message's history, and sending it again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, wants_part
from messaging import folders, threads, withdrawing
from messaging.models import Conversation, Message
from messaging.timeline import timeline

_MOVING = (Message.Status.QUEUED, Message.Status.SENDING, Message.Status.ACCEPTED)  # news of these is likely soon


@require_GET
@login_required
@permission_required("messaging.view_message", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def folder(request: StaffRequest, folder: str) -> HttpResponse:
    """Everything that was sent, or what failed of it."""
    page = threads.sent_messages(cursor=request.GET.get("cursor"), failed_only=folder == "failed")
    context = {
        "folder": folder,
        "page": page,
        "rows": threads.entries(page.items),
        "counts": folders.counts(request.user),
    }
    part = "messaging/_folder.html" if wants_part(request, "folder") else "messaging/folder.html"
    return render(request, part, context)


@require_GET
@login_required
@permission_required("messaging.view_message", raise_exception=True)
def message_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One message: what it was, what became of it, and what crossed the wire."""
    found = get_object_or_404(
        Message.objects.select_related("account", "line__account", "contact", "batch", "created_by", "resend_of__line"),
        pk=pk,
    )
    context = {"message": found, "moments": timeline(found), "is_moving": found.status in _MOVING}
    if wants_part(request, "timeline"):
        return render(request, "messaging/_timeline.html", context)
    talk = Conversation.objects.filter(account_id=found.account_id, phone_key=found.phone_key).first()
    (entry,) = threads.entries([found])
    return render(request, "messaging/message.html", {
        **context,
        "sentence": entry.sentence,
        "conversation": talk,
        "may_resend": entry.may_resend,
        "again": found.resends.order_by("id").first(),
        "is_unknown": found.status == Message.Status.UNKNOWN,
        "means_of": withdrawing.means_for(found),
    })  # fmt: skip


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def message_resend(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the same text again as a new message. One whose outcome is unknown is decided on the review page."""
    found = get_object_or_404(Message.objects.select_related("line__account", "batch"), pk=pk)
    if found.status == Message.Status.UNKNOWN:
        raise PermissionDenied
    try:
        new = threads.send_again(found, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(_back(request) or reverse("messaging:message", args=[found.pk]))
    messages.success(request, _("It is on its way again, as a new message."))
    return redirect(_back(request) or reverse("messaging:message", args=[new.pk]))


def _back(request: StaffRequest) -> str:
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}) else ""
