"""The review: the flight plan of a campaign, and the question whether somebody agrees to it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import approval, flight, flight_counts, lines, steps, timing
from campaigns.flight import Flight
from campaigns.forms import ScheduleForm
from campaigns.models import Campaign
from contacts.refusal import Refused
from contacts.web import StaffRequest

_COUNTRIES = 8  # shown at once; the others are folded


def review_page(
    request: StaffRequest,
    campaign: Campaign,
    schedule_form: ScheduleForm,
    *,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    """The page. refused: why it did not start just now, where that is not what the plan itself says."""
    found = flight.flight(campaign)
    user = request.user
    context: dict[str, Any] = {
        "campaign": campaign,
        "review": found,
        "steps": steps.of(campaign, at=steps.REVIEW),
        "put_right": _put_right(campaign, found),
        "refused_now": refused.sentence if refused and not found.refused else "",
        "duration": lines.time_words(found.duration) if found.duration is not None else "",
        "schedule_form": schedule_form,
        "when": str(timing.when_of(campaign)),
        "sender": found.lines[0].line.label if found.lines else "",
        "countries": found.cost.countries[:_COUNTRIES],
        "more_countries": found.cost.countries[_COUNTRIES:],
        "may_approve": user.has_perm(approval.MAY) and not approval.is_own(campaign, found.approval.plan, user),
        "line_rows": _line_rows(found),
        "accounts": {each.line.account_id: each.line.account for each in found.lines}.values(),
        "groups": campaign.groups.all(),
        "left_out": campaign.excluded_groups.all(),
        "segments": campaign.segments.all(),
        "left_out_segments": campaign.excluded_segments.all(),
        "sms_lines": campaign.sms_lines.all(),
    }
    return render(request, "campaigns/review.html", context, status=status)


@require_POST
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def count_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget what was counted; the page counts anew."""
    flight_counts.again(get_object_or_404(Campaign, pk=pk))
    return redirect("campaigns:review", pk)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def ask(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for somebody's yes to what is on the page."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        flight.ask(campaign, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("Asked. Whoever may approve it finds it on the first page."))
    return redirect("campaigns:review", pk)


@require_POST
@login_required
@permission_required("campaigns.approve_campaign", raise_exception=True)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Yes or no to the plan one has seen, with a note."""
    campaign = get_object_or_404(Campaign, pk=pk)
    plan, note = request.POST.get("plan", ""), request.POST.get("note", "")
    is_yes = request.POST.get("verdict") == "approve"
    try:
        flight.decide(
            campaign,
            plan_id=int(plan) if plan.isdecimal() and len(plan) < 19 else 0,
            is_yes=is_yes,
            note=note,
            user=request.user,
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("Approved: it may start.") if is_yes else _("Refused, with your word why."))
    return redirect("campaigns:review", pk)


def _line_rows(found: Flight) -> list[dict[str, Any]]:
    """Each chosen line with its part; None for one that cannot send now."""
    parts = {row.line.pk: row for row in found.times.lines}
    return [{"listed": each, "time": parts.get(each.line.pk)} for each in found.lines]


def _put_right(campaign: Campaign, found: Flight) -> str:
    """The step where what keeps it from starting is put right."""
    if found.refused is None:
        return ""
    return reverse(f"campaigns:{steps.step_of(found.refused.field)}", args=[campaign.pk])
