"""Choosing the audience, as parts of its step: segments and the cap, numbers of one's own, WhatsApp groups, and the count."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from campaigns import audience, falling, pasting, plans
from campaigns.forms import AudienceForm, StepForm
from campaigns.models import Campaign
from campaigns.pasting import Pasted
from contacts.models import Segment
from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import checking

_SHOWN_GROUPS = 200


def card(campaign: Campaign, form: StepForm) -> dict[str, Any]:
    """What _card_audience.html and _card_numbers.html show beside the groups."""
    return {
        "segments": list(Segment.objects.all()),
        "chosen_segments": form.chosen("segments"),
        "left_out_segments": form.chosen("excluded_segments"),
        "whatsapp_groups": pasting.whatsapp_groups()[:_SHOWN_GROUPS],
        "most_numbers": pasting.MOST_NUMBERS,
    }


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def count(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep what is chosen and say whom it reaches: the waterfall alone."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = AudienceForm(request.POST)
    try:
        if form.is_valid():
            campaign = plans.change(campaign, **form.details())
    except Refused as refused:
        return _counted(request, campaign, problem=refused.sentence)
    return _counted(request, campaign)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
@permission_required("contacts.add_contact", raise_exception=True)
def paste(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose the people behind pasted numbers; the card alone."""
    campaign = get_object_or_404(Campaign, pk=pk)
    text = request.POST.get("numbers", "")
    try:
        pasted = pasting.paste(campaign, text=text)
    except Refused as refused:
        return _numbers(request, campaign, problem=refused, typed=text)
    return _numbers(request, campaign, pasted=pasted, typed="\n".join(written for written, _why in pasted.problems))


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
@permission_required("contacts.add_contact", raise_exception=True)
def take_members(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose the members of a WhatsApp group; the card alone."""
    campaign = get_object_or_404(Campaign, pk=pk)
    chosen = request.POST.get("whatsapp_group", "")
    known = pasting.whatsapp_groups()
    item = get_object_or_404(known, pk=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)
    try:
        pasted = pasting.take_members(campaign, item=item)
    except Refused as refused:
        return _numbers(request, campaign, problem=refused)
    return _numbers(request, campaign, pasted=pasted)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def check_numbers(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask a gateway which of the people are on WhatsApp, in the background; the count with the job in it."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        checking.start(
            lines=list(campaign.lines.select_related("account")),
            contact_ids=falling.not_known(campaign, most=checking.MOST),
            label=campaign.name,
            user=request.user,
        )
    except Refused as refused:
        return _counted(request, campaign, problem=refused.sentence)
    return _counted(request, campaign)


def _counted(request: StaffRequest, campaign: Campaign, *, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"campaign": campaign, "problem": problem}
    try:
        if campaign.groups.exists() or campaign.segments.exists():
            context["fall"] = falling.fall(campaign, audience.waterfall_kept(campaign))
    except Refused as refused:
        context["problem"] = problem or refused.sentence
    context["check"] = checking.newest(campaign.name)
    context["can_check"] = falling.can_check(campaign)
    return render(request, "campaigns/_card_audience_count.html", context)


def _numbers(
    request: StaffRequest,
    campaign: Campaign,
    *,
    pasted: Pasted | None = None,
    problem: Refused | None = None,
    typed: str = "",
) -> HttpResponse:
    """A group that was made joins the ticked ones on the page; what else stands there stays. Without HTMX, the whole step."""
    if not request.htmx:
        for sentence in [problem.sentence] if problem else [why for _written, why in pasted.problems] if pasted else []:
            messages.warning(request, sentence)
        return redirect("campaigns:audience", campaign.pk)
    context = {
        "campaign": campaign, "pasted": pasted, "problem": problem, "typed": typed, "is_answer": True,
        "whatsapp_groups": pasting.whatsapp_groups()[:_SHOWN_GROUPS], "most_numbers": pasting.MOST_NUMBERS,
    }  # fmt: skip
    part = render(request, "campaigns/_card_numbers.html", context, status=422 if problem else 200)
    if pasted and pasted.group:
        part.headers["HX-Trigger-After-Settle"] = "audience-changed"
    return part
