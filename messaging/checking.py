"""Asking a gateway which numbers are on WhatsApp: some thousands at most, in the background, with progress to look at."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from contacts.models import Job
from contacts.refusal import Refused
from messaging import tasks
from messaging.mirror import jobs
from messaging.models import Account, Line, MirrorJob
from messaging.providers import PROVIDERS

MOST = 3000  # numbers in one go


def start(*, lines: Sequence[Line], contact_ids: Sequence[int], label: str, user: User | None) -> Job:
    """Check these people's numbers over the first line that can. Raises Refused where none can, or nobody is left to check."""
    able = [
        line
        for line in lines
        if PROVIDERS[line.account.provider].capabilities.number_check
        and line.state == Line.State.READY
        and line.account.state == Account.State.READY
    ]
    if not able:
        raise Refused(_("None of the chosen lines can check numbers now. Choose a connected WhatsApp line first."))
    if not contact_ids:
        raise Refused(_("Nobody is left to check: of all of them it is known."))
    line = able[0]
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=line.account_id)
        last = jobs.newest(line.account, MirrorJob.Work.CHECK)
        if last and last.job.state == Job.State.RUNNING:
            raise Refused(_("“%(label)s” is still under way.") % {"label": last.job.label})
        wanted = list(contact_ids)[:MOST]
        args = {"line": line.pk, "contacts": wanted}
        made = jobs.create(account=line.account, work=MirrorJob.Work.CHECK, label=_label(label), args=args, user=user)
        Job.objects.filter(pk=made.job_id).update(total=len(wanted))
        async_task(tasks.mirror, made.job_id, language=get_language() or "", cluster="long")
    return made.job


def newest(label: str) -> Job | None:
    """The last check under this name."""
    return Job.objects.filter(kind=Job.Kind.SYNC, label=_label(label)).order_by("-id").first()


def _label(name: str) -> str:
    return (_("Numbers of “%(name)s” on WhatsApp") % {"name": name})[:200]
