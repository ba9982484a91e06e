"""Pages about auto-replies: the rules with what they did, one rule, and a box to try them out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal, wants_part
from messaging.automation import answering, rules
from messaging.automation.forms import RuleForm, TrialTextForm
from messaging.automation.overview import tabs
from messaging.models import AutoReply, AutoReplyRule

_LATEST = 15


@require_GET
@login_required
@permission_required("messaging.view_autoreplyrule", raise_exception=True)
def rule_list(request: StaffRequest) -> HttpResponse:
    """Every rule, what was answered last, and the try-out box."""
    form = TrialTextForm(request.GET if "text" in request.GET else None)
    trial = None
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        trial = answering.try_out(said["account"], said["text"], language=said["language"])
    context = {"form": form, "trial": trial, **tabs("auto_replies")}
    if wants_part(request, "trial"):
        return render(request, "messaging/automation/_trial.html", context)
    found = AutoReplyRule.objects.select_related("account")
    latest = AutoReply.objects.select_related("incoming__contact", "rule", "message").order_by("-id")[:_LATEST]
    return render(request, "messaging/automation/auto_replies.html", {**context, "rules": found, "latest": latest})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rule_edit(request: StaffRequest, pk: int = 0) -> HttpResponse:
    """One rule; a new one without an id."""
    rule = get_object_or_404(AutoReplyRule, pk=pk) if pk else None
    form = RuleForm.of(rule) if rule else RuleForm()
    if request.method == "POST":
        form = RuleForm(request.POST)
        if form.is_valid():
            try:
                saved = rules.save_rule(rule=rule, user=request.user, **form.cleaned_data)
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("Saved. %(rule)s holds from the next message on.") % {"rule": saved})
                return redirect("messaging:auto_replies")
    context = {"form": form, "rule": rule, **tabs("auto_replies")}
    return render(request, "messaging/automation/auto_reply.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rule_switch(request: StaffRequest, pk: int) -> HttpResponse:
    """Let it answer, or be silent."""
    rule = get_object_or_404(AutoReplyRule, pk=pk)
    is_on = request.POST.get("on") == "1"
    rules.switch(rule, on=is_on)
    said = _("%(rule)s answers.") if is_on else _("%(rule)s is silent.")
    messages.success(request, said % {"rule": rule})
    return redirect("messaging:auto_replies")


@require_POST
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rule_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget a rule; what it answered stays."""
    rule = get_object_or_404(AutoReplyRule, pk=pk)
    rule.delete()
    messages.success(request, _("%(rule)s is deleted.") % {"rule": rule})
    return redirect("messaging:auto_replies")
