"""Files on their way into contacts."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone
from django_q.models import OrmQ

from contacts.exporting import contacts_csv
from contacts.groups import create_group
from contacts.importing import uploads, worker
from contacts.importing.headings import check_mapping, propose_mapping
from contacts.importing.reader import MOST_BYTES, inspect
from contacts.models import Contact, ContactImport, Group, Job
from contacts.people import save_contact
from contacts.refusal import Refused
from contacts.tasks import run_import

pytestmark = pytest.mark.django_db


def start(content: str | bytes, *, group: Group | None = None, **more: Any) -> Job:
    data = content.encode() if isinstance(content, str) else content
    return uploads.start_import(
        file=ContentFile(data), **{"filename": "people.csv", "region": "MX", "group": group, "user": None, **more}
    )


def imported(content: str | bytes, **more: Any) -> Job:
    job = start(content, **more)
    run_import(job.pk)
    job.refresh_from_db()
    return job


def problems(job: Job) -> list[tuple[int, str, str]]:
    return [(p.row, p.kind, p.sentence) for p in job.contact_import.problems.all()]


def test_it_brings_people_in_with_their_fields_and_group() -> None:
    vip = create_group(name="VIP")
    job = imported("Phone,Name,City\n55 1234 5678,Ana López,León\n+34600111222,Ben,\n", group=vip)
    assert (job.state, job.done, job.total, job.errors) == ("done", 2, 2, 0)
    assert job.summary == {"created": 2, "updated": 0, "unchanged": 0, "duplicates": 0, "rejected": 0}
    people = Contact.objects.order_by("name").values_list("phone", "name", "fields")
    assert list(people) == [("+525512345678", "Ana López", {"city": "León"}), ("+34600111222", "Ben", {})]
    vip.refresh_from_db()
    assert vip.size == 2


def test_it_changes_nothing_the_second_time() -> None:
    content = "phone,name\n5512345678,Ana\n5512345679,Ben\n"
    imported(content)
    job = imported(content)
    assert job.summary == {"created": 0, "updated": 0, "unchanged": 2, "duplicates": 0, "rejected": 0}


def test_it_adds_to_people_it_knows_and_blanks_nothing() -> None:
    save_contact(phone="+5215512345678", name="Ana", fields={"city": "León", "plan": "gold"}, region="")
    job = imported("phone,name,city\n5512345678,,Puebla\n")
    assert job.summary["updated"] == 1
    ana = Contact.objects.get()
    assert (ana.phone, ana.name, ana.fields) == ("+5215512345678", "Ana", {"city": "Puebla", "plan": "gold"})


def test_it_names_row_and_reason_of_what_it_does_not_take() -> None:
    job = imported(
        "phone;name\n5512345678;Ana\n\n4.41E+11;Excel\nask her;Eva\n+5215512345678;Ana again\n;Nobody\n5512345670;B;extra\n"
    )
    assert [(row, kind) for row, kind, _sentence in problems(job)] == [
        (4, "rejected"),
        (5, "rejected"),
        (6, "duplicate"),
        (7, "rejected"),
        (8, "rejected"),
    ]
    sentences = [sentence for _row, _kind, sentence in problems(job)]
    for words, sentence in zip(("as text", "letters", "as in row 2", "missing", "more cells"), sentences, strict=True):
        assert words in sentence
    assert (job.done, job.total, job.errors, job.summary["duplicates"]) == (6, 6, 4, 1)
    assert Contact.objects.get().name == "Ana"


def test_it_hands_the_rejected_rows_back_to_be_put_right() -> None:
    job = imported('phone,name\n12,"=HYPERLINK(""http://x"")"\n5512345678,Ana\n-5,B\n')
    lines = "".join(uploads.rejected_csv(job.contact_import)).splitlines()
    assert lines[0] == "\ufeffphone,name,errors"
    assert lines[1].startswith("""12,"'=HYPERLINK(""http://x"")","Row 2: """)
    assert lines[2].startswith("'-5,B,")
    corrected = "".join(uploads.rejected_csv(job.contact_import)).replace("\n12,", "\n5587654321,")
    assert imported(corrected).summary["created"] == 1
    assert Contact.objects.get(phone="+525587654321").name == '=HYPERLINK("http://x")'
    assert Contact.objects.get(phone="+525587654321").fields == {}


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "encoding", "guessed"),
    [
        ("phone,name\n5512345678,Íñigo\n".encode(), "utf-8", False),
        ("phone,name\n5512345678,Íñigo\n".encode("utf-8-sig"), "utf-8-sig", False),
        ("phone,name\n5512345678,Íñigo\n".encode("utf-16"), "utf-16", False),
        ("phone,name\n5512345678,Íñigo\n".encode("utf-16-le"), "utf-16-le", True),
        ("phone,name\n5512345678,Íñigo\n".encode("cp1252"), "cp1252", True),
        ("sep=;\r\nphone;name\r\n5512345678;Íñigo\r\n".encode(), "utf-8", False),
        ("phone\tname\n5512345678\tÍñigo\n".encode(), "utf-8", False),
        ("phone;name\n5512345678;Íñigo\n".encode(), "utf-8", False),
        ("phone|name\r5512345678|Íñigo\r".encode(), "utf-8", False),
    ],
)
def test_it_reads_the_file_however_it_was_saved(content: bytes, encoding: str, guessed: bool) -> None:
    layout = inspect(io.BytesIO(content), size=len(content))
    assert (layout.encoding, layout.encoding_is_guessed, layout.header) == (encoding, guessed, ["phone", "name"])
    assert imported(content).summary["created"] == 1
    assert Contact.objects.get().name == "Íñigo"


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"PK\x03\x04rest of a workbook", "Save as"),
        (b"\xd0\xcf\x11\xe0rest of an old workbook", "Save as"),
        (b"%PDF-1.7", "not a CSV"),
        (b"phone,name\n", "no rows"),
        (b"\x81\x8d\x01\x02\x03", "CSV UTF-8"),
        (b"name,city\nAna,Le\xc3\xb3n\n", "“name”, “city”"),
        (b"5512345678,Ana\n5512345679,Ben\n", "first row must name the columns"),
        (b'phone,name\n5512345678,"Ana\n' + b"x" * 140_000, "quotation mark"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(content: bytes, words: str) -> None:
    with pytest.raises(Refused) as refused:
        start(content)
    assert words in refused.value.sentence
    assert refused.value.field in ("file", "mapping")
    assert not ContactImport.objects.exists()
    assert not Job.objects.exists()


def test_it_refuses_a_file_that_is_too_big() -> None:
    with pytest.raises(Refused, match="50 MB"):
        inspect(io.BytesIO(b"phone\n1\n"), size=MOST_BYTES + 1)


def test_it_keeps_a_cell_with_line_breaks_in_one_row() -> None:
    job = imported('phone,note\n5512345678,"one\ntwo"\n12,x\n')
    assert Contact.objects.get().fields == {"note": "one two"}
    assert problems(job)[0][0] == 3


@pytest.mark.once
@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (["Name", "Phone Number", "City"], {"0": "name", "1": "phone", "2": "field:city"}),
        (["Nombre", "Teléfono", "Fecha de pago"], {"0": "name", "1": "phone", "2": "field:fecha_de_pago"}),
        (["Nama", "No. HP", "Kota", "Bahasa"], {"0": "name", "1": "phone", "2": "field:kota", "3": "language"}),
        (["number", "mobile"], {"0": "field:number", "1": "phone"}),
        (["CELULAR", "Idioma", "Zona horaria", ""], {"0": "phone", "1": "language", "2": "time_zone"}),
        (["phone", "errors", "groups"], {"0": "phone"}),
        (["City", "city"], {"0": "field:city"}),
    ],
)
def test_it_understands_headings_in_three_languages(header: list[str], mapping: dict[str, str]) -> None:
    assert propose_mapping(header) == mapping


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"0": "name"}, "No column has the phone number"),
        ({"0": "phone", "1": "phone"}, "Two columns"),
        ({"0": "phone", "7": "name"}, "no column 7"),
        ({"0": "phone", "1": "shoe"}, "nothing a column can be"),
    ],
)
def test_it_refuses_a_mapping_that_cannot_be(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        check_mapping(mapping, ["a", "b"])


def test_it_shows_a_file_before_it_is_imported(marta: User) -> None:
    rows = "".join(f"551234567{n},Person {n}\n" for n in range(9))
    kept = uploads.upload(
        file=ContentFile(("Tel,Who\n" + rows).encode()), filename="C:\\x\\list.csv", region="mx", group=None, user=marta
    )
    seen = uploads.preview(kept)
    assert (kept.filename, kept.region, seen.header) == ("list.csv", "MX", ["Tel", "Who"])
    assert seen.mapping == {"0": "phone", "1": "field:who"}
    assert seen.rows == [[f"551234567{n}", f"Person {n}"] for n in range(5)]
    assert not Contact.objects.exists()
    job = uploads.confirm(contact_import=kept, mapping={"0": "phone", "1": "name"}, region="MX", group=None, user=marta)
    again = uploads.confirm(contact_import=kept, mapping={"0": "phone"}, region="MX", group=None, user=marta)
    assert again == job
    assert OrmQ.objects.count() == 1
    run_import(job.pk)
    assert Contact.objects.filter(name="Person 8").exists()


def test_it_waits_in_the_queue_for_long_work() -> None:
    start("phone\n5512345678\n")
    queued = OrmQ.objects.get()
    assert queued.key == "long"
    assert queued.task["func"] is run_import


def test_it_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BATCH", 10)
    rows = [f"55123456{n:02}" for n in range(25)]
    job = start("phone\n" + "\n".join([*rows, rows[3], "12"]))
    batches = worker._batches(job.contact_import, iter([(n + 2, [row]) for n, row in enumerate(rows[:10])]))
    worker._store(job.contact_import, job.pk, next(batches))
    job.contact_import.refresh_from_db()
    assert (job.contact_import.next_row, Contact.objects.count()) == (10, 10)
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.errors) == ("done", 27, 27, 1)
    assert job.summary == {"created": 25, "updated": 0, "unchanged": 0, "duplicates": 1, "rejected": 1}
    assert "row 5" in problems(job)[0][2]


