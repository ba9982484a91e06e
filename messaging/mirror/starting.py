"""Starting background work on mirrors: by a person, by the clock, or again after a crash."""

from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from contacts.groups import find_or_create_groups
from contacts.models import Group, Job
from contacts.refusal import Refused
from messaging import tasks
from messaging.mirror import jobs, people_gone, people_in, theirs
from messaging.models import Account, MirrorJob

EVERY = timedelta(hours=1)
AT_ONCE = 5
W = MirrorJob.Work


def start_pull(account: Account, *, user: User | None = None) -> Job:
    """Bring everything the gateway lists here. One that is under way is returned, not doubled."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        last = jobs.newest(account, W.PULL)
        if last and last.job.state == Job.State.RUNNING:
            return last.job
        label = f"{account.name} ({account.pk})"
        return _enqueue(jobs.create(account=account, work=W.PULL, label=label, user=user))


def start_due() -> int:
    """Sync every ready account that was not synced for an hour; how many were started."""
    recent = MirrorJob.objects.filter(account=OuterRef("pk"), work=W.PULL, job__created_at__gt=timezone.now() - EVERY)
    due = Account.objects.filter(~Exists(recent), state=Account.State.READY).order_by("synced_at", "id")[:AT_ONCE]
    for account in due:
        start_pull(account)
    return len(due)


def resume_stalled() -> int:
    """Let jobs go on that nobody works on; how many."""
    found = jobs.claim_stalled()
    for job_id in found:
        async_task(tasks.mirror, job_id, cluster="long")
    return len(found)


def start_bringing(
    account: Account, *, kind: str, remote_id: str = "", group: Group | None = None, user: User | None = None
) -> Job:
    """Make contacts of people the gateway knows: everybody in its address book (kind contact), in one of its groups
    (contact_group), or in a WhatsApp group (whatsapp_group).

    group: where to put them; None makes or uses the one with the gateway's name for it, and none for the whole book.
    Raises Refused where there is nobody to bring.
    """
    source = people_in.source_of(account, kind, remote_id)
    with transaction.atomic():
        if group is None and source is not None:
            (group,) = find_or_create_groups([(source.name or source.remote_id)[:100]])
        label = _("People from %(source)s at %(account)s") % {
            "source": source.name or source.remote_id if source else _("the address book"), "account": account.name,
        }  # fmt: skip
        args = {"kind": kind, "remote_id": remote_id, "group": group.pk if group else None}
        return _start_or_join(account, W.BRING, label, args, user)


def start_pushing(account: Account, *, group: Group, name: str = "", user: User | None = None) -> Job:
    """Put the people of one of our groups into the gateway's address book, under a group of this name.

    Raises Refused where the gateway takes none.
    """
    if not theirs.can(account).pushes_people:
        raise Refused(_("This gateway keeps no address book that we can write to."))
    if not group.contacts.exists():
        raise Refused(_("There is nobody in this group."), field="group")
    label = _("%(group)s to %(account)s") % {"group": group.name, "account": account.name}
    args = {"group": group.pk, "name": name.strip() or group.name}
    with transaction.atomic():
        return _start_or_join(account, W.PUSH, label, args, user)


def start_removing(account: Account, *, remote_group: str, user: User | None = None) -> Job:
    """Take those who left our group out of the gateway's. Raises Refused where nobody did, or the gateway has no such call."""
    if not theirs.can(account).removes_people:
        raise Refused(_("This gateway has no call that takes people out of a group."))
    found = next((each for each in people_gone.counts(account) if each.remote_group == remote_group), None)
    if found is None:
        raise Refused(_("Nobody is left to take out of the gateway's group."))
    label = _("Out of %(group)s at %(account)s") % {"group": found.name, "account": account.name}
    with transaction.atomic():
        return _start_or_join(account, W.REMOVE, label, {"remote_group": remote_group}, user)


def go_on(mirror_job: MirrorJob) -> Job:
    """Start a failed job again where it stopped. Raises Refused when it did not fail."""
    with transaction.atomic():
        if not jobs.reopen(mirror_job):
            raise Refused(_("Only work that failed can go on."))
        return _enqueue(mirror_job)


def _start_or_join(account: Account, work: str, label: str, args: Mapping[str, object], user: User | None) -> Job:
    """The same work under way is returned; other work of its sort has to end first."""
    Account.objects.select_for_update().get(pk=account.pk)
    last = jobs.newest(account, work)
    if last and last.job.state == Job.State.RUNNING:
        if all(last.args.get(name) == value for name, value in args.items()):
            return last.job
        raise Refused(_("“%(label)s” is still under way.") % {"label": last.job.label})
    return _enqueue(jobs.create(account=account, work=work, label=label, args=args, user=user))


def _enqueue(mirror_job: MirrorJob) -> Job:
    async_task(tasks.mirror, mirror_job.job_id, language=get_language() or "", cluster="long")
    return mirror_job.job
