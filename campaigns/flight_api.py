"""REST calls about the flight plan of a campaign, and its approval."""

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema

from campaigns import approval, flight
from campaigns.flight import Flight
from campaigns.models import Campaign
from contacts.refusal import Refused
from messaging.api import acting

router = Router(tags=["flight plan"])


class ApprovalIn(Schema):
    verdict: Literal["ask", "approve", "refuse"]
    plan: int = 0
    note: str = ""


@router.get("/campaigns/{campaign_id}/flight-plan", response=dict[str, Any])
def get_flight_plan(request: HttpRequest, campaign_id: int) -> dict[str, Any]:
    """What will happen when it starts. While `is_counting`, ask again in a moment. Money is text, one row a currency;
    `cost[].most` if every text were as long as the longest that was looked at."""
    acting(request, "campaigns.view_campaign")
    return _out(flight.flight(get_object_or_404(Campaign, pk=campaign_id)))


@router.post("/campaigns/{campaign_id}/approval", response=dict[str, Any])
def move_approval(request: HttpRequest, campaign_id: int, data: ApprovalIn) -> dict[str, Any]:
    """ask · approve · refuse. plan: the id of the plan that was looked at, where somebody decides; note: why, needed for a
    no. 409 with a sentence where it changed, or where one would approve one's own."""
    user = acting(request, "campaigns.change_campaign" if data.verdict == "ask" else approval.MAY)
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    if data.verdict == "ask":
        flight.ask(campaign, user=user)
    else:
        is_yes = data.verdict == "approve"
        if not data.plan:
            raise Refused(_("Name the plan you looked at."), field="plan")
        flight.decide(campaign, plan_id=data.plan, is_yes=is_yes, note=data.note, user=user)
    return _out(flight.flight(campaign))


def _out(found: Flight) -> dict[str, Any]:
    stands = found.approval
    plan = stands.plan
    return {
        "is_counting": found.is_counting,
        "refused": found.refused.sentence if found.refused else None,
        **flight.numbers_of(found),
        "lines": [
            {"line": row.line.pk, "people": row.people, "starts_at": row.start, "ends_at": row.end}
            for row in found.times.lines
        ],
        "quotas": [
            {"account": each.account.pk, "needed": each.needed, "left": each.left}
            for each in found.quotas
            if each.is_told
        ],
        "approval": {
            "state": stands.state,
            "is_needed": stands.is_needed,
            "plan": plan.pk if plan else None,
            "asked_by": str(plan.made_by) if plan and plan.made_by else None,
            "approved_by": str(plan.approved_by) if plan and plan.approved_by else None,
            "note": plan.note if plan else "",
            "changes": stands.changes,
        },
    }
