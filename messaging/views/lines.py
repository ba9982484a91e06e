"""Pages about lines: the list, and one line with its pace, its switch, its link and a test message."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part
from messaging import accounts, limits, outbox, standing
from messaging.forms import LimitsForm, PaceForm, TrialForm
from messaging.models import Line

_PAGE = 50


@require_GET
@login_required
@permission_required("messaging.view_line", raise_exception=True)
@from_the_start
def line_list(request: StaffRequest) -> HttpResponse:
    """Every way out, with why it waits."""
    page = keyset(
        Line.objects.select_related("account"),
        cursor=request.GET.get("cursor"),
        size=_PAGE,
        by=("account_id", "id"),
    )
    context = {"page": page, "standings": standing.stand_all(page.items)}
    part = "messaging/_lines.html" if wants_part(request, "lines") else "messaging/lines.html"
    return render(request, part, context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.view_line", raise_exception=True)
def line_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One line. Everybody may look; the pace has its own permission."""
    line = get_object_or_404(Line.objects.select_related("account", "device", "whatsapp_account"), pk=pk)
    form = PaceForm.of(line)
    if request.method == "POST":
        if not request.user.has_perm("messaging.change_line"):
            raise PermissionDenied
        form = PaceForm(request.POST)
        if form.is_valid():
            try:
                accounts.set_pace(line, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("Saved. The new pace holds from the next message on."))
                return redirect("messaging:line", line.pk)
    return _page(request, line, pace=form)


@require_POST
@login_required
@permission_required("messaging.change_line", raise_exception=True)
def line_limits(request: StaffRequest, pk: int) -> HttpResponse:
    """Its hours, its warm-up and how many new people it writes to."""
    line = get_object_or_404(Line.objects.select_related("account", "device", "whatsapp_account"), pk=pk)
    form = LimitsForm(request.POST)
    if form.is_valid():
        try:
            limits.set_limits(line, **form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("Saved. The new limits hold from the next message on."))
            return redirect("messaging:line", line.pk)
    return _page(request, line, bounds=form)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def line_trial(request: StaffRequest, pk: int) -> HttpResponse:
    """One message on this very line, to see that it works."""
    line = get_object_or_404(Line.objects.select_related("account", "device", "whatsapp_account"), pk=pk)
    form = TrialForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            message, _is_new = outbox.queue(
                line=line,
                to=said["to"],
                body=said["body"],
                idempotency_key=f"trial:{pk}:{said['key']}",
                user=request.user,
            )
        except Refused as refused:
            show_refusal(form, Refused(refused.sentence, field="to" if refused.field == "phone" else refused.field))
        else:
            return redirect("messaging:message", message.pk)
    return _page(request, line, trial=form)


@require_POST
@login_required
@permission_required("messaging.change_line", raise_exception=True)
def line_switch(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a line out of use, or back in."""
    line = get_object_or_404(Line, pk=pk)
    is_on = request.POST.get("on") == "1"
    accounts.switch_line(line, on=is_on)
    said = _("%(line)s sends again.") if is_on else _("%(line)s is switched off; its messages wait.")
    messages.success(request, said % {"line": line})
    return redirect("messaging:line", line.pk)


def _page(
    request: StaffRequest,
    line: Line,
    *,
    pace: PaceForm | None = None,
    bounds: LimitsForm | None = None,
    trial: TrialForm | None = None,
) -> HttpResponse:
    """A form with errors keeps what was typed, and the answer is 422."""
    pace, bounds = pace or PaceForm.of(line), bounds or LimitsForm.of(line)
    trial = trial or TrialForm(initial={"key": uuid.uuid4().hex})
    if not request.user.has_perm("messaging.change_line"):
        for field in [*pace.fields.values(), *bounds.fields.values()]:
            field.disabled = True
    context = {"line": line, "standing": standing.stand(line), "form": pace, "bounds": bounds, "trial": trial}
    has_errors = any(form.errors for form in (pace, bounds, trial))
    return render(request, "messaging/line.html", context, status=422 if has_errors else 200)
