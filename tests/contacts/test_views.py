"""The pages about people, groups and consent: who may see and do what, and what a part is."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.groups import create_group
from contacts.models import ConsentEvent, Contact, Group
from contacts.people import save_contact

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "people"}


def person(number: int, **details: object) -> Contact:
    contact, _ = save_contact(phone=f"+5255123{number:05d}", region="MX", **details)  # type: ignore[arg-type]
    return contact


@pytest.fixture
def ana() -> Contact:
    return person(1, name="Ana Ruiz", fields={"city": "Puebla"})


@pytest.fixture
def vip() -> Group:
    return create_group(name="VIP")


def form_of(contact: Contact, **changes: object) -> dict[str, Any]:
    return {"phone": contact.phone, "name": contact.name, "fields_text": "", "language": "", "time_zone": "", **changes}


def test_it_lists_people_to_a_viewer(charlie_client: Client, ana: Contact) -> None:
    page = charlie_client.get(reverse("contacts:list")).content.decode()
    assert "Ana Ruiz" in page
    assert reverse("contacts:add") not in page


def test_it_answers_htmx_with_the_rows_alone(charlie_client: Client, ana: Contact) -> None:
    response = charlie_client.get(reverse("contacts:list"), {"q": "ana"}, headers=HTMX)
    assert response.content.decode().strip().startswith('<div id="people">')
    assert "HX-Request" in response["Vary"]


def test_it_finds_by_name_and_group(charlie_client: Client, ana: Contact, vip: Group) -> None:
    person(2, name="Luis Vega", groups=[vip])
    found = charlie_client.get(reverse("contacts:list"), {"q": "lui", "group": str(vip.pk)}).content.decode()
    assert "Luis Vega" in found
    assert "Ana Ruiz" not in found


def test_it_shows_the_next_step_where_nobody_is(marta_client: Client) -> None:
    assert reverse("contacts:import") in marta_client.get(reverse("contacts:list")).content.decode()


def test_it_pages_by_cursor_and_keeps_the_search(charlie_client: Client) -> None:
    for number in range(60):
        person(number, name=f"Person {number}")
    first = charlie_client.get(reverse("contacts:list"), {"q": "Person"})
    cursor = first.context["page"].next
    second = charlie_client.get(reverse("contacts:list"), {"q": "Person", "cursor": cursor})
    assert f"cursor={cursor}" in first.content.decode().replace("%3A", ":")
    assert len(second.context["page"].items) == 10


def test_it_leads_a_broken_cursor_back_to_the_first_page(charlie_client: Client) -> None:
    response = charlie_client.get(reverse("contacts:list"), {"cursor": "nonsense"})
    assert response.headers["Location"] == reverse("contacts:list")


def test_it_needs_as_many_queries_for_fifty_people_as_for_two(charlie_client: Client, vip: Group) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            charlie_client.get(reverse("contacts:list"))
        return len(seen)

    person(1, groups=[vip]), person(2)
    queries()  # content types and the like are looked up once
    few = queries()
    for number in range(3, 50):
        person(number, groups=[vip])
    assert queries() == few


@pytest.mark.once
@pytest.mark.parametrize("name", ["list", "groups", "add", "group_add", "import", "export"])
def test_it_sends_strangers_to_the_sign_in_page(client: Client, name: str) -> None:
    assert client.get(reverse(f"contacts:{name}")).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.once
@pytest.mark.parametrize("name", ["add", "group_add", "import", "export"])
def test_it_keeps_viewers_out_of_what_changes_things(charlie_client: Client, name: str) -> None:
    assert charlie_client.get(reverse(f"contacts:{name}")).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("name", ["edit", "consent", "delete", "group_edit", "group_delete"])
def test_it_refuses_posts_of_viewers(charlie_client: Client, ana: Contact, vip: Group, name: str) -> None:
    pk: int = vip.pk if name.startswith("group") else ana.pk
    data = form_of(ana, name="Changed", state="opted-out")
    assert charlie_client.post(reverse(f"contacts:{name}", args=[pk]), data).status_code == 403
    assert Contact.objects.get().name == "Ana Ruiz"
    assert Group.objects.get().name == "VIP"
    assert not ConsentEvent.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("name", ["consent", "delete", "group_delete"])
def test_it_acts_on_posts_only(marta_client: Client, ana: Contact, vip: Group, name: str) -> None:
    pk: int = vip.pk if name.startswith("group") else ana.pk
    assert marta_client.get(reverse(f"contacts:{name}", args=[pk])).status_code == 405


def test_it_adds_a_person(bob_client: Client, vip: Group) -> None:
    data = {"phone": "+52 55 1234 5678", "name": "Sofía", "groups": [vip.pk], "fields_text": "city: Puebla\nShop: 7"}
    response = bob_client.post(reverse("contacts:add"), data)
    sofia = Contact.objects.get()
    assert response.headers["Location"] == reverse("contacts:edit", args=[sofia.pk])
    assert (sofia.phone, sofia.fields) == ("+525512345678", {"city": "Puebla", "shop": "7"})
    assert list(sofia.groups.all()) == [vip]


def test_it_adds_to_a_person_who_is_known(bob_client: Client, ana: Contact) -> None:
    response = bob_client.post(reverse("contacts:add"), form_of(ana, name="", language="es"), follow=True)
    ana.refresh_from_db()
    assert (ana.name, ana.language) == ("Ana Ruiz", "es")
    assert "was known already" in response.content.decode()


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "4.41E+11"), ("time_zone", "Puebla"), ("language", "Español"), ("fields_text", "no colon here")],
)
def test_it_shows_a_refusal_at_its_field(bob_client: Client, ana: Contact, field: str, value: str) -> None:
    response = bob_client.post(reverse("contacts:add"), form_of(ana, **{field: value}))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert f'aria-describedby="id_{field}_helptext id_{field}_error"' in response.content.decode()


def test_it_changes_a_person_to_what_the_form_says(bob_client: Client, ana: Contact) -> None:
    bob_client.post(reverse("contacts:edit", args=[ana.pk]), form_of(ana, name="Ana María", fields_text="city: León"))
    ana.refresh_from_db()
    assert (ana.name, ana.fields) == ("Ana María", {"city": "León"})


def test_it_says_whose_number_it_is(bob_client: Client, ana: Contact) -> None:
    luis = person(2, name="Luis Vega")
    response = bob_client.post(reverse("contacts:edit", args=[ana.pk]), form_of(luis))
    assert "already belongs to Luis Vega" in response.content.decode()


def test_it_lets_a_viewer_read_a_person_without_a_save_button(charlie_client: Client, ana: Contact) -> None:
    page = charlie_client.get(reverse("contacts:edit", args=[ana.pk])).content.decode()
    assert "city: Puebla" in page
    assert '<button class="btn btn-primary"' not in page


def test_it_records_an_opt_out_with_the_colleague_and_the_words(bob_client: Client, bob: User, ana: Contact) -> None:
    bob_client.post(reverse("contacts:consent", args=[ana.pk]), {"state": "opted-out", "evidence": "said so by phone"})
    page = bob_client.get(reverse("contacts:edit", args=[ana.pk])).content.decode()
    assert "opted out" in page
    assert "said so by phone" in page
    assert {(event.channel, event.user_id) for event in ConsentEvent.objects.all()} == {
        ("sms", bob.pk),
        ("whatsapp", bob.pk),
    }


def test_it_opts_nobody_in_without_evidence(bob_client: Client, ana: Contact) -> None:
    response = bob_client.post(reverse("contacts:consent", args=[ana.pk]), {"state": "opted-in", "evidence": " "})
    assert response.status_code == 422
    assert not ConsentEvent.objects.exists()


def test_it_deletes_a_person(marta_client: Client, ana: Contact) -> None:
    marta_client.post(reverse("contacts:delete", args=[ana.pk]))
    assert not Contact.objects.exists()


def test_it_makes_renames_and_deletes_a_group(marta_client: Client, ana: Contact) -> None:
    marta_client.post(reverse("contacts:group_add"), {"name": "Fair"})
    group = Group.objects.get()
    marta_client.post(reverse("contacts:group_edit", args=[group.pk]), {"name": "Spring fair", "description": "May"})
    group.refresh_from_db()
    assert (group.name, group.description) == ("Spring fair", "May")
    marta_client.post(reverse("contacts:group_delete", args=[group.pk]))
    assert not Group.objects.exists()
    assert Contact.objects.exists()


def test_it_refuses_a_second_group_of_the_same_name(marta_client: Client, vip: Group) -> None:
    response = marta_client.post(reverse("contacts:group_add"), {"name": "vip"})
    assert response.status_code == 422
    assert "There is already a group" in response.content.decode()


def test_it_exports_what_the_list_shows(marta_client: Client, ana: Contact, vip: Group) -> None:
    person(2, name="=cmd()", groups=[vip])
    response = marta_client.get(reverse("contacts:export"), {"group": vip.pk})
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=cmd()" in text
    assert "Ana" not in text


def test_it_keeps_one_policy_header_on_every_page(charlie_client: Client) -> None:
    assert "default-src 'self'" in charlie_client.get(reverse("contacts:list")).headers["Content-Security-Policy"]
