"""Messages that wait for a person: did they arrive, are they sent again, or not?"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from contacts.paging import keyset
from contacts.web import StaffRequest, from_the_start, wants_part
from messaging import deciding, folders, reconcile
from messaging.deciding import Decided, Verdict
from messaging.models import Message
from messaging.reasons import sentence

_PAGE = 50
_LOOKED_INTO = 20  # shown of those that may still settle by themselves


@never_cache
@require_GET
@login_required
@permission_required("messaging.decide_message", raise_exception=True)
@from_the_start
def review(request: StaffRequest) -> HttpResponse:
    """What waits for a decision, and what may still settle by itself."""
    waiting = _listed(reconcile.undecided())
    page = keyset(waiting, cursor=request.GET.get("cursor"), size=_PAGE, by=("id",))
    context = {
        "page": page,
        "rows": [{"message": each, "sentence": sentence(each.reason)} for each in page.items],
        "groups": [group for group in deciding.alike() if group.count > 1],
        "looked_into": [
            {"message": each, "sentence": sentence(each.reason)}
            for each in _listed(deciding.looked_into()).order_by("ask_at")[:_LOOKED_INTO]
        ],
        "counts": folders.counts(request.user),
        "folder": "review",
    }
    part = "messaging/_looked_into.html" if wants_part(request, "looked-into") else "messaging/review.html"
    return render(request, part, context)


@require_POST
@login_required
@permission_required("messaging.decide_message", raise_exception=True)
def review_decide(request: StaffRequest) -> HttpResponse:
    """Carry out a verdict on the chosen messages, or on all that are alike."""
    verdict, chosen = _asked(request)
    if verdict not in Verdict.values:
        messages.warning(request, _("Choose what to do with them."))
        return redirect("messaging:review")
    if key := request.POST.get("alike", ""):
        decided = deciding.decide(deciding.undecided_like(key), verdict=verdict, user=request.user)
    elif chosen:
        decided = deciding.decide_each(chosen[: deciding.AT_ONCE], verdict=verdict, user=request.user)
    else:
        messages.warning(request, _("Tick the messages first."))
        return redirect("messaging:review")
    _tell(request, decided, verdict)
    back = request.POST.get("message_page", "")
    return redirect(
        reverse("messaging:message", args=[int(back)]) if back.isdecimal() and len(back) < 19 else "messaging:review"
    )


def _asked(request: StaffRequest) -> tuple[str, list[int]]:
    """The verdict and the messages it is about: one by its own button ("arrived:12"), or all that are ticked."""
    verdict, _colon, one = request.POST.get("one", "").partition(":")
    chosen = [one] if one else request.POST.getlist("message")
    return verdict or request.POST.get("verdict", ""), [int(pk) for pk in chosen if pk.isdecimal() and len(pk) < 19]


def _listed(found: QuerySet[Message]) -> QuerySet[Message]:
    return found.select_related("contact", "line__account", "batch")


def _tell(request: StaffRequest, decided: Decided, verdict: str) -> None:
    words = {
        Verdict.ARRIVED: ngettext("%(n)d message counts as arrived.", "%(n)d messages count as arrived.", decided.done),
        Verdict.AGAIN: ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", decided.done),
        Verdict.DROP: ngettext("%(n)d message is not sent again.", "%(n)d messages are not sent again.", decided.done),
    }
    if decided.done:
        messages.success(request, words[Verdict(verdict)] % {"n": decided.done})
    if decided.settled:
        said = ngettext("%(n)d was settled meanwhile.", "%(n)d were settled meanwhile.", decided.settled)
        messages.info(request, said % {"n": decided.settled})
    if decided.refused:
        said = ngettext("%(n)d stays: %(sentence)s", "%(n)d stay: %(sentence)s", len(decided.refused))
        messages.warning(request, said % {"n": len(decided.refused), "sentence": decided.refused[0]})
    if decided.left:
        messages.info(request, _("%(n)d more are alike: press again for the next ones.") % {"n": decided.left})
