"""Bringing a CSV file in: at once, or in two steps with a look at it between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from contacts import tasks
from contacts.csvtext import csv_lines
from contacts.fields import tidy_text
from contacts.importing import worker
from contacts.importing.headings import check_mapping, propose_mapping
from contacts.importing.reader import SAMPLE_ROWS, inspect, numbered_rows
from contacts.models import ContactImport, Group, Job
from contacts.refusal import Refused


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What staff see before they confirm. mapping: {"0": "phone", "2": "field:city"}, the proposal or what was chosen."""

    header: list[str]
    rows: list[list[str]]
    mapping: dict[str, str]
    encoding: str
    encoding_is_guessed: bool
    delimiter: str


def start_import(
    *,
    file: File[bytes],
    filename: str,
    region: str,
    group: Group | None,
    mapping: Mapping[str, str] | None = None,
    user: AbstractBaseUser | None,
) -> Job:
    """Import a file at once, its columns understood by their headings where no mapping is given.

    Raises Refused for a file that cannot be read (field="file") or without a phone column (field="mapping").
    """
    layout = inspect(file, size=file.size)
    chosen = check_mapping(mapping if mapping is not None else propose_mapping(layout.header), layout.header)
    with transaction.atomic():
        uploaded = upload(file=file, filename=filename, region=region, group=group, user=user)
        return confirm(contact_import=uploaded, mapping=chosen, region=region, group=group, user=user)


def upload(
    *, file: File[bytes], filename: str, region: str, group: Group | None, user: AbstractBaseUser | None
) -> ContactImport:
    """Keep a file with the mapping its headings suggest; nothing is imported yet. Raises Refused(field="file")."""
    layout = inspect(file, size=file.size)
    shown_name = tidy_text(PurePath(filename.replace("\\", "/")).name)[-200:] or "contacts.csv"
    contact_import = ContactImport(
        filename=shown_name,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        header=layout.header,
        mapping=propose_mapping(layout.header),
        region=region.upper(),
        group=group,
        created_by_id=user.pk if user else None,
    )
    contact_import.file.save("contacts.csv", file, save=False)  # a name of our own: theirs is only shown
    contact_import.save()
    return contact_import


def preview(contact_import: ContactImport) -> Preview:
    """The first rows of an uploaded file, and what its columns are taken for. Raises Refused(field="file")."""
    with contact_import.file.open("rb") as file:
        rows = numbered_rows(file, encoding=contact_import.encoding, delimiter=contact_import.delimiter)
        sample = [
            cells for _number, cells in zip(range(SAMPLE_ROWS + 1), (cells for _row, cells in rows), strict=False)
        ]
    return Preview(
        header=contact_import.header,
        rows=sample[1:],
        mapping=contact_import.mapping,
        encoding=contact_import.encoding,
        encoding_is_guessed=contact_import.encoding in ("cp1252", "utf-16-le", "utf-16-be"),
        delimiter=contact_import.delimiter,
    )


def confirm(
    *,
    contact_import: ContactImport,
    mapping: Mapping[str, str],
    region: str,
    group: Group | None,
    user: AbstractBaseUser | None,
) -> Job:
    """Start the import of an uploaded file; confirming it again gives the same job.

    Raises Refused(field="mapping") when no column, or more than one, is the phone.
    """
    chosen = check_mapping(mapping, contact_import.header)
    with transaction.atomic():
        locked = ContactImport.objects.select_for_update().get(pk=contact_import.pk)
        if locked.job is not None:
            return locked.job
        job = Job.objects.create(
            kind=Job.Kind.IMPORT,
            label=_("Import of %(file)s") % {"file": locked.filename[:150]},
            created_by_id=user.pk if user else None,
        )
        locked.job, locked.mapping, locked.region, locked.group = job, chosen, region.upper(), group
        locked.save(update_fields=["job", "mapping", "region", "group"])
        _enqueue(job)
    return job


def restart(*, job: Job) -> Job:
    """Go on with an import that failed, after the rows that are stored. Raises Refused when it did not fail."""
    with transaction.atomic():
        failed = Job.objects.filter(pk=job.pk, kind=Job.Kind.IMPORT, state=Job.State.FAILED)
        if not failed.update(state=Job.State.RUNNING, message="", heartbeat_at=None, finished_at=None):
            raise Refused(_("Only an import that failed can be started again."))
        _enqueue(job)
    job.refresh_from_db()
    return job


def restart_stalled() -> int:
    """Enqueue imports again that nobody has worked on for two minutes; how many. Called by the sweep, harmless often."""
    waiting_since = timezone.now() - worker.STALLED_AFTER
    stalled = list(Job.objects.filter(worker.may_be_claimed(), created_at__lt=waiting_since))
    for job in stalled:
        _enqueue(job)
    return len(stalled)


def rejected_csv(contact_import: ContactImport) -> Iterator[str]:
    """The rejected rows as CSV lines, with the reason in a column `errors`: to be put right and imported again."""
    return csv_lines(_rejected_rows(contact_import), delimiter=contact_import.delimiter)


def _rejected_rows(contact_import: ContactImport) -> Iterator[list[str]]:
    columns = len(contact_import.header)
    yield [*contact_import.header, "errors"]
    for problem in contact_import.problems.filter(kind="rejected").order_by("row").iterator(chunk_size=1000):
        cells = [*problem.cells, *[""] * columns][: max(columns, len(problem.cells))]
        said = _("Row %(row)d: %(sentence)s") % {"row": problem.row, "sentence": problem.sentence}
        yield [*cells[:columns], said, *cells[columns:]]


def _enqueue(job: Job) -> None:
    async_task(tasks.run_import, job.pk, language=get_language() or "", cluster="long")
