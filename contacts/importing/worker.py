"""The work of an import: a thousand rows at a time, each batch whole or not at all, going on where it was interrupted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.groups import add_ids
from contacts.importing.reader import numbered_rows
from contacts.importing.rows import Person, read_person
from contacts.models import Contact, ContactImport, ImportProblem, Job
from contacts.people import apply_details
from contacts.refusal import Refused

BATCH = 1000
STALLED_AFTER = timedelta(minutes=2)
_COUNTERS = ("created", "updated", "unchanged", "duplicates", "rejected")
_WRITTEN = ["name", "language", "time_zone", "fields", "updated_at"]
log = logging.getLogger(__name__)


class _Overtaken(Exception):
    """Another worker has taken this import over."""


@dataclass
class _Batch:
    """Rows read and not yet stored. start, end: data rows of the file, counted without blank ones."""

    start: int
    end: int
    people: dict[str, Person] = field(default_factory=dict)
    problems: list[ImportProblem] = field(default_factory=list)


def work(*, job_id: int) -> None:
    """Import the file of a job to its end. Does nothing when the job is finished, or when another worker is at it.

    Unexpected errors leave the job failed, with what was stored so far kept, and are raised for the log.
    """
    if not _claim(job_id):
        return
    contact_import = ContactImport.objects.select_related("job", "group").get(job_id=job_id)
    try:
        _store_all(contact_import, job_id)
        _finish(contact_import.pk, job_id)
    except _Overtaken:
        log.warning("Import job %s went on elsewhere.", job_id)
    except Refused as refused:
        _fail(job_id, refused.sentence)
    except FileNotFoundError:
        _fail(job_id, _("The file is gone: upload it again."))
    except Exception:
        _fail(job_id, _("The import stopped at an unexpected error; what was stored stays. Start it again to go on."))
        raise


def may_be_claimed() -> Q:
    """Running jobs that nobody works on: never begun, or without a heartbeat for two minutes."""
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - STALLED_AFTER)
    return Q(kind=Job.Kind.IMPORT, state=Job.State.RUNNING) & silent


def _claim(job_id: int) -> bool:
    return bool(Job.objects.filter(may_be_claimed(), pk=job_id).update(heartbeat_at=timezone.now()))


def _store_all(contact_import: ContactImport, job_id: int) -> None:
    with _data_rows(contact_import) as rows:
        total = sum(1 for _row in rows)
    Job.objects.filter(pk=job_id).update(total=total, heartbeat_at=timezone.now())
    with _data_rows(contact_import) as rows:
        for batch in _batches(contact_import, rows):
            _store(contact_import, job_id, batch)


@contextmanager
def _data_rows(contact_import: ContactImport) -> Iterator[Iterator[tuple[int, list[str]]]]:
    with contact_import.file.open("rb") as file:
        content: IO[bytes] = file
        rows = numbered_rows(content, encoding=contact_import.encoding, delimiter=contact_import.delimiter)
        next(rows)  # the heading
        yield rows


def _batches(contact_import: ContactImport, rows: Iterator[tuple[int, list[str]]]) -> Iterator[_Batch]:
    """Rows not yet worked, in batches. The ones already worked are read too: later rows may repeat their numbers."""
    first_seen: dict[int, int] = {}  # number → row; whole numbers take a third of the room that texts would
    done = contact_import.next_row
    batch = _Batch(start=done, end=done)
    for place, (row, cells) in enumerate(rows):
        try:
            person: Person | None = _read(contact_import, cells)
            problem = None
        except Refused as refused:
            person, problem = None, _problem(contact_import, row, cells, "rejected", refused.sentence)
        if person is not None:
            earlier = first_seen.setdefault(int(person.phone_key), row)
            if earlier != row:
                sentence = _("The same number as in row %(row)d, which was taken.") % {"row": earlier}
                person, problem = None, _problem(contact_import, row, cells, "duplicate", sentence)
        if place < done:
            continue
        batch.end = place + 1
        if person is not None:
            batch.people[person.phone_key] = person
        if problem is not None:
            batch.problems.append(problem)
        if batch.end - batch.start == BATCH:
            yield batch
            batch = _Batch(start=batch.end, end=batch.end)
    if batch.end > batch.start:
        yield batch


def _read(contact_import: ContactImport, cells: list[str]) -> Person:
    return read_person(
        cells, mapping=contact_import.mapping, columns=len(contact_import.header), region=contact_import.region
    )


def _problem(contact_import: ContactImport, row: int, cells: list[str], kind: str, sentence: str) -> ImportProblem:
    place = next(int(place) for place, meaning in contact_import.mapping.items() if meaning == "phone")
    value = cells[place] if place < len(cells) else ""
    return ImportProblem(
        contact_import=contact_import, row=row, kind=kind, value=value[:200], sentence=sentence[:300], cells=cells
    )


@transaction.atomic
def _store(contact_import: ContactImport, job_id: int, batch: _Batch) -> None:
    locked = ContactImport.objects.select_for_update().get(pk=contact_import.pk)
    if locked.next_row != batch.start:
        raise _Overtaken
    counts = _upsert(batch.people)
    if contact_import.group_id:
        ids = Contact.objects.filter(phone_key__in=batch.people).values_list("pk", flat=True)
        add_ids(group_ids=[contact_import.group_id], contact_ids=list(ids))
    ImportProblem.objects.bulk_create(batch.problems, ignore_conflicts=True)
    counts["rejected"] = sum(problem.kind == "rejected" for problem in batch.problems)
    counts["duplicates"] = len(batch.problems) - counts["rejected"]
    ContactImport.objects.filter(pk=contact_import.pk).update(
        next_row=batch.end, **{name: F(name) + count for name, count in counts.items()}
    )
    Job.objects.filter(pk=job_id).update(
        done=batch.end, errors=F("errors") + counts["rejected"], heartbeat_at=timezone.now()
    )


def _upsert(people: dict[str, Person]) -> dict[str, int]:
    """Write who is new and who changed, in one statement for both; how many were created, updated, unchanged."""
    existing = {
        contact.phone_key: contact
        for contact in Contact.objects.select_for_update().filter(phone_key__in=people).order_by("pk")
    }
    written = []
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    for key, person in sorted(people.items()):
        contact = existing.get(key)
        if contact is None:
            written.append(Contact(phone=person.phone, phone_key=key, **person.known))
            counts["created"] += 1
        elif apply_details(contact, person.known):
            contact.pk = None  # found again by its phone key; with the id SQLite would refuse the row
            written.append(contact)
            counts["updated"] += 1
        else:
            counts["unchanged"] += 1
    Contact.objects.bulk_create(
        written, update_conflicts=True, unique_fields=["phone_key"], update_fields=_WRITTEN, batch_size=BATCH
    )
    return counts


def _finish(import_id: int, job_id: int) -> None:
    now = timezone.now()
    counted = ContactImport.objects.values(*_COUNTERS).get(pk=import_id)
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.DONE, summary=counted, heartbeat_at=now, finished_at=now
    )


def _fail(job_id: int, sentence: str) -> None:
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.FAILED, message=sentence, finished_at=timezone.now()
    )
