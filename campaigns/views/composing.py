"""The steps in which a draft is composed. Each is a page of its own that keeps what stands in it, whichever way one leaves."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns import attaching, lines, plans, previews, sorting, steps, worst_case
from campaigns.forms import AudienceForm, MessageForm, SendingForm, StepForm
from campaigns.models import Campaign, Template
from campaigns.views import choosing, timing, variants
from contacts import rendering
from contacts.models import Channel, Group
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal
from messaging.models import Line

Page = Callable[..., HttpResponse]


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def audience(request: StaffRequest, pk: int) -> HttpResponse:
    """Who gets it."""
    return _step(request, pk, AudienceForm, audience_page, steps.AUDIENCE)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def message(request: StaffRequest, pk: int) -> HttpResponse:
    """What it says."""
    return _step(request, pk, MessageForm, message_page, steps.MESSAGE)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def sending(request: StaffRequest, pk: int) -> HttpResponse:
    """Over which lines, in which way, and until when."""
    return _step(request, pk, SendingForm, sending_page, steps.SENDING)


def audience_page(request: StaffRequest, campaign: Campaign, form: StepForm) -> HttpResponse:
    """The step with what was typed, and what is wrong with it."""
    groups = list(Group.objects.all())
    context = {
        "groups": groups,
        "chosen_groups": form.chosen("groups"),
        "left_out": form.chosen("excluded_groups"),
        "known_tags": sorting.tags_in_use()[:100],
        **choosing.card(campaign, form),
    }
    return _page(request, campaign, form, steps.AUDIENCE, context)


def message_page(
    request: StaffRequest,
    campaign: Campaign,
    form: StepForm,
    *,
    test: dict[str, object] | None = None,
    refused: Refused | None = None,
    template_problem: str = "",
) -> HttpResponse:
    """The step with what was typed, and what is wrong with it. test: what came of a test message. refused: why something
    was not attached. template_problem: why no template was used or kept."""
    body, channel = (str(form[name].value() or "") for name in ("body", "channel"))
    draft = previews.draft_of(campaign, body=body.replace("\r\n", "\n"), channel=channel)
    context = {
        "fields": previews.known_fields(),
        "built_in": rendering.BUILT_IN,
        "spin_example": _("{Hi|Hello}"),
        "preview": previews.preview(draft),
        "worst": worst_case.worst_case(draft) if draft.costs_parts else None,
        "test": test,
        "asks_channel": not draft.lines and Line.objects.values("channel").distinct().count() > 1,
        "variants": variants.card(campaign),
        "follows": variants.links_card(campaign, body=draft.body),
        "templates": Template.objects.defer("attachment"),
        "template_problem": template_problem,
        **attachment_context(campaign, refused=refused),
    }
    return _page(request, campaign, form, steps.MESSAGE, context)


def attach_file(request: StaffRequest, campaign: Campaign) -> Campaign:
    """Keep the file of a form with the draft. Refused(field="attachment") for what a chosen line does not take."""
    lines = list(campaign.lines.select_related("account"))
    file = request.FILES.getlist("file")[0]
    kept = attaching.keep(file=file, filename=file.name or "", lines=lines, user=request.user)
    return plans.change(campaign, attachment=kept)


def attachment_context(campaign: Campaign, *, refused: Refused | None = None) -> dict[str, Any]:
    """What the card with the attachment shows. refused: why something was not attached."""
    chosen = list(campaign.lines.select_related("account"))
    problem = refused
    if problem is None:
        try:
            attaching.check(campaign.attachment, lines=chosen, body=campaign.body, mode=campaign.mode)
        except Refused as wrong:
            problem = wrong if wrong.field == "attachment" else None
    return {"offer": attaching.offer(chosen), "attachment_problem": problem.sentence if problem else ""}


def sending_page(request: StaffRequest, campaign: Campaign, form: StepForm) -> HttpResponse:
    """The step with what was typed, and what is wrong with it."""
    known = list(Line.objects.select_related("account").order_by("account__name", "id"))
    rows = lines.listed(known)
    chosen = form.chosen("lines")
    context = {
        "accounts": lines.by_account(rows),
        "chosen_lines": chosen,
        "chosen_sms_lines": form.chosen("sms_lines"),
        "sms_rows": [row for row in rows if row.line.channel == Channel.SMS],
        "sms_after": settings.SMS_AFTER_MINUTES,
        "sender": previews.sender_choice(
            [line for line in known if line.pk in chosen], mode=str(form["mode"].value() or campaign.mode)
        ),
    }
    context |= {**timing.schedule_card(campaign), **timing.canary_card(campaign)}
    return _page(request, campaign, form, steps.SENDING, context)


def _step(request: StaffRequest, pk: int, form_class: type[StepForm], page: Page, key: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    if campaign.state != Campaign.State.DRAFT:
        messages.warning(request, _("Only a draft can be changed. Copy this campaign to make a new one of it."))
        return redirect("campaigns:detail", pk)
    if request.method != "POST":
        return page(request, campaign, form_class.of(campaign))
    form = form_class(request.POST)
    is_read = form.is_valid()
    try:
        campaign = plans.change(campaign, **form.details())
        if "file" in request.FILES and key == steps.MESSAGE:
            campaign = attach_file(request, campaign)
    except Refused as refused:
        if refused.field == "attachment":
            return message_page(request, campaign, form, refused=refused)
        show_refusal(form, refused)
        is_read = False
    if not is_read or (request.POST.get("go") == "next" and steps.wrong(campaign, key)):
        return page(request, campaign, form)
    return _leave(request, campaign, key)


def _leave(request: StaffRequest, campaign: Campaign, key: str) -> HttpResponse:
    """Where the button that was pressed leads: on, back, to a step by its name, away; else it stays."""
    where = request.POST.get("go", "")
    if where == "leave":
        messages.success(
            request, _("The draft %(name)s is saved. Go on with it whenever you like.") % {"name": campaign}
        )
        return redirect("campaigns:list")
    if where in ("next", "back"):
        where = steps.neighbour(key, 1 if where == "next" else -1)
    if where not in steps.KEYS:
        messages.success(request, _("The draft is saved."))
    return redirect(f"campaigns:{where if where in steps.KEYS else key}", campaign.pk)


def _page(request: StaffRequest, campaign: Campaign, form: StepForm, key: str, context: dict[str, Any]) -> HttpResponse:
    """wrong: what is kept and will not do, shown at its place."""
    wrong = steps.wrong(campaign, key)
    is_refused = request.method == "POST" and bool(
        form.errors or wrong or context.get("attachment_problem") or context.get("template_problem")
    )
    common = {"campaign": campaign, "form": form, "wrong": wrong, "step": key, "steps": steps.of(campaign, at=key)}
    return render(request, f"campaigns/{key}.html", {**common, **context}, status=422 if is_refused else 200)
