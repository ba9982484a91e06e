"""The text while it is being written: as one person will read it, and as a test on one phone."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from campaigns import previews
from campaigns.forms import CampaignForm
from campaigns.models import Campaign
from campaigns.views.plans import write_page
from contacts.refusal import Refused
from contacts.web import StaffRequest


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def preview(request: StaffRequest) -> HttpResponse:
    """The part with the phone, for what stands in the form now. Nothing is saved."""
    form = CampaignForm(request.POST)
    seen = _number(request, "person")
    is_next = "next" in request.POST
    draft = _draft(request, form)
    found = previews.preview(draft, at=0 if is_next else seen, after=seen if is_next else 0)
    context = {"preview": found, "is_news": True, "sender": previews.sender_choice(draft)}
    return render(request, "campaigns/_preview.html", context)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
@permission_required("campaigns.change_campaign", raise_exception=True)
def test_send(request: StaffRequest) -> HttpResponse:
    """Send what stands in the form to one phone; the answer is a sentence beside the button."""
    form = CampaignForm(request.POST)
    draft = _draft(request, form)
    to = request.POST.get("to", "").strip()[:40]
    test: dict[str, object] = {"to": to}
    try:
        test["message"] = previews.send_test(draft, to=to, person_id=_number(request, "person"), user=request.user)
    except Refused as refused:
        test["refused"] = refused.sentence
    if request.htmx:
        return render(request, "campaigns/_test.html", {"test": test}, status=422 if "refused" in test else 200)
    campaign = get_object_or_404(Campaign, pk=draft.campaign_id) if draft.campaign_id else None
    return write_page(request, form, campaign, test=test)


def _draft(request: StaffRequest, form: CampaignForm) -> previews.Draft:
    """What was sent, as far as it can be read: a missing name does not matter here."""
    form.is_valid()
    found = form.cleaned_data
    return previews.Draft(
        campaign_id=_number(request, "campaign") or None,
        body=found.get("body", ""),
        groups=list(found.get("groups", ())),
        left_out=list(found.get("excluded_groups", ())),
        lines=list(found.get("lines", ())),
        mode=found.get("mode") or Campaign.Mode.CARILLON,
    )


def _number(request: StaffRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else 0
