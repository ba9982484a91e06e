"""Pages about reminders: the list with what needs a decision, one reminder with its history, and its form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal
from messaging.automation import firing, reminders
from messaging.automation.forms import ReminderForm
from messaging.automation.overview import tabs
from messaging.models import Reminder, ReminderFire, ReminderSending

_PAGE, _FIRES, _ASKED = 40, 20, 20
_O = ReminderSending.Outcome


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_reminder", raise_exception=True)
@from_the_start
def reminder_list(request: StaffRequest) -> HttpResponse:
    """Every reminder, and the fires that were missed."""
    found = Reminder.objects.select_related("line", "group", "contact")
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE)
    context = {"page": page, "asked": firing.asked()[:_ASKED], **tabs("reminders")}
    return render(request, "messaging/automation/reminders.html", context)


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_reminder", raise_exception=True)
def reminder_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One reminder: what is to come, and what became of each fire."""
    found = get_object_or_404(Reminder.objects.select_related("line__account", "group", "contact"), pk=pk)
    fires = ReminderFire.objects.filter(reminder=found).select_related("decided_by").order_by("-id")
    counted = fires.annotate(
        queued=Count("sendings", filter=Q(sendings__outcome=_O.QUEUED)),
        opted_out=Count("sendings", filter=Q(sendings__outcome=_O.OPTED_OUT)),
        unusable=Count("sendings", filter=Q(sendings__outcome__in=[_O.NO_TEXT, _O.TOO_LONG])),
    )
    context = {
        "reminder": found, "outlook": reminders.outlook(found), "zone": reminders.zone_of(found), "fires": counted[:_FIRES],
        **tabs("reminders"),
    }  # fmt: skip
    return render(request, "messaging/automation/reminder.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_reminder", raise_exception=True)
def reminder_edit(request: StaffRequest, pk: int = 0) -> HttpResponse:
    """Its form; a new one without an id."""
    found = get_object_or_404(Reminder.objects.select_related("contact"), pk=pk) if pk else None
    form = ReminderForm.of(found) if found else ReminderForm(initial={"starts_on": timezone.localdate(), "at": "09:00"})
    if request.method == "POST":
        form = ReminderForm(request.POST)
        if form.is_valid():
            try:
                saved = reminders.save_reminder(reminder=found, user=request.user, **form.details())
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("Saved."))
                return redirect("messaging:reminder", saved.pk)
    context = {"form": form, "reminder": found, **tabs("reminders")}
    return render(request, "messaging/automation/reminder_edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("messaging.change_reminder", raise_exception=True)
def reminder_pause(request: StaffRequest, pk: int) -> HttpResponse:
    """Pause it, or let it go on."""
    found = get_object_or_404(Reminder, pk=pk)
    if request.POST.get("on") == "1":
        reminders.resume(found)
        messages.success(request, _("%(reminder)s fires again.") % {"reminder": found})
    else:
        count = reminders.pause(found, user=request.user)
        said = ngettext(
            "Paused. %(n)s queued message was taken back.", "Paused. %(n)s queued messages were taken back.", count
        )
        messages.success(request, said % {"n": count})
    return redirect("messaging:reminder", pk)


@require_POST
@login_required
@permission_required("messaging.change_reminder", raise_exception=True)
def reminder_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget it."""
    found = get_object_or_404(Reminder, pk=pk)
    reminders.delete(found, user=request.user)
    messages.success(request, _("%(reminder)s is deleted.") % {"reminder": found.name})
    return redirect("messaging:reminders")


@require_POST
@login_required
@permission_required("messaging.change_reminder", raise_exception=True)
def reminder_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """What was missed is sent now, or left out."""
    missed = get_object_or_404(ReminderFire, pk=pk)
    try:
        if request.POST.get("verdict") == "send":
            firing.send_after_all(missed, user=request.user)
            messages.success(request, _("It is being queued now."))
        else:
            firing.leave_out(missed, user=request.user)
            messages.success(request, _("It is left out."))
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("messaging:reminders")
