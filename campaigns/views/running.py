"""Pages about a campaign that goes out: the review before it, its live page, and the buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from campaigns import (
    again,
    breakdown,
    canary,
    checks,
    clicks,
    late,
    lifecycle,
    live,
    pieces,
    replies,
    reports,
    split_report,
)
from campaigns.forms import LateForm, ScheduleForm
from campaigns.models import Campaign
from campaigns.views.flight import review_page
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal
from messaging import tally

S = Campaign.State
_EVENTS = 50  # shown
_TOLD_GATEWAY = {
    "pause": gettext_lazy("Paused. In a moment the gateway is told to stop; what is on its way arrives."),
    "resume": gettext_lazy("It goes on: in a moment the gateway is told so."),
    "cancel": gettext_lazy("It is ended. In a moment the rest is taken back from the gateway, as far as it lets us."),
}
_TOLD = {
    "pause": gettext_lazy("Paused. What was on its way arrives; nothing else is sent."),
    "resume": gettext_lazy("It goes on."),
    "cancel": gettext_lazy("It is ended. What was not sent yet is not sent."),
    "unschedule": gettext_lazy("It is a draft again and does not start by itself."),
}


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def campaign_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """The live page. A draft is shown where it is written."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if campaign.state == S.DRAFT and request.user.has_perm("campaigns.change_campaign"):
        return redirect("campaigns:edit", pk)
    counted = breakdown.breakdown(campaign)
    events = campaign.events.select_related("user").order_by("-id")[:_EVENTS]
    context = {
        "campaign": campaign, "live": live.live(campaign), "breakdown": counted, "events": events,
        "retry_choices": again.choices(campaign, counted.reasons), "group_choices": again.group_choices(counted.reasons),
        "gateway": pieces.standing_of(campaign) if campaign.is_gateway_run else None,
        "groups": campaign.groups.all(), "left_out": campaign.excluded_groups.all(), "tab": "overview", "answers": replies.answers(campaign),
        "sms_lines": campaign.sms_lines.all(), "late": {**found, "form": LateForm()} if (found := _late(campaign)) else None,
        "split": split_report.split(campaign), "link_counts": clicks.counts(campaign) if campaign.tracks_links else [],
        "canary": canary.outcome(campaign) if canary.asks(campaign) else None,
    }  # fmt: skip
    return render(request, "campaigns/detail.html", context)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The numbers that move; asked for every few seconds, so nothing in it is counted."""
    campaign = get_object_or_404(Campaign, pk=pk)
    return render(request, "campaigns/_progress.html", {"campaign": campaign, "live": live.live(campaign)})


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def breakdown_part(request: StaffRequest, pk: int) -> HttpResponse:
    """Reasons and lines; asked for now and then while it moves."""
    campaign = get_object_or_404(Campaign, pk=pk)
    context = {
        "campaign": campaign,
        "breakdown": breakdown.breakdown(campaign),
        "live": {"poll_seconds": live.poll_seconds(campaign)},
    }
    return render(request, "campaigns/_breakdown.html", context)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def campaign_review(request: StaffRequest, pk: int) -> HttpResponse:
    """What will happen, and the button that makes it happen."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if S.PREPARING not in lifecycle.MAY_BECOME[campaign.state]:
        return redirect("campaigns:detail", pk)
    return review_page(request, campaign, ScheduleForm(initial={"start_at": campaign.start_at}))


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def campaign_start(request: StaffRequest, pk: int) -> HttpResponse:
    """Go. A refusal is shown on the review page with what to do."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if S.PREPARING not in lifecycle.MAY_BECOME[campaign.state]:
        return _do(request, campaign, lifecycle.start, "")
    try:
        lifecycle.start(campaign, user=request.user)
    except Refused as refused:
        return review_page(request, campaign, ScheduleForm(), status=422, refused=refused)
    messages.success(request, _("It starts now."))
    return redirect("campaigns:detail", pk)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def campaign_schedule(request: StaffRequest, pk: int) -> HttpResponse:
    """Start by itself at a moment."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return review_page(request, campaign, form, status=422)
    try:
        lifecycle.schedule(campaign, at=form.cleaned_data["start_at"], user=request.user)
    except Refused as refused:
        show_refusal(form, refused)
        return review_page(request, campaign, form, status=422)
    messages.success(request, _("It starts by itself at that time."))
    return redirect("campaigns:detail", pk)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def campaign_move(request: StaffRequest, pk: int, move: str) -> HttpResponse:
    """pause · resume · cancel · unschedule. A move that is not possible any more is refused with a sentence."""
    moves: dict[str, Callable[..., Campaign]] = {
        "pause": lifecycle.pause,
        "resume": lifecycle.resume,
        "cancel": lifecycle.cancel,
        "unschedule": lifecycle.unschedule,
    }
    campaign = get_object_or_404(Campaign, pk=pk)
    told = {**_TOLD, **_TOLD_GATEWAY} if campaign.is_gateway_run else _TOLD
    return _do(request, campaign, moves[move], str(told[move]))


def _do(request: StaffRequest, campaign: Campaign, move: Callable[..., Campaign], told: str) -> HttpResponse:
    try:
        move(campaign, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, told)
    return redirect("campaigns:detail", campaign.pk)


def _late(campaign: Campaign) -> dict[str, Any]:
    """What the question about a late campaign shows; empty where there is none."""
    if not late.asks(campaign):
        return {}
    opens_at = late.opens_at(campaign)
    return {
        "count": reports.counts_of(tally.totals(campaign.tally_scope))["open"],
        "is_restored": checks.is_restored(campaign),
        "opens_at": opens_at,
        "is_open_now": opens_at is not None and opens_at <= timezone.now(),
    }
