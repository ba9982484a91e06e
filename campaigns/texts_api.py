"""REST calls about a campaign's texts: other languages, texts that compete, and links that are followed."""

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from campaigns import clicks, links, split_report, variant_edits, variants
from campaigns.models import Campaign, Variant
from messaging.api import acting

router = Router(tags=["campaigns"])


class TextIn(Schema):
    """share: percent of the people who read this letter; of a text without a language."""

    letter: str = "A"
    language: str = ""
    body: str
    share: int = 0


class TextsIn(Schema):
    """goal: what the better text has more of (opt-outs: fewer)."""

    texts: list[TextIn] = []
    goal: Literal["", "reply", "click", "opt_out"] = ""
    tracks_links: bool = False


@router.get("/campaigns/{campaign_id}/texts", response=dict[str, Any])
def get_texts(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """All texts of a campaign; the first is its own, `body`, letter A without a language."""
    acting(request, "campaigns.view_campaign")
    return _texts_out(get_object_or_404(Campaign, pk=campaign_id))


@router.put("/campaigns/{campaign_id}/texts", response=dict[str, Any])
def put_texts(request: HttpRequest, campaign_id: int, data: TextsIn) -> dict[str, Any]:
    """Replace the texts of a draft beside its own. What they still lack is in the way when it starts."""
    acting(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    texts = [variant_edits.Text(**text.dict()) for text in data.texts]
    variant_edits.replace(campaign, texts=texts, goal=data.goal, tracks_links=data.tracks_links)
    return _texts_out(campaign)


@router.get("/campaigns/{campaign_id}/split", response=dict[str, Any])
def get_split(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """How texts that compete have done: per letter people, how many did what counts, the rate and its interval of 95 %, both
    in percent. verdict: winner · not_enough_data · no_difference. `split` is null where there is only one text."""
    acting(request, "campaigns.view_campaign")
    found = split_report.split(get_object_or_404(Campaign, pk=campaign_id))
    if found is None:
        return {"split": None}
    rows = [
        {
            "letter": row.arm.letter, "share": row.share, "people": row.arm.people, "done": row.arm.done,
            "rate": round(row.rate, 2), "low": round(row.low, 2), "high": round(row.high, 2),
        }
        for row in found.rows
    ]  # fmt: skip
    verdict = {"verdict": found.verdict.kind, "letter": found.verdict.letter, "detail": found.verdict.sentence}
    return {"split": {"goal": found.goal, "texts": rows, **verdict, "counted_at": found.at}}


@router.get("/campaigns/{campaign_id}/links", response=dict[str, Any])
def get_links(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """The addresses that are followed, with clicks and people; `people` in all: who opened any of them."""
    acting(request, "campaigns.view_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    items = [{"url": row.link.url, "clicks": row.clicks, "people": row.people} for row in clicks.counts(campaign)]
    return {"tracks_links": campaign.tracks_links, "people": clicks.people(campaign), "links": items}


def _texts_out(campaign: Campaign) -> dict[str, Any]:
    texts = variants.texts_of(campaign)
    own = {"letter": variants.FIRST, "language": "", "body": campaign.body, "share": texts.rest}
    others = Variant.objects.filter(campaign=campaign).values("letter", "language", "body", "share")
    return {
        "texts": [own, *others],
        "goal": campaign.goal,
        "tracks_links": campaign.tracks_links,
        "addresses": links.all_in(texts.bodies),
    }
