"""When a campaign goes out, as cards of the composer: each is a form of its own that keeps what stands in it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import line_hours, local_time, series, timing
from campaigns.models import Campaign
from campaigns.timing_forms import CanaryForm, WhenForm
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal


def schedule_card(campaign: Campaign, form: WhenForm | None = None) -> dict[str, Any]:
    """What _card_schedule.html shows."""
    return {
        "campaign": campaign,
        "when_form": form or WhenForm.of(campaign),
        "series": timing.series_of(campaign),
        "hours": line_hours.hours_of(campaign.lines.all()),
    }


def canary_card(campaign: Campaign, form: CanaryForm | None = None) -> dict[str, Any]:
    """What _card_canary.html shows."""
    return {"campaign": campaign, "canary_form": form or CanaryForm.of(campaign)}


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def when(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep when a draft goes out; the card alone for HTMX."""
    campaign, form = get_object_or_404(Campaign, pk=pk), WhenForm(request.POST)
    is_saved = form.is_valid()
    try:
        if is_saved and form.cleaned_data["when"] == timing.When.SERIES:
            series.save_series(pattern=campaign, **form.times(), user=request.user)
        elif is_saved:
            names = ("when", "start_at", "local_date", "local_time")
            timing.set_when(campaign, **{name: form.cleaned_data[name] for name in names})
    except Refused as refused:
        show_refusal(form, refused)
        is_saved = False
    campaign.refresh_from_db()
    card = schedule_card(campaign, None if is_saved else form)
    return _card(request, campaign, "campaigns/_card_schedule.html", card, is_saved=is_saved)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def canary(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep whether a few get it first; the card alone for HTMX."""
    campaign, form = get_object_or_404(Campaign, pk=pk), CanaryForm(request.POST)
    is_saved = form.is_valid()
    try:
        if is_saved:
            timing.set_canary(campaign, **form.details())
    except Refused as refused:
        show_refusal(form, refused)
        is_saved = False
    campaign.refresh_from_db()
    card = canary_card(campaign, None if is_saved else form)
    return _card(request, campaign, "campaigns/_card_canary.html", card, is_saved=is_saved)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def moments(request: StaffRequest, pk: int) -> HttpResponse:
    """Where the people are, and when it is their time; looked at apart, because everybody is looked at for it."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found = timing.moments(campaign)
    moved = sum(each.people for each in found if each.is_moved)
    context = {"campaign": campaign, "moments": found, "moved": moved}
    return render(request, "campaigns/_moments.html", context)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def go(request: StaffRequest, pk: int) -> HttpResponse:
    """Do what the draft says about when it goes out."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found = timing.series_of(campaign)
    is_local = local_time.is_local(campaign)
    try:
        timing.go(campaign, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("campaigns:review", pk)
    if found:
        messages.success(request, _("The series is on. It starts a campaign at each of its times."))
        return redirect("campaigns:series", found.pk)
    told = _("Everybody gets it at that time by their own clock.") if is_local else _("It goes out as planned.")
    messages.success(request, told)
    return redirect("campaigns:detail", pk)


def _card(
    request: StaffRequest, campaign: Campaign, template: str, context: dict[str, Any], *, is_saved: bool
) -> HttpResponse:
    if request.htmx:
        return render(request, template, {**context, "is_saved": is_saved}, status=200 if is_saved else 422)
    if not is_saved:
        for form in (context.get("when_form"), context.get("canary_form")):
            for sentence in form.errors.values() if form else ():
                messages.error(request, " ".join(str(each) for each in sentence))
    return redirect("campaigns:sending", campaign.pk)
