"""The text while it is being written: as one person will read it, and as a test on one phone."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from campaigns import previews, testing, worst_case
from campaigns.forms import MessageForm, SendingForm
from campaigns.models import Campaign
from campaigns.views.composing import message_page
from contacts.refusal import Refused
from contacts.web import StaffRequest


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def preview(request: StaffRequest, pk: int) -> HttpResponse:
    """The part with the phone, for what stands in the form now. Nothing is saved."""
    campaign = get_object_or_404(Campaign, pk=pk)
    seen = _number(request, "person")
    is_next = "next" in request.POST
    draft = _draft(request, campaign)
    found = previews.preview(draft, at=0 if is_next else seen, after=seen if is_next else 0)
    worst = worst_case.worst_case(draft) if draft.costs_parts else None
    context = {"campaign": campaign, "preview": found, "worst": worst, "is_news": True}
    return render(request, "campaigns/_preview.html", context)


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
@permission_required("campaigns.change_campaign", raise_exception=True)
def test_send(request: StaffRequest, pk: int) -> HttpResponse:
    """Send what stands in the form to one phone; the answer is a sentence beside the button."""
    campaign = get_object_or_404(Campaign, pk=pk)
    draft = _draft(request, campaign)
    to = request.POST.get("to", "").strip()[:40]
    test: dict[str, object] = {"to": to}
    try:
        test["message"] = testing.send_test(draft, to=to, person_id=_number(request, "person"), user=request.user)
    except Refused as refused:
        test["refused"] = refused.sentence
    if request.htmx:
        return render(request, "campaigns/_test.html", {"test": test}, status=422 if "refused" in test else 200)
    return message_page(request, campaign, MessageForm(request.POST), test=test)


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def sender(request: StaffRequest, pk: int) -> HttpResponse:
    """The part that asks who sends, for the lines that are ticked now. Nothing is saved."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = SendingForm(request.POST)
    form.is_valid()
    lines = list(form.cleaned_data.get("lines", ()))
    choice = previews.sender_choice(lines, mode=form.cleaned_data.get("mode") or campaign.mode)
    return render(request, "campaigns/_mode.html", {"sender": choice})


def _draft(request: StaffRequest, campaign: Campaign) -> previews.Draft:
    """What was sent, as far as it can be read."""
    form = MessageForm(request.POST)
    form.is_valid()
    said = form.cleaned_data
    return previews.draft_of(campaign, body=said.get("body", ""), channel=said.get("channel", ""))


def _number(request: StaffRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else 0
