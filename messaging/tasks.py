"""What django-q runs: thin, carrying only ids, safe to run twice."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Job
from messaging import reconcile, tally
from messaging.gateway import provider_of
from messaging.lease import Singleton
from messaging.mirror.lines import Counts, mirror_lines
from messaging.mirror.objects import mirror_objects
from messaging.models import Account, Exchange
from messaging.outbox.pump import Pump
from messaging.polling import poll_account
from messaging.providers.errors import AccountRejected, ProviderError
from messaging.reasons import sentence

SYNC_STALLED = timedelta(minutes=5)


def pump() -> int:
    """Send for a slice of time."""
    return Pump().run()


def poll(account_id: int) -> None:
    """Ask one gateway for news."""
    poll_account(account_id)


def recover() -> int:
    """Put messages of dead claims where people can see them."""
    return reconcile.recover_abandoned()


def tidy() -> None:
    """Squash counters and drop exchanges past their days."""
    turn = Singleton("tidy", seconds=300)
    if not turn.acquire():
        return
    try:
        tally.squash()
        old = timezone.now() - timedelta(days=settings.EXCHANGE_DAYS)
        Exchange.objects.filter(
            id__in=list(Exchange.objects.filter(at__lt=old).values_list("id", flat=True)[:5000])
        ).delete()
    finally:
        turn.release()


def sync_account(account_id: int, job_id: int) -> None:
    """Mirror everything an account's gateway lists, with progress in the job."""
    account, job = Account.objects.get(pk=account_id), Job.objects.get(pk=job_id)
    if job.state != Job.State.RUNNING:
        return
    summary: dict[str, dict[str, int]] = {}
    problems: list[str] = []
    try:
        with provider_of(account) as provider:
            kinds = provider.capabilities.mirrors
            Job.objects.filter(pk=job_id).update(total=len(kinds) + 1)
            summary["lines"] = _as_dict(mirror_lines(account, provider.fetch_lines()))
            Account.objects.filter(pk=account_id, state=Account.State.NEW).update(state=Account.State.READY)
            for number, kind in enumerate(kinds, start=1):
                Job.objects.filter(pk=job_id).update(done=number, heartbeat_at=timezone.now(), errors=len(problems))
                try:
                    summary[kind] = _as_dict(mirror_objects(account, provider, kind))
                except AccountRejected as problem:  # a key may lack a permission for one kind: the others still come
                    problems.append(f"{kind}: {sentence(problem.reason)}")
    except ProviderError as problem:
        _finish(job, Job.State.FAILED, summary, [*problems, sentence(problem.reason)])
        return
    Account.objects.filter(pk=account_id).update(synced_at=timezone.now())
    _finish(job, Job.State.DONE, summary, problems)


def fail_stalled_syncs() -> int:
    """Say so when a sync was interrupted: its account can be synced again, and nothing of what came is lost."""
    old = timezone.now() - SYNC_STALLED
    stalled = Job.objects.filter(kind=Job.Kind.SYNC, state=Job.State.RUNNING, created_at__lt=old)
    stalled = stalled.filter(Q(heartbeat_at=None) | Q(heartbeat_at__lt=old))
    return stalled.update(
        state=Job.State.FAILED, message=_("The sync was interrupted. Start it again."), finished_at=timezone.now()
    )


def _as_dict(counts: Counts) -> dict[str, int]:
    return {"added": counts.added, "changed": counts.changed, "gone": counts.gone}


def _finish(job: Job, state: str, summary: dict[str, dict[str, int]], problems: list[str]) -> None:
    total = len(summary) + len(problems)
    Job.objects.filter(pk=job.pk).update(
        state=state, summary=summary, message="\n".join(problems), errors=len(problems), finished_at=timezone.now(),
        done=total, total=total,
    )  # fmt: skip
