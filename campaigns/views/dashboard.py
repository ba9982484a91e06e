"""The first page."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from campaigns import calendar, dashboard, halting
from campaigns.needs import approvals, needs
from contacts.web import StaffRequest, wants_part


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def show(request: StaffRequest) -> HttpResponse:
    """What is running, what needs somebody, how the last ones did; for HTMX what is running alone."""
    context: dict[str, object] = {"under_way": dashboard.under_way()}
    if wants_part(request, "under-way"):
        return render(request, "campaigns/_under_way.html", context)
    context |= {
        "can_stop": halting.anything_to_stop(),
        "steps": dashboard.first_steps(),
        "needs": [*approvals(request.user), *needs()],
        "days": dashboard.last_days(),
        "is_month": request.GET.get("span") == "month",
        "incidents": dashboard.incidents(),
        "coming": calendar.coming(),
        "replies": dashboard.newest_replies(),
        "accounts": dashboard.accounts(),
        "last_ones": dashboard.last_ones(),
    }
    return render(request, "campaigns/dashboard.html", context)
