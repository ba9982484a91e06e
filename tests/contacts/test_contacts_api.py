"""The REST calls about people, groups and imports, over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.models import ApiToken
from contacts import consent
from contacts.models import Contact, Group, Job
from contacts.tasks import run_import

pytestmark = pytest.mark.django_db
API = "/api/v1"


def caller(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {ApiToken.issue(user_id=user.pk)}"})


@pytest.fixture
def api(marta: User) -> Client:
    """A client with a marketer's token."""
    return caller(marta)


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"{API}{path}", body, content_type="application/json")


def test_it_makes_a_person_known_and_says_when_they_were(api: Client) -> None:
    body = {"phone": "+52 55 1234 5678", "name": "Ana", "groups": ["VIP"], "fields": {"City": "León"}}
    first = post(api, "/contacts", body)
    assert first.status_code == 201
    assert first.json() == {
        "id": Contact.objects.get().pk,
        "phone": "+525512345678",
        "name": "Ana",
        "language": "",
        "time_zone": "",
        "groups": ["VIP"],
        "fields": {"city": "León"},
        "consent": {"sms": "unknown", "whatsapp": "unknown"},
    }
    again = post(api, "/contacts", {"phone": "+5215512345678"})
    assert (again.status_code, again.json()["name"]) == (200, "Ana")
    assert Group.objects.get().size == 1


def test_it_answers_a_bad_number_with_a_sentence(api: Client) -> None:
    answer = post(api, "/contacts", {"phone": "4.41E+11"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "spreadsheet" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "phone"


def test_it_lets_an_agent_add_people_but_not_make_groups(bob: User) -> None:
    answer = post(caller(bob), "/contacts", {"phone": "+525512345678", "groups": ["VIP"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "groups")
    assert post(caller(bob), "/groups", {"name": "VIP"}).status_code == 403


@pytest.mark.parametrize("path", ["/contacts", "/groups"])
def test_it_lets_a_viewer_look_and_not_touch(charlie: User, path: str) -> None:
    assert caller(charlie).get(f"{API}{path}").status_code == 200
    assert post(caller(charlie), path, {"phone": "+525512345678", "name": "x"}).status_code == 403
    assert not Contact.objects.exists()


def test_it_pages_through_people_with_their_consent(api: Client) -> None:
    for number in range(5):
        post(api, "/contacts", {"phone": f"+52551234567{number}", "groups": ["VIP"] if number else []})
    consent.record(phone_key="525512345674", channel="sms", state="opted-out", source="staff")
    first = api.get(f"{API}/contacts?group=vip&limit=3").json()
    assert first["items"][0]["consent"] == {"sms": "opted-out", "whatsapp": "unknown"}
    second = api.get(f"{API}/contacts?group=vip&limit=3&cursor={first['next']}").json()
    phones = [person["phone"][-1] for person in first["items"] + second["items"]]
    assert (phones, second["next"]) == (["4", "3", "2", "1"], None)


def test_it_finds_people_by_name_or_number(api: Client) -> None:
    post(api, "/contacts", {"phone": "+525512345678", "name": "Ana"})
    post(api, "/contacts", {"phone": "+34600111222", "name": "Ben"})
    for q, name in (("an", "Ana"), ("600111", "Ben")):
        assert [person["name"] for person in api.get(f"{API}/contacts", {"q": q}).json()["items"]] == [name]


@pytest.mark.parametrize(("query", "field"), [({"group": "Nobody"}, "group"), ({"cursor": "broken"}, "cursor")])
def test_it_refuses_a_list_that_cannot_be(api: Client, query: dict[str, str], field: str) -> None:
    answer = api.get(f"{API}/contacts", query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_it_imports_a_file_and_tells_how_far_it_is(api: Client) -> None:
    file = SimpleUploadedFile("people.csv", b"Phone,Name\n+525512345678,Ana\nnobody,Ben\n", "text/csv")
    answer = api.post(f"{API}/contacts/import", {"file": file, "group": "New people"})
    assert answer.status_code == 202
    job = answer.json()["job"]
    waiting = api.get(f"{API}/jobs/{job}").json()
    assert (waiting["state"], waiting["done"]) == ("running", 0)
    run_import(job)
    done = api.get(f"{API}/jobs/{job}").json()
    assert (done["state"], done["done"], done["total"], done["errors"]) == ("done", 2, 2, 1)
    assert done["summary"]["created"] == 1
    assert Group.objects.get(name="New people").size == 1


def test_it_refuses_a_file_without_a_phone_column_and_names_the_headings(api: Client) -> None:
    file = SimpleUploadedFile("people.csv", b"Who,Where\nAna,Leon\n", "text/csv")
    answer = api.post(f"{API}/contacts/import", {"file": file})
    assert answer.status_code == 422
    assert "“Who”, “Where”" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_it_lets_only_marketers_import(bob: User) -> None:
    file = SimpleUploadedFile("people.csv", b"phone\n+525512345678\n", "text/csv")
    assert caller(bob).post(f"{API}/contacts/import", {"file": file}).status_code == 403
    assert not Job.objects.exists()


def test_it_makes_and_lists_groups(api: Client) -> None:
    for name in ("Beta", "Alfa"):
        assert post(api, "/groups", {"name": name}).status_code == 201
    assert post(api, "/groups", {"name": "alfa"}).status_code == 422
    assert [group["name"] for group in api.get(f"{API}/groups").json()["items"]] == ["Alfa", "Beta"]


def test_it_lets_nobody_in_without_a_token() -> None:
    assert Client().get(f"{API}/contacts").status_code == 401
