"""REST calls about a campaign's audience."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from campaigns import audience, pasting, plans
from campaigns.models import Campaign
from contacts.segments.keeping import segments_by_word
from messaging.api import acting

router = Router(tags=["campaigns"])


class AudienceIn(Schema):
    """What is left out of a call stays. groups and segments: names or ids. most_messages: null for no cap."""

    groups: list[str | int] | None = None
    excluded_groups: list[str | int] | None = None
    segments: list[str | int] | None = None
    excluded_segments: list[str | int] | None = None
    most_messages: int | None = None
    most_days: int | None = None


class NumbersIn(Schema):
    numbers: list[str]
    region: str = ""


@router.get("/campaigns/{campaign_id}/audience", response=dict[str, Any])
def get_audience(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """Who is chosen, and step by step who is left: counted now."""
    acting(request, "campaigns.view_campaign")
    return _audience(get_object_or_404(Campaign, pk=campaign_id))


@router.put("/campaigns/{campaign_id}/audience", response=dict[str, Any])
def set_audience(request: HttpRequest, campaign_id: int, data: AudienceIn) -> dict[str, Any]:
    """Choose groups, segments and the cap of a draft."""
    acting(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    given: plans.Fields = {}
    if data.groups is not None:
        given["groups"] = plans.groups_by_word(data.groups)
    if data.excluded_groups is not None:
        given["excluded_groups"] = plans.groups_by_word(data.excluded_groups)
    if data.segments is not None:
        given["segments"] = segments_by_word(data.segments)
    if data.excluded_segments is not None:
        given["excluded_segments"] = segments_by_word(data.excluded_segments)
    if "most_messages" in data.model_fields_set:
        given["most_messages"] = data.most_messages
    if data.most_days is not None:
        given["most_days"] = data.most_days
    return _audience(plans.change(campaign, **given))


@router.post("/campaigns/{campaign_id}/numbers", response=dict[str, Any])
def add_numbers(request: HttpRequest, campaign_id: int, data: NumbersIn) -> dict[str, Any]:
    """Choose the people behind these numbers, as a group of the draft's own; who is not known yet becomes a contact."""
    acting(request, "campaigns.change_campaign")
    acting(request, "contacts.add_contact")
    pasted = pasting.paste(
        get_object_or_404(Campaign, pk=campaign_id), text="\n".join(data.numbers), region=data.region
    )
    return {
        "group": pasted.group.name if pasted.group else None,
        "new": pasted.new,
        "known": pasted.known,
        "problems": [{"number": written, "detail": why} for written, why in pasted.problems],
    }


def _audience(campaign: Campaign) -> dict[str, Any]:
    counted = audience.waterfall(campaign)
    names = ("groups", "excluded_groups", "segments", "excluded_segments")
    return {
        **{name: list(getattr(campaign, name).values_list("name", flat=True)) for name in names},
        "most_messages": campaign.most_messages,
        "most_days": campaign.most_days,
        "rows": counted.rows,
        "folded": counted.folded,
        "selected": counted.selected,
        "no_number": counted.no_number,
        "opted_out": counted.opted_out,
        "capped": counted.capped,
        "not_on_whatsapp": counted.not_on_whatsapp,
        "will_get_it": counted.will_get_it,
    }
