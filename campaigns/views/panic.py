"""The button that stops everything, and the page on which one sees what came of it."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns import panic, panic_report
from campaigns.models import PanicStop
from contacts.web import StaffRequest, wants_part


@require_POST
@login_required
@permission_required("campaigns.run_campaign", raise_exception=True)
def stop_everything(request: StaffRequest) -> HttpResponse:
    """Stop every campaign, then show the report."""
    return redirect("campaigns:stop_report", panic.stop_everything(user=request.user).pk)


@require_GET
@login_required
@permission_required("campaigns.view_campaign", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def stop_report(request: StaffRequest, pk: int) -> HttpResponse:
    """What came of it; for HTMX the numbers alone."""
    stop = get_object_or_404(PanicStop.objects.select_related("created_by"), pk=pk)
    page = "campaigns/_stop.html" if wants_part(request, "stop") else "campaigns/stop.html"
    return render(request, page, {"report": panic_report.report(stop)})
