"""REST calls about composing: changing a draft, copies, tags, putting away, and templates."""

from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from campaigns import checks, kept_texts, plans, sorting
from campaigns.api import AttachmentIn, attachment_of, attachment_out, campaign_out
from campaigns.models import Campaign, Template
from messaging.api import acting

router = Router(tags=["campaigns"])


class DraftIn(Schema):
    """What is left out stays as it is."""

    name: str | None = None
    body: str | None = None
    lines: list[int] | None = None
    sms_lines: list[int] | None = None
    groups: list[str | int] | None = None
    excluded_groups: list[str | int] | None = None
    tags: list[str] | None = None
    mode: Literal["carillon", "gateway"] | None = None
    send_before: datetime | None = None
    attachment: AttachmentIn | None = None
    media: int | None = None


class TemplateIn(Schema):
    """media: the id of a file of POST /media."""

    name: str
    body: str = ""
    language: str = ""
    attachment: AttachmentIn | None = None
    media: int | None = None


@router.get("/campaigns/{campaign_id}", response=dict[str, Any])
def get_campaign(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Here, since one address answers in one router only."""
    acting(request, "campaigns.view_campaign")
    return campaign_out(get_object_or_404(Campaign, pk=campaign_id))


@router.patch("/campaigns/{campaign_id}", response=dict[str, Any])
def change_campaign(request: HttpRequest, campaign_id: int, data: DraftIn) -> dict[str, Any]:
    """Change some fields of a draft; `null` takes `send_before` and `attachment` away. Wrong things are refused."""
    user = acting(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    given: dict[str, Any] = data.dict(exclude_unset=True)
    fields: dict[str, Any] = {name: given[name] for name in ("name", "body", "mode") if given.get(name) is not None}
    if "send_before" in given:
        fields["send_before"] = data.send_before
    for name in ("lines", "sms_lines"):
        if given.get(name) is not None:
            fields[name] = plans.lines_by_id(given[name], field=name)
    for name in ("groups", "excluded_groups"):
        if given.get(name) is not None:
            fields[name] = plans.groups_by_word(given[name])
    if data.tags is not None:
        fields["tags"] = sorting.tags_named(data.tags)
    if {"attachment", "media"} & given.keys():
        fields["attachment"] = attachment_of(data.attachment, data.media, user)
    with transaction.atomic():
        campaign = plans.change(campaign, **fields)
        checks.as_far_as_it_goes(campaign)
    return campaign_out(campaign)


@router.post("/campaigns/{campaign_id}/clone", response={201: dict[str, Any]})
def clone_campaign(request: HttpRequest, campaign_id: int) -> Status[dict[str, Any]]:
    """A new draft like this one."""
    user = acting(request, "campaigns.add_campaign")
    return Status(201, campaign_out(plans.clone(get_object_or_404(Campaign, pk=campaign_id), user=user)))


@router.post("/campaigns/{campaign_id}/archive", response=dict[str, Any])
def archive_campaign(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Out of the list: a draft, or what has ended; 409 for what is under way."""
    return _put(request, campaign_id, is_away=True)


@router.post("/campaigns/{campaign_id}/unarchive", response=dict[str, Any])
def unarchive_campaign(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Back into the list."""
    return _put(request, campaign_id, is_away=False)


@router.get("/templates", response=dict[str, Any])
def list_templates(request: HttpRequest) -> dict[str, Any]:
    acting(request, "campaigns.view_template")
    return {"items": [template_out(template) for template in Template.objects.all()]}


@router.post("/templates", response={201: dict[str, Any]})
def add_template(request: HttpRequest, data: TemplateIn) -> Status[dict[str, Any]]:
    user = acting(request, "campaigns.add_template")
    kept = kept_texts.keep(
        name=data.name, body=data.body, language=data.language, attachment=attachment_of(data.attachment, data.media, user), user=user
    )  # fmt: skip
    return Status(201, template_out(kept))


@router.put("/templates/{template_id}", response=dict[str, Any])
def change_template(request: HttpRequest, template_id: int, data: TemplateIn) -> dict[str, Any]:
    """The whole template: what is left out is taken away."""
    user = acting(request, "campaigns.change_template")
    kept = kept_texts.keep(
        name=data.name, body=data.body, language=data.language, attachment=attachment_of(data.attachment, data.media, user),
        template=get_object_or_404(Template, pk=template_id),
    )  # fmt: skip
    return template_out(kept)


@router.delete("/templates/{template_id}", response={204: None})
def delete_template(request: HttpRequest, template_id: int) -> Status[None]:
    acting(request, "campaigns.delete_template")
    get_object_or_404(Template, pk=template_id).delete()
    return Status(204, None)


def template_out(template: Template) -> dict[str, Any]:
    return {
        "id": template.pk, "name": template.name, "language": template.language, "body": template.body,
        "attachment": attachment_out(template.attachment), "updated_at": template.updated_at,
    }  # fmt: skip


def _put(request: HttpRequest, campaign_id: int, *, is_away: bool) -> dict[str, Any]:
    acting(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    (sorting.archive if is_away else sorting.unarchive)([campaign])
    campaign.refresh_from_db()
    return {"id": campaign.pk, "archived_at": campaign.archived_at}
