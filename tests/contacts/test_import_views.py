"""The way of a file through the pages: upload, a look at it, the work, what was refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contacts import tasks
from contacts.models import Contact, ContactImport, Group, Job

pytestmark = pytest.mark.django_db
PEOPLE = "Teléfono;Nombre;Ciudad\n55 1234 5678;Íñigo;Puebla\n4,41E+11;Broken;X\n55 1234 5678;Twice;Y\n"


def uploaded(client: Client, text: str = PEOPLE, *, encoding: str = "utf-8") -> ContactImport:
    file = SimpleUploadedFile("people.csv", text.encode(encoding))
    client.post(reverse("contacts:import"), {"file": file})
    return ContactImport.objects.get()


def started(client: Client, **choices: str) -> Job:
    pk = uploaded(client).pk
    columns = {"column_0": "phone", "column_1": "name", "column_2": "field:ciudad"}
    client.post(reverse("contacts:import_preview", args=[pk]), {"region": "MX", **columns, **choices})
    return Job.objects.get()


def test_it_shows_how_the_columns_are_understood(marta_client: Client) -> None:
    page = marta_client.get(reverse("contacts:import_preview", args=[uploaded(marta_client).pk])).content.decode()
    assert '<option value="phone" selected>' in page
    assert '<option value="field:ciudad" selected>' in page
    assert "Íñigo" in page
    assert not Job.objects.exists()


def test_it_says_when_the_letters_are_a_guess(marta_client: Client) -> None:
    pk = uploaded(marta_client, encoding="cp1252").pk
    page = marta_client.get(reverse("contacts:import_preview", args=[pk])).content.decode()
    assert "CSV UTF-8" in page
    assert "Íñigo" in page


def test_it_refuses_a_spreadsheet_at_the_field(marta_client: Client) -> None:
    response = marta_client.post(reverse("contacts:import"), {"file": SimpleUploadedFile("p.xlsx", b"PK\x03\x04rest")})
    assert response.status_code == 422
    assert 'id="id_file_error"' in response.content.decode()


def test_it_refuses_a_mapping_without_a_phone(marta_client: Client) -> None:
    pk = uploaded(marta_client).pk
    data = {"region": "MX", "column_0": "", "new_group": "Fair"}
    response = marta_client.post(reverse("contacts:import_preview", args=[pk]), data)
    assert response.status_code == 422
    assert "No column has the phone number" in response.content.decode()
    assert not Group.objects.exists()


def test_it_brings_people_into_a_new_group(marta_client: Client) -> None:
    tasks.run_import(started(marta_client, new_group="Fair").pk)
    inigo = Contact.objects.get()
    assert (inigo.phone, inigo.name, inigo.fields) == ("+525512345678", "Íñigo", {"ciudad": "Puebla"})
    assert [group.name for group in inigo.groups.all()] == ["Fair"]


def test_it_leads_from_a_started_import_to_its_job(marta_client: Client) -> None:
    job = started(marta_client)
    response = marta_client.get(reverse("contacts:import_preview", args=[ContactImport.objects.get().pk]))
    assert response.headers["Location"] == reverse("contacts:job", args=[job.pk])


def test_it_polls_while_the_job_runs_and_stops_when_it_is_done(charlie_client: Client, marta_client: Client) -> None:
    job = started(marta_client)
    address = reverse("contacts:job", args=[job.pk])
    assert f'hx-get="{address}"' in charlie_client.get(address).content.decode()
    tasks.run_import(job.pk)
    part = charlie_client.get(address, headers={"HX-Request": "true", "HX-Target": "job-page"}).content.decode()
    assert part.strip().startswith('<div id="job-page"')
    assert "hx-trigger" not in part


def test_it_gives_other_pages_the_small_part(charlie_client: Client, marta_client: Client) -> None:
    job = started(marta_client)
    headers = {"HX-Request": "true", "HX-Target": f"job-{job.pk}"}
    part = charlie_client.get(reverse("contacts:job", args=[job.pk]), headers=headers).content.decode()
    assert part.strip().startswith(f'<div id="job-{job.pk}"')


def test_it_names_refused_rows_by_number_and_reason(charlie_client: Client, marta_client: Client) -> None:
    tasks.run_import(started(marta_client).pk)
    page = charlie_client.get(reverse("contacts:import_problems", args=[ContactImport.objects.get().pk]))
    assert [(problem.row, problem.kind) for problem in page.context["page"].items] == [
        (3, "rejected"),
        (4, "duplicate"),
    ]
    assert "The same number as in row 2" in page.content.decode()


def test_it_gives_the_refused_rows_as_a_file(charlie_client: Client, marta_client: Client) -> None:
    tasks.run_import(started(marta_client).pk)
    response = charlie_client.get(reverse("contacts:import_rejected", args=[ContactImport.objects.get().pk]))
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Broken" in text
    assert "Twice" not in text


def test_it_goes_on_with_a_failed_import_only(marta_client: Client) -> None:
    job = started(marta_client)
    address = reverse("contacts:import_restart", args=[job.pk])
    assert "Only an import that failed" in marta_client.post(address, follow=True).content.decode()
    Job.objects.update(state=Job.State.FAILED, message="The file is gone.")
    marta_client.post(address)
    assert Job.objects.get().state == Job.State.RUNNING


@pytest.mark.once
@pytest.mark.parametrize("name", ["import_preview", "import_restart"])
def test_it_keeps_viewers_from_importing(charlie_client: Client, marta_client: Client, name: str) -> None:
    job = started(marta_client)
    assert charlie_client.post(reverse(f"contacts:{name}", args=[job.pk])).status_code == 403
