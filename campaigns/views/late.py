"""What becomes of those who did not get a campaign in time: a person's word."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns import late
from campaigns.forms import LateForm
from campaigns.models import Campaign
from contacts.refusal import Refused
from contacts.web import StaffRequest

_TOLD = {
    late.Verdict.UNTIL: gettext_lazy("It goes on until that moment."),
    late.Verdict.HOURS: gettext_lazy("It goes on as soon as the lines are open."),
    late.Verdict.LEAVE_OUT: gettext_lazy("The rest is left out; the campaign ends."),
}


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the rest after all, or leave it out."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = LateForm(request.POST)
    if not form.is_valid():
        for sentences in form.errors.values():
            messages.error(request, " ".join(str(each) for each in sentences))
        return redirect("campaigns:detail", pk)
    verdict = form.cleaned_data["verdict"]
    try:
        late.decide(campaign, verdict=verdict, until=form.cleaned_data["until"], user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, str(_TOLD[late.Verdict(verdict)]))
    return redirect("campaigns:detail", pk)
