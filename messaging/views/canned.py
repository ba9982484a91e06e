"""Canned replies: the page on which they are kept, and the suggestions while somebody types /name."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal
from messaging import canned
from messaging.forms import CannedReplyForm
from messaging.models import CannedReply
from messaging.views.inbox import conversation_of


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.view_cannedreply", raise_exception=True)
def canned_list(request: StaffRequest) -> HttpResponse:
    """All of them, and a form for one more."""
    form = CannedReplyForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm("messaging.add_cannedreply"):
            return HttpResponse(status=403)
        if _saved(request, form, None):
            return redirect("messaging:canned")
    context = {"replies": CannedReply.objects.all(), "form": form}
    return render(request, "messaging/canned.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_cannedreply", raise_exception=True)
def canned_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """One of them."""
    found = get_object_or_404(CannedReply, pk=pk)
    form = CannedReplyForm(request.POST or None, initial={"name": found.name, "body": found.body})
    if request.method == "POST" and _saved(request, form, found):
        return redirect("messaging:canned")
    return render(
        request, "messaging/canned_edit.html", {"reply": found, "form": form}, status=422 if form.errors else 200
    )


@require_POST
@login_required
@permission_required("messaging.delete_cannedreply", raise_exception=True)
def canned_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Away with it; what was sent with it stays."""
    found = get_object_or_404(CannedReply, pk=pk)
    found.delete()
    messages.success(request, _("“/%(name)s” is deleted.") % {"name": found.name})
    return redirect("messaging:canned")


@never_cache
@require_GET
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def canned_suggestions(request: StaffRequest, pk: int) -> HttpResponse:
    """Those whose name begins with `q`, filled in for a conversation: a part for under the box."""
    found = conversation_of(pk)
    shown = canned.suggestions(request.GET.get("q", "")[:40], conversation=found, user=request.user)
    return render(request, "messaging/_suggestions.html", {"suggestions": shown})


def _saved(request: StaffRequest, form: CannedReplyForm, reply: CannedReply | None) -> bool:
    if not form.is_valid():
        return False
    try:
        kept = canned.save(name=form.cleaned_data["name"], body=form.cleaned_data["body"], reply=reply)
    except Refused as refused:
        show_refusal(form, refused)
        return False
    messages.success(request, _("Kept: type /%(name)s where you answer.") % {"name": kept.name})
    return True
