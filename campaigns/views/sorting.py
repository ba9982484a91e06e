"""Buttons under the list of campaigns: tags, and putting away."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from campaigns import sorting
from campaigns.models import Campaign
from contacts.refusal import Refused
from contacts.web import StaffRequest

_MOST = 200  # ticked at once


@require_POST
@login_required
@permission_required("campaigns.change_campaign", raise_exception=True)
def sort(request: StaffRequest) -> HttpResponse:
    """Do to the ticked campaigns what the button says: tag · untag · archive · unarchive."""
    ids = [int(pk) for pk in request.POST.getlist("campaign")[:_MOST] if pk.isdecimal() and len(pk) < 19]
    chosen = list(Campaign.objects.filter(pk__in=ids))
    try:
        told = _sort(request, chosen)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, told)
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else "campaigns:list")


def _sort(request: StaffRequest, chosen: list[Campaign]) -> str:
    if not chosen:
        raise Refused(_("Tick at least one campaign first."))
    do = request.POST.get("do", "")
    if do in ("tag", "untag"):
        tags = sorting.tags_named(request.POST.get("tags", "").split(","))
        if not tags:
            raise Refused(_("Write the tag first."))
        (sorting.add_tags if do == "tag" else sorting.remove_tags)(chosen, tags)
        return _("The tags are changed.")
    if do == "unarchive":
        sorting.unarchive(chosen)
        return _("They are back in the list.")
    sorting.archive(chosen)
    n = len(chosen)
    return ngettext("%(n)s campaign is put away.", "%(n)s campaigns are put away.", n) % {"n": n}
