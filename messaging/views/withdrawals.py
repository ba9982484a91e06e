"""Taking a message back, from the thread or from its own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging import withdrawing
from messaging.models import Message
from messaging.withdrawing import Means


@require_POST
@login_required
@permission_required("messaging.send_message", raise_exception=True)
def message_take_back(request: StaffRequest, pk: int) -> HttpResponse:
    """`means` is one of withdrawing.Means; `next` is where to go afterwards."""
    found = get_object_or_404(Message.objects.select_related("line", "account"), pk=pk)
    means = request.POST.get("means", Means.QUEUE)
    try:
        withdrawing.take_back(found, means=means, user=request.user)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _done(means))
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return redirect(asked if is_ours else reverse("messaging:message", args=[pk]))


def _done(means: str) -> str:
    match means:
        case Means.REVOKE:
            return _("The gateway takes it back from the phone.")
        case Means.DELETE:
            return _("The gateway has deleted its record. The person keeps the message.")
        case _:
            return _("It is cancelled and is not sent.")
