"""What people decide about mirrored objects: bring in, send there, whose name is right, delete there."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts.models import Group, Job
from contacts.refusal import Refused
from contacts.web import StaffRequest
from messaging.mirror import starting, theirs
from messaging.models import Account, MirroredObject, MirrorJob


@require_POST
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def mirror_bring(request: StaffRequest, pk: int) -> HttpResponse:
    """Make contacts of the people in a list, or in one group of it."""
    account = get_object_or_404(Account, pk=pk)
    kind, remote_id = request.POST.get("kind", ""), request.POST.get("remote_id", "")[:120]
    return _to_job(
        request, account, lambda: starting.start_bringing(account, kind=kind, remote_id=remote_id, user=request.user)
    )


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def mirror_push(request: StaffRequest, pk: int) -> HttpResponse:
    """Put one of our groups into the gateway's address book."""
    account = get_object_or_404(Account, pk=pk)
    chosen = request.POST.get("group", "")
    group = Group.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 18 else None
    if group is None:
        messages.warning(request, _("Choose a group first."))
        return redirect("messaging:account", account.pk)
    return _to_job(request, account, lambda: starting.start_pushing(account, group=group, user=request.user))


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def mirror_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take those who left our group out of the gateway's."""
    account = get_object_or_404(Account, pk=pk)
    remote_group = request.POST.get("remote_group", "")[:120]
    return _to_job(
        request, account, lambda: starting.start_removing(account, remote_group=remote_group, user=request.user)
    )


@require_POST
@login_required
@permission_required("contacts.add_contactimport", raise_exception=True)
def mirror_go_on(request: StaffRequest, pk: int) -> HttpResponse:
    """Start work that failed again, after those already done."""
    work = get_object_or_404(MirrorJob.objects.select_related("account", "job"), pk=pk)
    return _to_job(request, work.account, lambda: starting.go_on(work))


@require_POST
@login_required
@permission_required("contacts.change_contact", raise_exception=True)
def mirror_take(request: StaffRequest, pk: int) -> HttpResponse:
    """Our contact gets the gateway's name."""
    return _decide(request, pk, theirs.take_theirs, _("The contact has the gateway's name now."))


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def mirror_send(request: StaffRequest, pk: int) -> HttpResponse:
    """The gateway gets our name."""
    return _decide(request, pk, theirs.send_ours, _("The gateway has our name now."))


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def mirror_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete one object at the gateway."""
    return _decide(request, pk, theirs.delete_there, _("Deleted at the gateway. Nothing here was deleted."))


def _decide(request: StaffRequest, pk: int, decide: Callable[[MirroredObject], object], sentence: str) -> HttpResponse:
    item = get_object_or_404(MirroredObject.objects.select_related("account"), pk=pk)
    try:
        decide(item)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.success(request, sentence)
    return redirect("messaging:mirrored", item.account_id, item.kind)


def _to_job(request: StaffRequest, account: Account, start: Callable[[], Job]) -> HttpResponse:
    try:
        job = start()
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("messaging:account", account.pk)
    return redirect("messaging:mirror_job", MirrorJob.objects.get(job=job).pk)
