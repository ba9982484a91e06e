"""The button that tells a gateway where to call us."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import callback_address, callbacks
from messaging.models import Account


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def set_callbacks(request: StaffRequest, pk: int) -> HttpResponse:
    """Tell it; what came of it is a sentence on the account's page."""
    account = get_object_or_404(Account, pk=pk)
    try:
        callback_address.set_at_gateway(account, url=callbacks.url_for(account, request))
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The gateway calls us from now on."))
    return redirect("messaging:account", pk)
