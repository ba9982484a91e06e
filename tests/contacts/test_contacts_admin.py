"""The admin pages of people, groups, consent and jobs."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from contacts import consent, reach
from contacts.groups import create_group
from contacts.importing import uploads
from contacts.models import ConsentEvent, Contact, Group, Job
from contacts.people import save_contact
from contacts.segments import keeping
from contacts.tasks import run_import

pytestmark = pytest.mark.django_db
MODELS = [model._meta.model_name for model in apps.get_app_config("contacts").get_models()]


def address(model: str | None, page: str, *ids: int) -> str:
    return reverse(f"admin:contacts_{model}_{page}", args=ids)


@pytest.fixture
def some_of_everything() -> None:
    vip = create_group(name="VIP")
    save_contact(phone="+525512345678", name="Ana", groups=[vip], region="")
    consent.opt_out(phone_key="525512345678", source="staff")
    job = uploads.start_import(
        file=ContentFile(b"phone\n12\n"), filename="a.csv", region="MX", group=vip, mapping=None, user=None
    )
    run_import(job.pk)
    reach.note(["525512345678"], is_reached=True)
    condition = {"fact": "name", "of": "", "op": "has", "value": ""}
    keeping.save_segment(name="Named", rules={"match": "all", "conditions": [condition]})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("some_of_everything")
def test_it_lists_searches_and_shows_every_record(admin_site: Client, model: str) -> None:
    assert admin_site.get(address(model, "changelist"), {"q": "a"}).status_code == 200
    row = apps.get_model("contacts", model)._default_manager.first()
    assert row is not None
    assert admin_site.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_it_can_be_searched_and_filtered(model: str) -> None:
    page = admin.site._registry[apps.get_model("contacts", model)]
    assert page.search_fields
    assert len(page.list_display) > 2


@pytest.mark.parametrize(
    "model", ["consentevent", "consent", "membership", "job", "contactimport", "importproblem", "segment", "reach"]
)
@pytest.mark.usefixtures("some_of_everything")
def test_it_does_not_let_history_be_rewritten(admin_site: Client, model: str) -> None:
    row = apps.get_model("contacts", model)._default_manager.first()
    assert row is not None
    assert admin_site.get(address(model, "add")).status_code == 403
    assert admin_site.post(address(model, "change", row.pk), {"state": "opted-in"}).status_code == 403
    assert admin_site.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert ConsentEvent.objects.filter(state="opted-out").count() == 2


def test_it_brings_a_phone_into_shape(admin_site: Client) -> None:
    form = {"phone": "+52 55 1234 5678", "name": " Ana ", "language": "", "time_zone": "", "fields": '{"City": "León"}'}
    assert admin_site.post(address("contact", "add"), form).status_code == 302
    ana = Contact.objects.get()
    assert (ana.phone, ana.phone_key, ana.name, ana.fields) == (
        "+525512345678",
        "525512345678",
        "Ana",
        {"city": "León"},
    )
    again = admin_site.post(address("contact", "add"), {**form, "phone": "+5215512345678"})
    assert "already belongs to Ana" in again.content.decode()
    assert "too short" in admin_site.post(address("contact", "add"), {**form, "phone": "12"}).content.decode()


@pytest.mark.usefixtures("some_of_everything")
def test_it_keeps_sizes_when_people_are_deleted(admin_site: Client) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [Contact.objects.get().pk], "post": "yes"}
    admin_site.post(address("contact", "changelist"), chosen)
    assert not Contact.objects.exists()
    assert Group.objects.get().size == 0


@pytest.mark.usefixtures("some_of_everything")
def test_it_deletes_a_group_and_keeps_its_people(admin_site: Client) -> None:
    admin_site.post(address("group", "delete", Group.objects.get().pk), {"post": "yes"})
    assert not Group.objects.exists()
    assert Contact.objects.count() == 1


@pytest.mark.usefixtures("some_of_everything")
def test_it_counts_a_group_again(admin_site: Client) -> None:
    Group.objects.update(size=9)
    chosen = {"action": "count_again", "_selected_action": [Group.objects.get().pk]}
    admin_site.post(address("group", "changelist"), chosen)
    assert Group.objects.get().size == 1


@pytest.mark.usefixtures("some_of_everything")
def test_it_starts_a_failed_import_again(admin_site: Client) -> None:
    Job.objects.update(state="failed")
    chosen = {"action": "start_again", "_selected_action": [Job.objects.get().pk]}
    admin_site.post(address("job", "changelist"), chosen)
    assert Job.objects.get().state == "running"
