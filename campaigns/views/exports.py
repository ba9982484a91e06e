"""Reports as files: small ones at once, large ones by a worker."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.exporting import making
from campaigns.models import Campaign, ReportFile
from campaigns.views.report import files_of
from contacts.models import Job
from contacts.refusal import Refused
from contacts.web import StaffRequest

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
def download_now(request: StaffRequest, pk: int, format: str) -> HttpResponseBase:
    """A small report as a file. For a large one the report's page has a button."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if format not in _TYPES:
        raise Http404
    if not making.is_small(campaign, format):
        messages.info(request, _("This file is large: ask for it here, and fetch it when it is made."))
        return redirect("campaigns:report", pk)
    return _file(making.made_now(campaign, format=format), campaign, format)


@require_POST
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
def ask(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a worker make a file."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        making.ask(
            campaign, format=request.POST.get("format", ""), state=request.POST.get("state", ""),
            reason=request.POST.get("reason", ""), user=request.user,
        )  # fmt: skip
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.success(request, _("The file is being made. It appears below when it is ready."))
    return redirect("campaigns:report", pk)


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
def files_part(request: StaffRequest, pk: int) -> HttpResponse:
    """The card of files alone: asked for again while one is being made."""
    campaign = get_object_or_404(Campaign, pk=pk)
    return render(request, "campaigns/_report_files.html", {"campaign": campaign, **files_of(campaign)})


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
def fetch(request: StaffRequest, pk: int) -> HttpResponseBase:
    """A file that a worker made."""
    ready = ReportFile.objects.filter(job__state=Job.State.DONE, expires_at__gt=timezone.now())
    made = get_object_or_404(ready.select_related("campaign"), pk=pk)
    try:
        content: Any = made.file.open("rb")
    except (FileNotFoundError, ValueError):
        messages.warning(request, _("This file is gone: ask for it again."))
        return redirect("campaigns:report", made.campaign_id)
    return _file(content, made.campaign, made.format, *filter(None, [made.state, made.reason]))


@require_GET
@login_required
@permission_required("contacts.view_job", raise_exception=True)
def of_job(request: StaffRequest, pk: int) -> HttpResponse:
    """The page on which a job's file appears."""
    return redirect("campaigns:report", get_object_or_404(ReportFile, job=pk).campaign_id)


def _file(content: Any, campaign: Campaign, format: str, *parts: str) -> FileResponse:
    name = "-".join([slugify(campaign.name) or f"campaign-{campaign.pk}", *parts])
    headers = {"Cache-Control": "no-store"}
    return FileResponse(
        content, as_attachment=True, filename=f"{name}.{format}", content_type=_TYPES[format], headers=headers
    )
