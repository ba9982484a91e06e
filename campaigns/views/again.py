"""The page of a campaign's books, and what a person does with those who did not get it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_q.tasks import async_task

from campaigns import again, books, reports
from campaigns.models import BookCheck, Campaign, Recipient
from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import tally
from messaging.clock import enqueue_once

_AT_ONCE = 50_000  # people up to which the books are checked while somebody waits
_SHOWN = 10  # earlier checks


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
def show_books(request: StaffRequest, pk: int) -> HttpResponse:
    """What the last check found, in words, and how the earlier ones ended."""
    campaign = get_object_or_404(Campaign, pk=pk)
    checks = list(BookCheck.objects.filter(campaign=campaign).order_by("-id")[:_SHOWN])
    last = checks[0] if checks else None
    context = {
        "campaign": campaign, "tab": "books", "last": last, "earlier": checks[1:],
        "asked": next((check for check in checks if check.asked), None),
        "findings": [finding.sentence for finding in books.findings_of(last)] if last else [],
    }  # fmt: skip
    return render(request, "campaigns/books.html", context)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def check_books(request: StaffRequest, pk: int) -> HttpResponse:
    """Check them now, or in the background when the campaign is large or the gateways are asked too."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if "ask" in request.POST:
        enqueue_once(f"books:ask:{pk}", books.ask_and_keep, pk, seconds=30)
        messages.info(request, _("The gateways are being asked. Open this page again in a minute."))
    elif reports.counts_of(tally.totals(campaign.tally_scope))["selected"] > _AT_ONCE:
        async_task(books.check_and_keep, campaign.pk)
        messages.info(request, _("The books are being checked. Open this page again in a minute."))
    else:
        books.check_and_keep(campaign.pk)
    return redirect("campaigns:books", pk)


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def retry_failed(request: StaffRequest, pk: int) -> HttpResponse:
    """Send again to those who failed for the ticked reasons."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        retried = again.retry_failed(campaign, reasons=request.POST.getlist("reasons"), user=request.user)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("campaigns:detail", pk)
    said = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", retried.done)
    messages.success(request, said % {"n": retried.done})
    if retried.refused:
        said = ngettext("%(n)d may not be sent again.", "%(n)d may not be sent again.", retried.refused)
        messages.warning(request, said % {"n": retried.refused})
    if retried.is_going_on:
        messages.info(request, _("The others follow in the background."))
    return redirect("campaigns:detail", pk)


@require_POST
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
@permission_required("contacts.add_group", raise_exception=True)
def new_group(request: StaffRequest, pk: int) -> HttpResponse:
    """A group of the people in a state, for a reason. who: "state:reason"."""
    campaign = get_object_or_404(Campaign, pk=pk)
    state, _colon, reason = request.POST.get("who", "").partition(":")
    if state not in Recipient.State.values:
        messages.warning(request, _("Choose who is to be in the group."))
        return redirect("campaigns:detail", pk)
    try:
        group = again.new_group(campaign, name=request.POST.get("name", ""), state=state, reason=reason)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("campaigns:detail", pk)
    messages.success(request, _("The group %(name)s was made.") % {"name": group.name})
    return redirect("campaigns:detail", pk)
