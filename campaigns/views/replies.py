"""What people answered to a campaign."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from campaigns import replies as service
from campaigns.models import Campaign
from contacts.web import StaffRequest, from_the_start, wants_part


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def replies(request: StaffRequest, pk: int) -> HttpResponse:
    """All replies or the opt-outs among them, the newest first."""
    campaign = get_object_or_404(Campaign, pk=pk)
    opted_out = request.GET.get("only") == "opted-out"
    page = service.list_replies(campaign, cursor=request.GET.get("cursor"), opted_out=opted_out)
    context = {
        "campaign": campaign, "page": page, "rows": service.written(page.items), "opted_out": opted_out,
        "answers": service.answers(campaign), "tab": "replies",
    }  # fmt: skip
    template = "campaigns/_written.html" if wants_part(request, "replies") else "campaigns/replies.html"
    return render(request, template, context)
