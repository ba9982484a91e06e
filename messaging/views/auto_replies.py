"""Pages about auto-replies: the rules with what they did, one rule, and a box to try them out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal, wants_part
from messaging.automation import answering, copying, rules
from messaging.automation.forms import RuleForm, TrialTextForm
from messaging.automation.overview import tabs
from messaging.models import Account, AutoReply, AutoReplyRule

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
    return render(
        request,
        "messaging/automation/auto_replies.html",
        {
            **context,
            "rules": found,
            "latest": latest,
            "gateways": copying.accounts(),
        },
    )


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
                if any(saved.is_on or not each.is_same for each in copying.at_gateway(saved)):
                    return redirect("messaging:auto_reply_edit", saved.pk)  # which says what the gateway answers
                return redirect("messaging:auto_replies")
    may_push = rule is not None and copying.accounts().filter(pk=rule.account_id).exists()
    there = copying.at_gateway(rule) if rule and may_push else []
    context = {
        "form": form, "rule": rule, "may_push": may_push, "there": there,
        "is_same_there": all(each.is_same for each in there), **tabs("auto_replies"),
    }  # fmt: skip
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
    if is_on and copying.at_gateway(rule):
        messages.warning(
            request, _("The gateway answers to its words, too. Delete that there, or people get two answers.")
        )
        return redirect("messaging:auto_reply_edit", pk)
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


@require_POST
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rules_copy(request: StaffRequest, pk: int) -> HttpResponse:
    """Copy what a gateway answers by itself."""
    account = get_object_or_404(Account, pk=pk)
    count, changed = copying.copy_from_gateway(account, user=request.user)
    said = ngettext(
        "%(n)s auto-reply was copied. It is switched off, because the gateway still answers.",
        "%(n)s auto-replies were copied. They are switched off, because the gateway still answers.",
        count,
    )
    messages.success(request, said % {"n": count})
    if changed:
        said = ngettext(
            "%(n)s copy has the answer that the gateway gives now.",
            "%(n)s copies have the answers that the gateway gives now.",
            changed,
        )
        messages.success(request, said % {"n": changed})
    return redirect("messaging:auto_replies")


@require_POST
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rule_push(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the gateway answer instead."""
    rule = get_object_or_404(AutoReplyRule.objects.select_related("account"), pk=pk)
    try:
        lost = copying.push_to_gateway(rule, user=request.user)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:auto_reply_edit", pk)
    if lost:
        said = _(
            "The answer about %(words)s got lost: the gateway may have it. Sync to see. Here the rule is switched off."
        )
        messages.warning(request, said % {"words": ", ".join(f"“{word}”" for word in lost)})
        return redirect("messaging:auto_reply_edit", pk)
    said = ngettext(
        "The gateway answers to %(n)s word. Here the rule is switched off.",
        "The gateway answers to %(n)s words. Here the rule is switched off.",
        len(rule.words),
    )
    messages.success(request, said % {"n": len(rule.words)})
    return redirect("messaging:auto_replies")


@require_POST
@login_required
@permission_required("messaging.change_autoreplyrule", raise_exception=True)
def rule_take_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Have the gateway answer no more."""
    rule = get_object_or_404(AutoReplyRule.objects.select_related("account"), pk=pk)
    try:
        copying.delete_at_gateway(rule)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.success(request, _("The gateway answers to its words no more."))
    return redirect("messaging:auto_reply_edit", pk)
