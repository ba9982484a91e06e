"""A campaign's report, and campaigns side by side."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from campaigns import again, compare
from campaigns import report as reporting
from campaigns.exporting import making
from campaigns.models import Campaign, Recipient, ReportFile
from contacts.models import Job
from contacts.web import StaffRequest

_CUTS = {
    "line": (_("By line"), _("Line")),
    "language": (_("By language"), _("Language")),
    "letter": (_("By variant"), _("Variant")),
    "country": (_("By country"), _("Country")),
}


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def report(request: StaffRequest, pk: int) -> HttpResponse:
    """The funnel, when things happened, the parts, the reasons, and what to do about them."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found = reporting.report(campaign)
    counted = [each.counted for each in found.reasons]
    retry = again.choices(campaign, counted)
    if (only := request.GET.get("retry")) in {choice.reason for choice in retry}:
        retry = [replace(choice, is_chosen=choice.reason == only) for choice in retry]
    state, _colon, reason = request.GET.get("who", "").partition(":")
    context = {
        "campaign": campaign, "tab": "report", "report": found, **_counted(campaign),
        "retry_choices": retry, "group_choices": again.group_choices(counted),
        "who": f"{state}:{reason}" if state in Recipient.State.values else "",
        **files_of(campaign),
    }  # fmt: skip
    return render(request, "campaigns/report.html", context)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def counted_part(request: StaffRequest, pk: int) -> HttpResponse:
    """Timeline and parts alone: asked for again while they are being counted."""
    campaign = get_object_or_404(Campaign, pk=pk)
    return render(request, "campaigns/_report_counted.html", {"campaign": campaign, **_counted(campaign)})


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def compare_campaigns(request: StaffRequest) -> HttpResponse:
    """Rates of two to six campaigns, or of tags, side by side; without a choice, the choice."""
    asked = compare.asked_for(request.GET.getlist("campaign"), request.GET.getlist("tag"))
    q = request.GET.get("q", "")[:100]
    context = {
        "columns": asked.columns, "rows": compare.rows(asked.columns), "problem": asked.problem, "q": q,
        "choices": compare.choices(q, chosen=asked.campaigns), "tags": compare.tags(chosen=asked.tags),
        "least": compare.LEAST, "most": compare.MOST,
    }  # fmt: skip
    return render(request, "campaigns/compare.html", context)


def files_of(campaign: Campaign) -> dict[str, object]:
    """The card of files: what can be downloaded at once, and what was asked for."""
    files = making.latest(campaign)
    return {
        "files": files,
        "formats": [
            {"value": value, "label": label, "is_small": making.is_small(campaign, value)}
            for value, label in ReportFile.Format.choices
        ],
        "is_making": any(each.job.state == Job.State.RUNNING for each in files),
    }


def _counted(campaign: Campaign) -> dict[str, object]:
    counts = reporting.counts(campaign)
    parts = counts.parts or {}
    tables = [
        {"key": cut, "title": title, "heading": heading, "parts": parts[cut]}
        for cut, (title, heading) in _CUTS.items()
        if cut in parts
    ]
    return {"counts": counts, "tables": tables}
