"""Report files say what the rows say: CSV, Excel and PDF, at once or by a worker, for who may see people."""

import csv
from collections import Counter
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from pypdf import PdfReader

from campaigns import funnel, report
from campaigns.exporting import making, rows, sheets
from campaigns.models import Campaign, Recipient, ReportFile
from contacts.models import Contact, Job
from messaging import rates
from messaging.models import Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.campaigns.test_reports import answer, tell
from tests.conftest import signed_in
from tests.world import make_people, run_tasks

pytestmark = pytest.mark.django_db
M = Message.Status
NAMES = ["=HYPERLINK(1)", "Zoë Ñandú 🎉👨‍👩‍👧 Łódź", "Budi Жук", "-1+1"]


@pytest.fixture
def told() -> Campaign:
    """Four people with names that break things: one read and clicked, one got it, one failed, one waits."""
    for person, name in zip(make_people(4), NAMES, strict=True):
        Contact.objects.filter(pk=person.pk).update(name=name)
    line = a_line()
    rates.save(account=line.account, channel="whatsapp", country="MX", price="0.05", currency="USD")
    campaign = set_going(a_campaign(line, name="Spring 🎉 =1+1", body="Ahoj {{ name }}"))
    messages = list(Message.objects.order_by("id"))
    tell(messages[:1], M.ACCEPTED, M.DELIVERED, M.READ)
    tell(messages[1:2], M.ACCEPTED, M.DELIVERED)
    tell(messages[2:3], M.FAILED)
    answer(messages[0])
    Recipient.objects.filter(message=messages[0]).update(clicked_at=timezone.now(), language="es", letter="B")
    return campaign


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_it_writes_everybody_with_all_that_is_known(told: Campaign) -> None:
    written = list(csv.DictReader(StringIO("".join(rows.people_csv(told)).lstrip("\ufeff"))))
    assert Counter(row["state"] for row in written) == Counter(Recipient.objects.values_list("state", flat=True))
    first = next(row for row in written if row["state"] == "read")
    person = Recipient.objects.select_related("message__line").get(state="read")
    assert person.message is not None
    assert (first["phone"], first["text"], first["line"]) == (
        f"'{person.phone}",
        person.message.body,
        str(person.message.line),
    )
    assert (first["language"], first["variant"], first["country"], first["cost"], first["currency"]) == (
        "es",
        "B",
        "MX",
        "0.05",
        "USD",
    )
    for column in ("sent_at", "delivered_at", "read_at", "replied_at", "clicked_at", "queued_at"):
        assert first[column][:4].isdigit(), column
    assert {row["name"] for row in written} == {"'=HYPERLINK(1)", NAMES[1], NAMES[2], "'-1+1"}
    assert [row["cost"] for row in written if row["state"] in ("failed", "queued")] == ["", ""]


def test_it_writes_the_same_into_excel_and_no_formula(told: Campaign, charlie_client: Client) -> None:
    book = openpyxl.load_workbook(BytesIO(content(charlie_client.get(f"/campaigns/{told.pk}/report.xlsx"))))
    assert book.sheetnames == ["Summary", "Timeline", "Parts", "Reasons", "People"]
    people = list(book["People"].values)
    assert people[0] == rows.HEADINGS
    assert [row[0] for row in people[1:]] == list(
        Recipient.objects.order_by("state", "id").values_list("phone", flat=True)
    )
    assert {row[1] for row in people[1:]} == set(NAMES)
    assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line)
    steps = {row[0]: row[1] for row in book["Summary"].values if row[0] and isinstance(row[1], int)}
    found = funnel.numbers(told)
    assert steps == {str(step.label): step.count for step in funnel.steps(found)}
    assert sum(row[1] for row in list(book["Timeline"].values)[1:]) == found.sent


