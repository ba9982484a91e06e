"""Pages about the people of a campaign: those in it, and those it would leave out."""

from itertools import chain

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from campaigns import audience, breakdown, falling, live, reports
from campaigns.exporting.rows import people_csv
from campaigns.models import Campaign, Recipient
from campaigns.recipients import list_recipients
from contacts.csvtext import csv_lines
from contacts.models import Contact
from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, wants_part
from messaging import tally
from messaging.providers.errors import Reason
from messaging.reasons import sentence

_PAGE = 50


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def recipients(request: StaffRequest, pk: int) -> HttpResponse:
    """Each person with what happened to them, by state and reason; the rows alone for HTMX."""
    campaign = get_object_or_404(Campaign, pk=pk)
    state, reason = _asked_for(request)
    page = list_recipients(campaign, state=state, reason=reason, cursor=request.GET.get("cursor"))
    reasons = {each.reason: each.sentence for each in breakdown.breakdown(campaign).reasons if each.reason}
    counts = reports.counts_of(tally.totals(campaign.tally_scope))
    context = {
        "campaign": campaign, "page": page, "state": state, "reason": reason, "reason_words": sentence(reason),
        "states": _states(counts, state), "counts": counts, "tab": "people",
        "rows": [{"person": person, "sentence": sentence(person.reason)} for person in page.items],
        "reasons": reasons.items(), "reason_is_listed": reason in reasons,
    }  # fmt: skip
    template = "campaigns/_recipients.html" if wants_part(request, "recipients") else "campaigns/recipients.html"
    return render(request, template, context)


@require_GET
@login_required
@permission_required("campaigns.view_recipient", raise_exception=True)
def export(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The same people as CSV, streamed."""
    campaign = get_object_or_404(Campaign, pk=pk)
    state, reason = _asked_for(request)
    name = "-".join(filter(None, [slugify(campaign.name) or f"campaign-{pk}", state, reason]))
    return StreamingHttpResponse(
        people_csv(campaign, state=state, reason=reason),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@permission_required("contacts.view_contact", raise_exception=True)
def left_out(request: StaffRequest, pk: int, why: str) -> HttpResponse:
    """Those whom the campaign would not message if it started now, or would only once. why: see `_left_out`."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        people, words = _left_out(campaign, why)
        page = keyset(people, cursor=request.GET.get("cursor"), size=_PAGE, by=("id",))
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("campaigns:review", pk)
    context = {"campaign": campaign, "page": page, "words": words, "why": why}
    return render(request, "campaigns/left_out.html", context)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@permission_required("contacts.view_contact", raise_exception=True)
def left_out_csv(request: StaffRequest, pk: int, why: str) -> HttpResponseBase:
    """All of them as CSV, streamed."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        people, _words = _left_out(campaign, why)
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("campaigns:review", pk)
    rows = people.order_by("pk").values_list("phone", "name", "language").iterator(chunk_size=1000)
    name = f"{slugify(campaign.name) or f'campaign-{pk}'}-{slugify(why)}.csv"
    return StreamingHttpResponse(
        csv_lines(chain([("phone", "name", "language")], rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _left_out(campaign: Campaign, why: str) -> tuple[QuerySet[Contact], str]:
    """People and a sentence about them. why: a reason; "group" for what is left out by choice, "folded" for whoever was
    chosen more than once."""
    if why == falling.LEFT_OUT_GROUP:
        return audience.unselected(campaign), _("They are in a left-out group or segment of this campaign.")
    if why == falling.FOLDED:
        return audience.folded(campaign), _("They were chosen more than once. They get it once.")
    if why not in (Reason.OPTED_OUT, Reason.NO_NUMBER, Reason.CAPPED, Reason.NOT_ON_WHATSAPP):
        raise Http404
    return audience.left_out(campaign, why), str(sentence(why))


def _asked_for(request: StaffRequest) -> tuple[str, str]:
    """State and reason of the address; what is neither is no filter."""
    state, reason = request.GET.get("state", ""), request.GET.get("reason", "")
    return (
        state if state in Recipient.State.values or state == "open" else "",
        reason if reason in Reason.__members__.values() else "",
    )


def _states(counts: dict[str, int], state: str) -> list[dict[str, object]]:
    """The states that people are in, with how many; always the one that is asked for."""
    keys = ["open", *map(str, reports.OUTCOMES), "excluded"]
    return [
        {"key": key, "label": live.state_label(key), "count": counts[key]}
        for key in keys
        if counts[key] or key == state
    ]