def test_it_does_the_work_once_when_delivered_twice() -> None:
    job = imported("phone\n5512345678\n")
    Contact.objects.all().delete()
    run_import(job.pk)
    assert not Contact.objects.exists()


def test_it_leaves_a_job_alone_that_another_worker_is_at() -> None:
    job = start("phone\n5512345678\n")
    Job.objects.update(heartbeat_at=timezone.now())
    run_import(job.pk)
    assert not Contact.objects.exists()


def test_it_takes_up_a_job_whose_worker_went_silent() -> None:
    job = start("phone\n5512345678\n")
    OrmQ.objects.all().delete()
    assert uploads.restart_stalled() == 0
    long_ago = timezone.now() - timedelta(minutes=3)
    Job.objects.update(heartbeat_at=long_ago, created_at=long_ago)
    assert uploads.restart_stalled() == 1
    assert OrmQ.objects.count() == 1
    run_import(job.pk)
    assert Contact.objects.count() == 1
    assert uploads.restart_stalled() == 0


def test_it_fails_in_words_when_the_file_is_gone_and_can_be_started_again() -> None:
    job = start("phone\n5512345678\n")
    kept = job.contact_import
    path, content = str(kept.file.name), kept.file.read()
    kept.file.storage.delete(path)
    run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "The file is gone: upload it again.")
    kept.file.storage.save(path, ContentFile(content))
    uploads.restart(job=job)
    run_import(job.pk)
    job.refresh_from_db()
    assert job.state == "done"
    with pytest.raises(Refused):
        uploads.restart(job=job)


def test_it_exports_what_it_can_import_again() -> None:
    vip = create_group(name="VIP")
    save_contact(phone="+525512345678", name="=Ana", groups=[vip], fields={"city": "León"}, language="es", region="")
    save_contact(phone="+34600111222", name="Ben", fields={"plan": "+gold"}, region="")
    lines = "".join(contacts_csv()).splitlines()
    assert lines == [
        "\ufeffphone,name,language,time_zone,groups,consent_sms,consent_whatsapp,city,plan",
        "'+525512345678,'=Ana,es,,VIP,unknown,unknown,León,",
        "'+34600111222,Ben,,,,unknown,unknown,,'+gold",
    ]
    job = imported("\n".join(lines))
    assert job.summary["unchanged"] == 2
    assert len(list(contacts_csv(group=vip))) == 2
