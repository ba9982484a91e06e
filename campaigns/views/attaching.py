"""The card with what goes with the text: a file or a place, attached and taken off while the text is being written."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import attaching, plans
from campaigns.forms import MessageForm
from campaigns.models import Campaign
from campaigns.views.composing import attach_file, attachment_context, message_page
from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging.media.attaching import place


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def attachment(request: StaffRequest, pk: int) -> HttpResponse:
    """Attach what is in the form, or take off what is attached; the card alone for HTMX, else the step with its text kept."""
    campaign = get_object_or_404(Campaign, pk=pk)
    refused = None
    try:
        campaign = _attach(request, campaign)
    except Refused as problem:
        refused = problem
    if request.htmx:
        context = {"campaign": campaign, **attachment_context(campaign, refused=refused)}
        answer = render(request, "campaigns/_card_attachment.html", context, status=422 if refused else 200)
        answer.headers["HX-Trigger-After-Swap"] = "attachment-changed"
        return answer
    form = MessageForm(request.POST)
    if refused or not form.is_valid():
        return message_page(request, campaign, form, refused=refused)
    plans.change(campaign, **form.details())
    return redirect("campaigns:message", pk)


def _attach(request: StaffRequest, campaign: Campaign) -> Campaign:
    """Refused(field="attachment") for nothing to attach, and for what a chosen line does not take."""
    if "remove" in request.POST:
        return plans.change(campaign, attachment=None)
    if "file" in request.FILES:
        return attach_file(request, campaign)
    try:
        point = place(
            latitude=request.POST.get("latitude", ""),
            longitude=request.POST.get("longitude", ""),
            name=request.POST.get("place", ""),
        )
    except Refused as refused:
        raise Refused(refused.sentence, field="attachment") from refused
    if point is None:
        raise Refused(_("Choose a file, or write down a place."), field="attachment")
    attaching.check(point, lines=campaign.lines.select_related("account"), body="", mode=campaign.mode)
    return plans.change(campaign, attachment=point)
