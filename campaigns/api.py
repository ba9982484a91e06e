"""REST calls about campaigns."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from campaigns import late, lifecycle, panic, panic_report, plans, recipients, replies, reports, sorting
from campaigns.models import Campaign, PanicStop, Recipient
from contacts.paging import keyset
from contacts.refusal import Refused
from messaging.api import LinkPreviewIn, LocationIn, MediaIn, acting
from messaging.media import files
from messaging.reasons import sentence

router = Router(tags=["campaigns"])
ACTIONS = {"start": lifecycle.start, "pause": lifecycle.pause, "resume": lifecycle.resume, "cancel": lifecycle.cancel}


AttachmentIn = Annotated[MediaIn | LocationIn | LinkPreviewIn, Field(discriminator="type")]


class CampaignIn(Schema):
    """attachment: what goes with the text; media: instead of it, the id of a file of POST /media."""

    name: str
    lines: list[int]
    groups: list[str | int]
    body: str
    excluded_groups: list[str | int] = []
    send_before: datetime | None = None
    mode: Literal["carillon", "gateway"] = "carillon"
    sms_lines: list[int] = []
    tags: list[str] = []
    attachment: AttachmentIn | None = None
    media: int | None = None


class LateIn(Schema):
    verdict: Literal["until", "hours", "leave_out"]
    until: datetime | None = None


@router.post("/campaigns", response={201: dict[str, Any]})
def add_campaign(request: HttpRequest, data: CampaignIn) -> Status[dict[str, Any]]:
    user = acting(request, "campaigns.add_campaign")
    with transaction.atomic():
        campaign = plans.save_draft(
            name=data.name, body=data.body, lines=plans.lines_by_id(data.lines), groups=plans.groups_by_word(data.groups),
            excluded_groups=plans.groups_by_word(data.excluded_groups), send_before=data.send_before, mode=data.mode,
            sms_lines=plans.lines_by_id(data.sms_lines, field="sms_lines"), user=user,
            tags=sorting.tags_named(data.tags), attachment=attachment_of(data.attachment, data.media, user),
        )  # fmt: skip
    return Status(201, campaign_out(campaign))


@router.get("/campaigns", response=dict[str, Any])
def list_campaigns(
    request: HttpRequest,
    state: str | None = None,
    tag: str | None = None,
    archived: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """archived: only those that were put away, or only the others; without it, all."""
    acting(request, "campaigns.view_campaign")
    campaigns = Campaign.objects.filter(state=state) if state else Campaign.objects.all()
    if tag:
        campaigns = campaigns.filter(tags__name__iexact=tag)
    if archived is not None:
        campaigns = campaigns.filter(archived_at__isnull=not archived)
    page = keyset(campaigns, cursor=cursor, size=max(1, min(limit, 200)), by=("-id",))
    progress = reports.progress_of(page.items)
    return {
        "items": [{**_head(campaign), "counts": progress[campaign.pk].counts} for campaign in page.items],
        "next": page.next,
    }


@router.get("/campaigns/{campaign_id}/recipients", response=dict[str, Any])
def list_recipients(
    request: HttpRequest, campaign_id: int, state: str | None = None, cursor: str | None = None, limit: int = 100
) -> dict[str, Any]:
    acting(request, "campaigns.view_recipient")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    people = recipients.with_messages(Recipient.objects.filter(campaign=campaign))
    if state == "open":
        people = people.filter(state__in=reports.OPEN)
    elif state:
        people = people.filter(state=state)
    page = keyset(people, cursor=cursor, size=max(1, min(limit, 1000)), by=("id",))
    return {"items": [recipient_out(person) for person in page.items], "next": page.next}


@router.post("/campaigns/{campaign_id}/late", response=dict[str, Any])
def decide_late(request: HttpRequest, campaign_id: int, data: LateIn) -> dict[str, Any]:
    """Where `is_late`: send the rest until another moment or in the lines' opening hours, or leave it out."""
    user = acting(request, "campaigns.run_campaign")
    campaign = late.decide(
        get_object_or_404(Campaign, pk=campaign_id), verdict=data.verdict, until=data.until, user=user
    )
    return campaign_out(campaign)


