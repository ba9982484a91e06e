"""Who makes a report file: whoever asks, where it is small; else a worker, with a job that shows how far it is.

A file stays for a week. A worker that died is replaced: the file is made again from the beginning.
"""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from campaigns import counting, report
from campaigns.exporting.rows import Beat, people_csv, person_rows
from campaigns.models import Campaign, Recipient, ReportFile
from campaigns.recipients import find_recipients
from campaigns.reports import counts_of
from contacts.models import Job
from contacts.refusal import Refused
from messaging import tally
from messaging.providers.errors import Reason

F = ReportFile.Format
# People up to whom a file is made while somebody waits: CSV is sent as it is read, a sheet takes a second for so many.
AT_ONCE = {F.CSV: 20_000, F.XLSX: 4_000, F.PDF: counting.AT_ONCE}
KEPT = timedelta(days=7)
# Found when the first file is made: with their libraries they take 50 MB, which processes that make none do without.
WRITE_BOOK, WRITE_PAPER = "campaigns.exporting.sheets.write_book", "campaigns.exporting.paper.write_paper"
STALLED_AFTER = timedelta(minutes=2)
SHOWN = 5


class _Gone(Exception):
    """Nobody wants this file any more."""


def is_small(campaign: Campaign, format: str) -> bool:
    """Whether somebody can wait for it."""
    return counts_of(tally.totals(campaign.tally_scope))["selected"] <= AT_ONCE[F(format)]


def ask(campaign: Campaign, *, format: str, state: str = "", reason: str = "", user: User | None) -> ReportFile:
    """Let a worker make a file. Whoever asks for one that is being made gets that one. Raises Refused(field=…)."""
    if format not in F.values:
        raise Refused(_("Choose CSV, Excel or PDF."), field="format")
    if state and state != "open" and state not in Recipient.State.values:
        raise Refused(_("There is no such state."), field="state")
    if reason and reason not in Reason.__members__.values():
        raise Refused(_("There is no such reason."), field="reason")
    if campaign.started_at is None:
        raise Refused(_("There is nothing to report yet: the campaign has not started."))
    same = ReportFile.objects.filter(
        campaign=campaign, format=format, state=state, reason=reason, language=get_language() or "",
        time_zone=timezone.get_current_timezone_name(), job__state=Job.State.RUNNING,
        job__created_by=user.pk if user else None,
    )  # fmt: skip
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        if found := same.first():
            return found
        label = _("%(format)s of %(name)s") % {"format": F(format).label, "name": campaign.name[:150]}
        job = Job.objects.create(kind=Job.Kind.EXPORT, label=label, created_by=user)
        made = ReportFile.objects.create(
            job=job, campaign=campaign, format=format, state=state, reason=reason, language=get_language() or "",
            time_zone=timezone.get_current_timezone_name(), expires_at=timezone.now() + KEPT,
        )  # fmt: skip
        async_task(make, job.pk, cluster="long")
    return made


def latest(campaign: Campaign) -> list[ReportFile]:
    """The newest files of a campaign, those that are being made among them."""
    mine = ReportFile.objects.filter(campaign=campaign).select_related("job__created_by")
    return list(mine.order_by("-id")[:SHOWN])


def make(job_id: int) -> None:
    """Make the file of a job (a task). Does nothing when it is made, or when another worker is at it."""
    if not Job.objects.filter(_may_be_claimed(), pk=job_id).update(heartbeat_at=timezone.now()):
        return
    wanted = ReportFile.objects.select_related("campaign").get(job_id=job_id)
    try:
        with translation.override(wanted.language or None), timezone.override(wanted.time_zone or None):
            _make(wanted)
    except _Gone:
        return
    except Exception:
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
            state=Job.State.FAILED, finished_at=timezone.now(),
            message=_("The file could not be made, because of an unexpected error. Ask for it again."),
        )  # fmt: skip
        raise


def write(path: Path, *, campaign: Campaign, format: str, state: str, reason: str, beat: Beat | None = None) -> None:
    """A report file. Everything in it that has to be counted is counted now, unless it is kept."""
    if format == F.CSV:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(people_csv(campaign, state=state, reason=reason, beat=beat))
        return
    for what in ("timeline", "cuts"):
        counting.fresh(campaign, what)
    numbers, counts = report.report(campaign), report.counts(campaign)
    if format == F.XLSX:
        people = person_rows(campaign, state=state, reason=reason, beat=beat)
        import_string(WRITE_BOOK)(path, campaign=campaign, report=numbers, counts=counts, people=people)
    else:
        import_string(WRITE_PAPER)(path, campaign=campaign, report=numbers, counts=counts)


def made_now(campaign: Campaign, *, format: str, state: str = "", reason: str = "") -> IO[bytes]:
    """A small file, open to be read and gone when it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        write(path, campaign=campaign, format=format, state=state, reason=reason)
        return path.open("rb")


def resume_stalled() -> None:
    """Enqueue files again that nobody has worked on for two minutes (a chore)."""
    waiting_since = timezone.now() - STALLED_AFTER
    for job_id in Job.objects.filter(_may_be_claimed(), created_at__lt=waiting_since).values_list("pk", flat=True)[:20]:
        async_task(make, job_id, cluster="long")


def remove_expired() -> None:
    """Files whose time is over go, with their jobs (a chore)."""
    for old in ReportFile.objects.filter(expires_at__lt=timezone.now()).select_related("job")[:50]:
        old.file.delete(save=False)
        old.job.delete()


def _may_be_claimed() -> Q:
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - STALLED_AFTER)
    return Q(kind=Job.Kind.EXPORT, state=Job.State.RUNNING) & silent


def _make(wanted: ReportFile) -> None:
    campaign, job_id = wanted.campaign, wanted.job_id
    total = 1
    if wanted.format != F.PDF:
        total = find_recipients(campaign, state=wanted.state, reason=wanted.reason).count()
    _beat(job_id, 0, total)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        write(
            path, campaign=campaign, format=wanted.format, state=wanted.state, reason=wanted.reason,
            beat=lambda done: _beat(job_id, done, total),
        )  # fmt: skip
        with path.open("rb") as file:
            wanted.file.save(f"report-{wanted.pk}.{wanted.format}", File(file), save=False)
    now = timezone.now()
    wanted.expires_at = now + KEPT
    wanted.save(update_fields=["file", "expires_at"])
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.DONE, done=total, heartbeat_at=now, finished_at=now
    )


def _beat(job_id: int, done: int, total: int) -> None:
    running = Job.objects.filter(pk=job_id, state=Job.State.RUNNING)
    if not running.update(done=done, total=total, heartbeat_at=timezone.now()):
        raise _Gone