def test_it_goes_on_in_another_sheet_when_one_is_full(told: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    sheets.write_book(
        path,
        campaign=told,
        report=report.report(told),
        counts=report.counts(told),
        people=rows.person_rows(told),
        most=4,
    )
    book = openpyxl.load_workbook(path)
    assert [book[name].max_row for name in ("People", "People 2")] == [4, 2]
    assert book["People 2"]["A1"].value == "phone"


def test_it_prints_names_of_every_script(told: Campaign, charlie_client: Client) -> None:
    Campaign.objects.filter(pk=told.pk).update(name="Zoë Łódź Жук 🎉 " + "long " * 25)
    paper = PdfReader(BytesIO(content(charlie_client.get(f"/campaigns/{told.pk}/report.pdf"))))
    text = "\n".join(page.extract_text() for page in paper.pages)
    for words in ("Zoë Łódź Жук", "How far people came", "50.0 %", "By country", f"of {len(paper.pages)}"):
        assert words in text, words


def test_it_prints_many_parts_over_several_pages(told: Campaign, tmp_path: Path) -> None:
    counts = report.counts(told)
    assert counts.parts
    part = counts.parts["country"][0]
    many = report.Counts(
        timeline=counts.timeline, parts={"country": [part] * 90, "line": [part] * 40}, at=None, is_coming=False
    )
    import_string(making.WRITE_PAPER)(tmp_path / "x.pdf", campaign=told, report=report.report(told), counts=many)
    pages = PdfReader(tmp_path / "x.pdf").pages
    assert len(pages) > 2
    assert all(f"Page {at} of {len(pages)}" in page.extract_text() for at, page in enumerate(pages, start=1))


def test_it_lets_a_worker_make_a_large_file(
    told: Campaign, charlie_client: Client, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "AT_ONCE", dict.fromkeys(ReportFile.Format, 3))
    assert charlie_client.get(f"/campaigns/{told.pk}/report.xlsx")["Location"] == f"/campaigns/{told.pk}/report/"
    for _twice in range(2):
        charlie_client.post(f"/campaigns/{told.pk}/report/ask/", {"format": "xlsx"})
    made = ReportFile.objects.select_related("job").get()
    assert "every 2s" in charlie_client.get(f"/campaigns/{told.pk}/report/files/").content.decode()
    assert charlie_client.get(f"/campaigns/report-files/{made.pk}/").status_code == 404
    run_tasks()
    job = Job.objects.get()
    assert (job.state, job.done, job.total, job.created_by) == ("done", 4, 4, charlie)
    page = charlie_client.get(f"/campaigns/{told.pk}/report/files/").content.decode()
    assert f"/campaigns/report-files/{made.pk}/" in page
    assert "every 2s" not in page
    book = openpyxl.load_workbook(BytesIO(content(charlie_client.get(f"/campaigns/report-files/{made.pk}/"))))
    assert book["People"].max_row == 5
    nobody = signed_in(User.objects.create_user("nobody"))
    assert nobody.get(f"/campaigns/report-files/{made.pk}/").status_code == 403
    assert nobody.post(f"/campaigns/{told.pk}/report/ask/", {"format": "csv"}).status_code == 403


def test_it_makes_a_file_again_whose_worker_died(told: Campaign) -> None:
    made = making.ask(told, format="csv", state="failed", user=None)
    long_ago = timezone.now() - timedelta(minutes=5)
    OrmQ.objects.all().delete()
    Job.objects.update(created_at=long_ago, heartbeat_at=long_ago)
    making.resume_stalled()
    run_tasks()
    made.refresh_from_db()
    with made.file.open("r") as file:
        assert len(list(csv.reader(file))) == 2


def test_it_removes_files_whose_time_is_over(told: Campaign, charlie_client: Client) -> None:
    made = making.ask(told, format="pdf", user=None)
    run_tasks()
    made.refresh_from_db()
    path = Path(made.file.path)
    assert path.read_bytes()[:5] == b"%PDF-"
    making.remove_expired()
    assert path.exists()
    ReportFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    making.remove_expired()
    assert not path.exists()
    assert not Job.objects.exists()
    assert charlie_client.get(f"/campaigns/report-files/{made.pk}/").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"format": "exe"}, {"format": "csv", "state": "x"}, {"format": "csv", "reason": "x"}]
)
def test_it_makes_nothing_that_is_not_there(told: Campaign, charlie_client: Client, wrong: dict[str, str]) -> None:
    charlie_client.post(f"/campaigns/{told.pk}/report/ask/", wrong)
    assert not ReportFile.objects.exists()
    assert charlie_client.get(f"/campaigns/{told.pk}/report.exe").status_code == 404
