"""What becomes of the others after the first ones had it: a person's word."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns import canary
from campaigns.models import Campaign
from contacts.refusal import Refused
from contacts.web import StaffRequest

_TOLD = {
    canary.Verdict.GO_ON: gettext_lazy("It goes on with everybody else."),
    canary.Verdict.STOP: gettext_lazy("It is ended. What was not sent yet is not sent."),
}


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on with everybody, or end it."""
    campaign, verdict = get_object_or_404(Campaign, pk=pk), request.POST.get("verdict", "")
    try:
        canary.decide(campaign, verdict=verdict, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, str(_TOLD[canary.Verdict(verdict)]))
    return redirect("campaigns:detail", pk)
