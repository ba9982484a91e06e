"""What the gateway keeps for an account, as it last showed it: the lists, what changed, and the work both ways."""

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from contacts.models import Group, Job
from contacts.paging import keyset
from contacts.web import StaffRequest, from_the_start, wants_part
from messaging import keeping, standing
from messaging.mirror import jobs, people_gone, people_in, theirs
from messaging.mirror.facts import facts_of
from messaging.models import Account, MirrorChange, MirroredObject, MirrorJob
from messaging.views.kept import in_doubt

_PAGE = 50


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def mirrored(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """One kind of objects, by a piece of their name, their phone or their id."""
    account = get_object_or_404(Account, pk=pk)
    if kind not in theirs.shown_kinds(account):
        raise Http404(_("This gateway has no such list."))
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = MirroredObject.objects.filter(account=account, kind=kind)
    differs = kind == "contact" and request.GET.get("differs") == "1"
    if differs:
        found = theirs.differing(account)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(remote_id=q) | Q(phone__contains=q))
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE, by=("remote_id",))
    can = theirs.can(account)
    context = {
        "account": account, "kind": kind, "label": standing.kind_label(kind), "q": q, "differs": differs, "page": page, "can": can,
        "state": account.mirror_states.filter(kind=kind).first(),
        "is_book": kind == "contact",
        "is_group": kind in people_in.kinds_of(account) and kind != "contact",
        "may_delete": kind in can.deletes,
        "bring": {"kind": "contact"},
        "table": keeping.kind_of(account, kind),
        "in_doubt": in_doubt(account, kind),
        "rows": [
            {"object": pair.item, "pair": pair, "fields": facts_of(pair.item), "may_change": _may_change(account, pair.item)}
            for pair in theirs.beside(page.items)
        ],
    }  # fmt: skip
    part = "messaging/_mirrored.html" if wants_part(request, "mirrored") else "messaging/mirrored.html"
    return render(request, part, context)


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def mirror_changes(request: StaffRequest, pk: int) -> HttpResponse:
    """The log of what changed at the gateway, newest first; of one kind where asked."""
    account = get_object_or_404(Account, pk=pk)
    kind = request.GET.get("kind", "")[:30]
    found = MirrorChange.objects.filter(account=account)
    if kind:
        found = found.filter(kind=kind)
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE)
    context = {
        "account": account, "kind": kind, "page": page, "label": standing.kind_label(kind) if kind else "",
        "rows": [{"change": row, "label": standing.kind_label(row.kind), "fields": _both(row)} for row in page.items],
    }  # fmt: skip
    part = "messaging/_mirror_changes.html" if wants_part(request, "changes") else "messaging/mirror_changes.html"
    return render(request, part, context)


@require_GET
@login_required
@permission_required("contacts.view_job", raise_exception=True)
@from_the_start
def mirror_job(request: StaffRequest, pk: int) -> HttpResponse:
    """How far work on a mirror is, what it did, and who could not be helped."""
    work = get_object_or_404(MirrorJob.objects.select_related("job", "account"), pk=pk)
    page = keyset(work.problems.all(), cursor=request.GET.get("cursor"), size=_PAGE, by=("id",))
    context = {
        "work": work, "job": work.job, "account": work.account, "page": page, "counts": _counts(work),
        "synced": standing.synced(work.job.summary) if work.work == MirrorJob.Work.PULL else [],
        "group": Group.objects.filter(pk=work.args.get("group") or 0).first(),
        "can_go_on": work.job.state == Job.State.FAILED and work.work != MirrorJob.Work.PULL,
    }  # fmt: skip
    part = "messaging/_mirror_job.html" if wants_part(request, "mirror-job") else "messaging/mirror_job.html"
    return render(request, part, context)


@require_GET
@login_required
@permission_required("contacts.view_job", raise_exception=True)
def mirror_job_of(request: StaffRequest, job_pk: int) -> HttpResponse:
    """To the page of the work behind a row of progress."""
    return redirect("messaging:mirror_job", get_object_or_404(MirrorJob, job_id=job_pk).pk)


def people_work(account: Account) -> dict[str, object]:
    """For the account's page: what can be sent there, and the newest work each way."""
    kinds = (MirrorJob.Work.BRING, MirrorJob.Work.PUSH, MirrorJob.Work.REMOVE)
    can = theirs.can(account)
    return {
        "push_groups": Group.objects.filter(size__gt=0) if can.pushes_people else Group.objects.none(),
        "people_left": [
            {"left": each, "hidden": {"remote_group": each.remote_group}, "key": f"left-{number}"}
            for number, each in enumerate(people_gone.counts(account) if can.removes_people else ())
        ],
        "people_jobs": [found for work in kinds if (found := jobs.newest(account, work))],
        "unlisted": [standing.kind_label(kind) for kind in can.unlisted],
        "kinds": [{"kind": kind, "label": standing.kind_label(kind)} for kind in theirs.shown_kinds(account)],
    }


def _may_change(account: Account, item: MirroredObject) -> bool:
    table = keeping.kind_of(account, item.kind)
    return table is not None and table.can_change(item.raw) and item.gone_at is None


def _both(change: MirrorChange) -> list[tuple[str, object, object]]:
    """(field, before, after) of what differs; of something new only its beginning."""
    names = list(dict.fromkeys([*change.before, *change.after]))
    return [(name.replace("_", " "), change.before.get(name), change.after.get(name)) for name in names[:6]]


def _counts(work: MirrorJob) -> list[tuple[str, int]]:
    """What the work did so far, in words."""
    words = {
        "created": _("new"), "completed": _("completed with a name"), "unchanged": _("known already"),
        "conflicts": _("known under another name, which stays"), "joined": _("put into the group"),
        "refused": _("not taken"), "already_there": _("there already"), "left_out": _("left out: opted out"),
        "failed": _("refused by the gateway"), "removed": _("taken out of the gateway's group"),
        "not_there": _("not in it any more"), "reached": _("on WhatsApp"), "not_reached": _("not on WhatsApp"),
        "unsaid": _("not known to the gateway"),
    }  # fmt: skip
    summary = work.job.summary
    return [(words[name], count) for name, count in summary.items() if name in words and count]
