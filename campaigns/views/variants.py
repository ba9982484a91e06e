"""The card with a draft's other texts: for other languages, and those that compete with each other."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from campaigns import checks, links, variant_edits, variants
from campaigns.models import Campaign, Variant
from contacts.refusal import Refused
from contacts.web import StaffRequest


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def save(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep what stands in the card, do what the button says (`do`), and answer with the card; while somebody types
    (`do` is empty), with what is wrong alone."""
    campaign = get_object_or_404(Campaign, pk=pk)
    do, refused = request.POST.get("do", ""), ""
    try:
        _keep(request, campaign)
        _act(request, campaign, do)
    except Refused as refusal:
        refused = refusal.sentence
    campaign.refresh_from_db()
    if not request.htmx:
        if refused:
            messages.error(request, refused)
        return redirect("campaigns:message", pk)
    context = {"campaign": campaign, "variants": card(campaign, refused=refused)}
    part = "campaigns/_card_variants.html" if do else "campaigns/_variants_state.html"
    response = render(request, part, context, status=422 if refused else 200)
    response["HX-Trigger"] = "texts-changed"
    return response


def card(campaign: Campaign, *, refused: str = "") -> dict[str, Any]:
    """What the card shows. by_letter: the other letters with their languages."""
    rows = list(Variant.objects.filter(campaign=campaign))
    texts = variants.texts_of(campaign)
    other = [row for row in rows if row.letter != variants.FIRST and not row.language]
    return {
        "own_languages": [row for row in rows if row.letter == variants.FIRST],
        "by_letter": [
            {"row": row, "languages": [each for each in rows if each.letter == row.letter and each.language]}
            for row in other
        ],
        "letters": [variants.FIRST, *(row.letter for row in other)], "rest": texts.rest, "is_split": texts.is_split,
        "goals": Campaign.Goal.choices, "goal": campaign.goal or Campaign.Goal.REPLY,
        "languages": variant_edits.languages_spoken(), "refused": refused, "problem": problem(campaign, texts),
        "may_split": len(other) < len(variants.LETTERS) - 1,
    }  # fmt: skip


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def follow(request: StaffRequest, pk: int) -> HttpResponse:
    """Switch the following of links on or off, and answer with its card, and what is wrong with the other texts now."""
    campaign = get_object_or_404(Campaign, pk=pk)
    refused = ""
    try:
        variant_edits.follow_links(campaign, is_on="tracks_links" in request.POST)
    except Refused as refusal:
        refused = refusal.sentence
    if not request.htmx:
        if refused:
            messages.error(request, refused)
        return redirect("campaigns:message", pk)
    body = request.POST.get("body", campaign.body).replace("\r\n", "\n")
    context = {
        "campaign": campaign, "follows": links_card(campaign, body=body, refused=refused),
        "variants": card(campaign), "is_news": True,
    }  # fmt: skip
    response = render(request, "campaigns/_card_links.html", context, status=422 if refused else 200)
    response["HX-Trigger"] = "texts-changed"
    return response


def links_card(campaign: Campaign, *, body: str, refused: str = "") -> dict[str, Any]:
    """What the card about links shows. body: the campaign's own text as it stands in the form."""
    bodies = variants.texts_of(campaign, own=body).bodies
    sentence = refused
    try:
        links.check(campaign, bodies)
    except Refused as refusal:
        sentence = sentence or refusal.sentence
    return {"addresses": links.all_in(bodies), "problem": sentence, "sample": links.sample_address()}


def problem(campaign: Campaign, texts: variants.Texts) -> str:
    """What is wrong with the other texts, as a sentence; "" for nothing."""
    try:
        for name, body in list(texts.named())[1:]:
            checks.check_named(name, body, None)
        variants.check(campaign, texts)
    except Refused as refused:
        return refused.sentence
    return ""


def _keep(request: StaffRequest, campaign: Campaign) -> None:
    bodies, shares = {}, {}
    for row in Variant.objects.filter(campaign=campaign).only("pk"):
        if (body := request.POST.get(f"text-{row.pk}")) is not None:
            bodies[row.pk] = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        share = request.POST.get(f"share-{row.pk}", "")
        if share.isdecimal() and len(share) < 5:
            shares[row.pk] = int(share)
    variant_edits.write(campaign, bodies=bodies, shares=shares, goal=request.POST.get("goal", campaign.goal))


def _act(request: StaffRequest, campaign: Campaign, do: str) -> None:
    what, _colon, which = do.partition(":")
    if what == "letter":
        variant_edits.add_letter(campaign)
    elif what == "language":
        variant_edits.add_language(campaign, letter=which, language=request.POST.get(f"language-{which}", ""))
    elif what == "remove" and which.isdecimal() and len(which) < 19:
        variant_edits.remove(campaign, variant_id=int(which))