@router.post("/campaigns/{campaign_id}/{action}", response=dict[str, Any])
def move_campaign(request: HttpRequest, campaign_id: int, action: str) -> dict[str, Any]:
    """start · pause · resume · cancel. 409 with a sentence when the campaign cannot do that now."""
    user = acting(request, "campaigns.run_campaign")
    if action not in ACTIONS:
        raise Refused(_("Unknown action. Use one of: %(known)s.") % {"known": ", ".join(ACTIONS)}, field="action")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    try:
        ACTIONS[action](campaign, user=user)
    except Refused as refusal:
        raise Refused(refusal.sentence) from refusal  # about the campaign's state, not about an input: 409
    return {"id": campaign.pk, "state": campaign.state}


@router.post("/panic-stop", response={202: dict[str, int]})
def panic_stop(request: HttpRequest) -> Status[dict[str, int]]:
    """Stop every campaign, series and reminder at once, and ask the gateways to drop what they still hold, also of campaigns
    that ended today."""
    stop = panic.stop_everything(user=acting(request, "campaigns.run_campaign"))
    return Status(202, {"id": stop.pk})


@router.get("/panic-stop/{stop_id}", response=dict[str, Any])
def get_panic_stop(request: HttpRequest, stop_id: int) -> dict[str, Any]:
    """What came of it; complete when `finished_at` is set. Per campaign and in total: people by what became of them. series,
    reminders: ids of those that were paused."""
    acting(request, "campaigns.view_campaign")
    found = panic_report.report(get_object_or_404(PanicStop, pk=stop_id))
    campaigns = [
        {
            "id": row.campaign.pk, "name": row.campaign.name, "state": row.campaign.state, "was": row.was,
            "detail": row.note, **row.numbers,
        }
        for row in found.rows
    ]  # fmt: skip
    stop = found.stop
    return {
        "id": stop.pk,
        "at": stop.at,
        "finished_at": stop.finished_at,
        "total": found.total,
        "campaigns": campaigns,
        "series": [each.pk for each in found.series],
        "reminders": [each.pk for each in found.reminders],
    }


def campaign_out(campaign: Campaign) -> dict[str, Any]:
    progress = reports.progress(campaign)
    answered = replies.answers(campaign)
    return {
        **_head(campaign),
        "lines": list(campaign.lines.values_list("id", flat=True)),
        "sms_lines": list(campaign.sms_lines.values_list("id", flat=True)),
        "groups": list(campaign.groups.values_list("name", flat=True)),
        "body": campaign.body,
        "attachment": attachment_out(campaign.attachment),
        "tags": list(campaign.tags.values_list("name", flat=True)),
        "counts": progress.counts,
        "waiting_for": progress.waiting_for or None,
        "waiting_until": progress.waiting_until,
        "rate_per_minute": round(progress.rate, 1),
        "eta": progress.eta,
        "replied": answered.people,
        "opted_out": answered.opted_out,
        "median_reply_seconds": answered.median,
        "is_late": late.asks(campaign),
    }


def attachment_of(
    attachment: MediaIn | LocationIn | LinkPreviewIn | None, media: int | None, user: User
) -> dict[str, Any] | None:
    """What a campaign or a template keeps: a file this user gave us, or what is named."""
    if media is not None:
        return files.attachment(files.own(media, user))
    return attachment.dict() if attachment else None


def attachment_out(attachment: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where a file of ours lies on the disk is nobody's business."""
    return {name: value for name, value in attachment.items() if name != "file"} if attachment else None


def recipient_out(person: Recipient) -> dict[str, Any]:
    return {
        "id": person.pk, "contact": person.contact_id, "name": person.contact.name if person.contact else "",
        "phone": person.phone, "state": person.state, "reason": person.reason, "detail": sentence(person.reason),
        "message": person.message_id, "replied_at": person.replied_at, "line": person.message.line_id if person.message else None,
        "first_line": person.first_line_id,
    }  # fmt: skip


def _head(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": campaign.pk, "name": campaign.name, "state": campaign.state, "reason": campaign.reason or None,
        "detail": sentence(campaign.reason), "created_at": campaign.created_at, "started_at": campaign.started_at,
        "finished_at": campaign.finished_at, "send_before": campaign.send_before, "mode": campaign.mode,
        "archived_at": campaign.archived_at,
    }  # fmt: skip
