"""REST calls about reports: the same numbers as the pages, by the same definitions."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from ninja.params.functions import Query

from campaigns import compare, counting, cuts, timeline
from campaigns import report as reporting
from campaigns.exporting import making
from campaigns.models import Campaign, ReportFile
from contacts.models import Job
from contacts.refusal import Refused
from messaging.api import acting

router = Router(tags=["reports"])


class FileIn(Schema):
    """format: csv, xlsx or pdf. state, reason: only people in it, as in the list of recipients."""

    format: str
    state: str = ""
    reason: str = ""


@router.get("/campaigns/compare", response=dict[str, Any])
def compare_campaigns(
    request: HttpRequest,
    campaign: list[int] = Query([]),  # noqa: B008  # how ninja reads several of one name
    tag: list[int] = Query([]),  # noqa: B008  # how ninja reads several of one name
) -> dict[str, Any]:
    """Numbers and rates of two to six campaigns (or tags: all campaigns of one together) side by side."""
    acting(request, "campaigns.view_campaign")
    asked = compare.asked_for(campaign, tag)
    if not asked.columns:
        words = {"least": compare.LEAST, "most": compare.MOST, "n": len(asked.campaigns) + len(asked.tags)}
        raise Refused(_("Choose %(least)d to %(most)d of them: %(n)d are chosen.") % words, field="campaign")
    return {
        "columns": [
            {
                "campaign": column.campaign.pk if column.campaign else None,
                "tag": column.tag.name if column.tag else None,
                "title": column.title,
                "campaigns": column.count,
                **reporting.numbers_out(column.numbers),
            }
            for column in asked.columns
        ]
    }


@router.get("/campaigns/{int:campaign_id}/report", response=dict[str, Any])
def get_report(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """The funnel as of now, reasons, and the parts by line, language, variant and country as of `counted_at`.

    `rates` give a percentage and what it is a share of. `parts` is null while a large campaign is being counted: ask again.
    """
    acting(request, "campaigns.view_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    found = reporting.report(campaign)
    by = counting.counted(campaign, "cuts")
    parts = cuts.parts(campaign, by.numbers) if by.numbers is not None else None
    return {
        "campaign": campaign.pk, "name": campaign.name, **reporting.numbers_out(found.numbers),
        "reasons": [
            {
                "state": each.counted.state, "reason": each.counted.reason, "detail": each.counted.sentence,
                "people": each.counted.count, "may_retry": each.may_retry,
            }
            for each in found.reasons
        ],
        "median_reply_seconds": found.answers.median, "counted_at": by.at, "is_counting": by.is_coming,
        "parts": None if parts is None else {
            "variant" if cut == "letter" else cut: [
                {"key": part.key, "label": part.label, **reporting.numbers_out(part.numbers)} for part in rows
            ]
            for cut, rows in parts.items()
        },
    }  # fmt: skip


@router.get("/campaigns/{int:campaign_id}/timeline", response=dict[str, Any])
def get_timeline(request: HttpRequest, campaign_id: int, zone: str = "UTC") -> dict[str, Any]:
    """People per stretch of time (five minutes, hours, days or weeks of `zone`, by how long it took). `starts` is null while
    a large campaign is being counted: ask again."""
    acting(request, "campaigns.view_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    try:
        own = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Refused(
            _("There is no time zone of this name. Write it like America/Mexico_City."), field="zone"
        ) from None
    when = counting.counted(campaign, "timeline")
    found = timeline.fold(when.numbers, zone=own) if when.numbers is not None else None
    return {
        "campaign": campaign.pk,
        "zone": zone,
        "bucket": found.bucket if found else None,
        "starts": [each.isoformat() for each in found.starts] if found else None,
        "series": found.series if found else None,
        "counted_at": when.at,
        "is_counting": when.is_coming,
    }


@router.post("/campaigns/{int:campaign_id}/report-files", response={202: dict[str, Any]})
def ask_for_file(request: HttpRequest, campaign_id: int, data: FileIn) -> Status[dict[str, Any]]:
    """Let a worker make a file; look at `GET /report-files/{id}` until it is done."""
    user = acting(request, "campaigns.view_recipient")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    made = making.ask(campaign, format=data.format, state=data.state, reason=data.reason, user=user)
    return Status(202, file_out(made))


@router.get("/report-files/{int:file_id}", response=dict[str, Any])
def get_file(request: HttpRequest, file_id: int) -> dict[str, Any]:
    """How far a file is; `content` is its address once it is done, until `expires_at`."""
    acting(request, "campaigns.view_recipient")
    return file_out(get_object_or_404(ReportFile.objects.select_related("job"), pk=file_id))


@router.get("/report-files/{int:file_id}/content")
def get_content(request: HttpRequest, file_id: int) -> FileResponse:
    """The file itself."""
    acting(request, "campaigns.view_recipient")
    made = get_object_or_404(ReportFile, pk=file_id, job__state=Job.State.DONE, expires_at__gt=timezone.now())
    return FileResponse(made.file.open("rb"), as_attachment=True, filename=f"report-{made.campaign_id}.{made.format}")


def file_out(made: ReportFile) -> dict[str, Any]:
    is_done = made.job.state == Job.State.DONE
    expires: datetime | None = made.expires_at if is_done else None
    return {
        "id": made.pk, "campaign": made.campaign_id, "format": made.format, "state": made.job.state,
        "done": made.job.done, "total": made.job.total, "detail": made.job.message, "expires_at": expires,
        "content": reverse("api:get_content", args=[made.pk]) if is_done else None,
    }  # fmt: skip
