"""Pages about what gateways send by themselves: the pieces of a campaign, and campaigns found at the gateways."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns import handing, live, pieces
from campaigns import remote as remotes
from campaigns.models import Campaign, GatewayRun
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, wants_part

_TOLD = {
    "start": gettext_lazy("It goes on at the gateway."),
    "stop": gettext_lazy("It rests at the gateway."),
    "delete": gettext_lazy("It is deleted at the gateway, with what was not sent yet."),
}


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def gateway_part(request: StaffRequest, pk: int) -> HttpResponse:
    """The pieces of a campaign; asked for now and then while it moves."""
    campaign = get_object_or_404(Campaign, pk=pk, mode=Campaign.Mode.GATEWAY)
    context = {
        "campaign": campaign,
        "gateway": pieces.standing_of(campaign),
        "live": {"poll_seconds": live.poll_seconds(campaign)},
    }
    return render(request, "campaigns/_gateway.html", context)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def part_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody looked at the gateway: it does not have this piece, so it is handed over once more."""
    return _decide(request, pk, handing.hand_over_again, _("It is handed over again."))


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def part_drop(request: StaffRequest, pk: int) -> HttpResponse:
    """Whatever became of it, it is not handed over again."""
    return _decide(request, pk, handing.drop, _("It is left as it is."))


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def remote(request: StaffRequest) -> HttpResponse:
    """Campaigns found at the gateways, as the last sync saw them."""
    page = remotes.list_remote(cursor=request.GET.get("cursor"))
    context = {"rows": remotes.listed(page.items), "next": page.next}
    return render(
        request, "campaigns/_remote.html" if wants_part(request, "remote") else "campaigns/remote.html", context
    )


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def remote_act(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """start · stop · delete, at the gateway."""
    item = get_object_or_404(remotes.mirrored(), pk=pk)
    try:
        remotes.act(item, action)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, str(_TOLD[action]))
    return redirect("campaigns:remote")


def _decide(request: StaffRequest, pk: int, decide: Callable[..., None], told: str) -> HttpResponse:
    run = get_object_or_404(GatewayRun, pk=pk)
    user: User = request.user
    try:
        decide(run, user=user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, told)
    return redirect("campaigns:detail", run.campaign_id)
