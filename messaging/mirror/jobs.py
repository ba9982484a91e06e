"""Background work on mirrors: one row of progress each, a turn that only one worker has, and a way on after a crash."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Job
from messaging.gateway import ExchangeLog, save_exchanges
from messaging.lease import Singleton
from messaging.models import Account, MirrorJob, MirrorProblem

STALLED = timedelta(minutes=2)
OLDEST = timedelta(days=1)
TURN = 120.0  # seconds a turn holds without a beat; no single call to a gateway lasts longer
STUMBLES = 20


class Overtaken(Exception):
    """Another worker has the turn by now."""


class Turn:
    """The right to work on a job: one worker at a time for each account and sort of work."""

    def __init__(self, mirror_job: MirrorJob) -> None:
        self.mirror_job, self.job_id = mirror_job, mirror_job.job_id
        self.exchanges = ExchangeLog()
        self._lease = Singleton(f"mirror:{mirror_job.account_id}:{mirror_job.work}", seconds=TURN)

    def take(self) -> bool:
        """Whether it is ours."""
        return self._lease.acquire()

    def beat(self, **progress: Any) -> None:
        """After each page: still ours, still alive, this far, and what crossed the wire is kept. Raises Overtaken."""
        if not self._lease.renew():
            raise Overtaken
        running = Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING)
        if not running.update(heartbeat_at=timezone.now(), **progress):
            raise Overtaken
        self._keep_exchanges()

    def end(self) -> None:
        self._keep_exchanges()
        self._lease.release()

    def _keep_exchanges(self) -> None:
        save_exchanges([(self.mirror_job.account_id, record) for record in self.exchanges.take()])


def create(
    *, account: Account, work: str, label: str, args: Mapping[str, Any] | None = None, user: User | None = None
) -> MirrorJob:
    """A job with its progress row; the caller enqueues it in the same transaction."""
    job = Job.objects.create(kind=Job.Kind.SYNC, label=label[:200], created_by=user)
    return MirrorJob.objects.create(job=job, account=account, work=work, args=dict(args or {}))


def newest(account: Account, work: str) -> MirrorJob | None:
    """The last one started."""
    return MirrorJob.objects.filter(account=account, work=work).select_related("job").order_by("-id").first()


def finish(mirror_job: MirrorJob, summary: Mapping[str, Any], problems: Sequence[str] = ()) -> None:
    """The work is done; what went wrong on the way is said."""
    Job.objects.filter(pk=mirror_job.job_id, state=Job.State.RUNNING).update(
        state=Job.State.DONE, summary=dict(summary), message="\n".join(problems), finished_at=timezone.now()
    )


def fail(mirror_job: MirrorJob, sentence: str, summary: Mapping[str, Any] | None = None) -> None:
    """The work stopped; what was done stays, and starting again goes on from there."""
    more = {} if summary is None else {"summary": dict(summary)}
    Job.objects.filter(pk=mirror_job.job_id, state=Job.State.RUNNING).update(
        state=Job.State.FAILED, message=sentence, finished_at=timezone.now(), **more
    )


def wait(mirror_job: MirrorJob, sentence: str) -> None:
    """The gateway cannot take more now: the job goes on by itself later, and gives up when that never helps."""
    MirrorJob.objects.filter(pk=mirror_job.pk).update(stumbles=F("stumbles") + 1)
    mirror_job.refresh_from_db(fields=["stumbles"])
    if mirror_job.stumbles >= STUMBLES:
        fail(mirror_job, sentence)
        return
    Job.objects.filter(pk=mirror_job.job_id).update(message=sentence, heartbeat_at=timezone.now())


def note_problems(mirror_job: MirrorJob, problems: Sequence[tuple[str, str, str]]) -> None:
    """Keep who could not be helped: (phone, name, why)."""
    MirrorProblem.objects.bulk_create(
        MirrorProblem(mirror_job=mirror_job, phone=phone[:64], name=name[:200], sentence=why[:300])
        for phone, name, why in problems
    )


def claim_stalled() -> list[int]:
    """Ids of running jobs that nobody works on, each given to one caller. Those that could not be finished in a day fail."""
    now = timezone.now()
    running = Job.objects.filter(kind=Job.Kind.SYNC, state=Job.State.RUNNING)
    running.filter(created_at__lt=now - OLDEST).update(
        state=Job.State.FAILED, message=_("It was interrupted too often. Start it again."), finished_at=now
    )
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALLED)
    stalled = running.filter(silent, created_at__lt=now - STALLED)
    return [
        job_id
        for job_id in stalled.order_by("id").values_list("id", flat=True)[:20]
        if stalled.filter(pk=job_id).update(heartbeat_at=now)
    ]


def reopen(mirror_job: MirrorJob) -> bool:
    """A failed job runs again from where it stopped. False when it did not fail."""
    with transaction.atomic():
        failed = Job.objects.filter(pk=mirror_job.job_id, state=Job.State.FAILED)
        MirrorJob.objects.filter(pk=mirror_job.pk).update(stumbles=0)
        return bool(failed.update(state=Job.State.RUNNING, message="", heartbeat_at=None, finished_at=None))
