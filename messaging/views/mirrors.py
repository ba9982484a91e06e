"""What the gateway keeps for an account, as it last showed it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, wants_part
from messaging import standing
from messaging.models import Account, MirroredObject
from messaging.providers import PROVIDERS

_PAGE = 50
_SHOWN = 6  # of the gateway's own fields, in a row


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
def mirrored(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """One kind of objects, by a piece of their name or id."""
    account = get_object_or_404(Account, pk=pk)
    if kind not in PROVIDERS[account.provider].capabilities.mirrors:
        raise Http404(_("This gateway has no such list."))
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = MirroredObject.objects.filter(account=account, kind=kind)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(remote_id=q))
    try:
        page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE, by=("remote_id",))
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:mirrored", account.pk, kind)
    context = {
        "account": account, "kind": kind, "label": standing.kind_label(kind), "q": q, "page": page,
        "rows": [{"object": item, "fields": _few(item)} for item in page.items],
    }  # fmt: skip
    part = "messaging/_mirrored.html" if wants_part(request, "mirrored") else "messaging/mirrored.html"
    return render(request, part, context)


def _few(item: MirroredObject) -> list[tuple[str, str]]:
    """The first plain fields of what the gateway shows, in its own words; nested and empty ones are left out."""
    plain = [
        (name.replace("_", " "), str(value)[:80])
        for name, value in item.raw.items()
        if isinstance(value, str | int | float) and value not in ("", item.name) and name != "id"
    ]
    return plain[:_SHOWN]
