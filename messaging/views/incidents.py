"""What is wrong now, and what was."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from contacts.paging import keyset
from contacts.web import StaffRequest, from_the_start, wants_part
from messaging.models import Incident
from messaging.reasons import sentence

_PAGE = 50
_OPEN = 100  # open ones shown: at most one per kind and scope exists


@require_GET
@login_required
@permission_required("messaging.view_incident", raise_exception=True)
@from_the_start
def incident_list(request: StaffRequest) -> HttpResponse:
    """Open ones first, then the closed ones, page by page."""
    found = Incident.objects.select_related("account", "line", "webhook")
    page = keyset(found.filter(closed_at__isnull=False), cursor=request.GET.get("cursor"), size=_PAGE)
    context = {"page": page, "closed": _told(page.items)}
    if wants_part(request, "closed"):
        return render(request, "messaging/_incidents_closed.html", context)
    return render(request, "messaging/incidents.html", {**context, "open": _told(found.filter(closed_at=None)[:_OPEN])})


def _told(incidents: Iterable[Incident]) -> list[dict[str, object]]:
    return [{"incident": each, "sentence": sentence(each.reason)} for each in incidents]
