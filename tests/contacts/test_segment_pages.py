"""The pages and calls of segments: built row by row, kept, refused with what was typed, and only by whoever may."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from contacts.groups import create_group
from contacts.models import Segment
from contacts.people import save_contact
from tests.conftest import signed_in
from tests.test_api import Api

pytestmark = pytest.mark.django_db
RULES = {"match": "all", "conditions": [{"fact": "name", "of": "", "op": "begins", "value": "A"}]}


@pytest.fixture(autouse=True)
def ana() -> None:
    save_contact(phone="+525512345678", name="Ana", groups=[create_group(name="VIP")], fields={"city": "x"}, region="")


def form(*rows: tuple[str, str, str, str, str], **more: str) -> dict[str, object]:
    """What the builder sends: (fact, of, op, value, block) a row."""
    parts = ("fact", "of", "op", "value", "block")
    columns = {part: [row[place] for row in rows] for place, part in enumerate(parts)}
    return {"name": "As", "match": "all", **columns, **more}


def test_rows_and_blocks_are_added_and_removed(marta_client: Client) -> None:
    address, to_rows = reverse("contacts:segment_add"), {"HX-Request": "true", "HX-Target": "rules"}
    name, field = ("name", "", "begins", "A", ""), ("field", "city", "above", "", "")
    page = marta_client.post(address, form(name, do="add:"), headers=to_rows).content.decode()
    assert page.count('name="fact"') == 2
    page = marta_client.post(address, form(name, field, do="drop:1"), headers=to_rows).content.decode()
    assert page.count('name="fact"') == 1
    assert 'type="number"' in page
    page = marta_client.post(address, form(name, do="block"), headers=to_rows).content.decode()
    assert (page.count('name="fact"'), page.count('name="blocks"')) == (3, 1)
    nested = form(name, ("group", "", "in", "", "1"), blocks="1", match1="any", do="drop-block:1")
    page = marta_client.post(address, nested, headers=to_rows).content.decode()
    assert (page.count('name="fact"'), page.count('name="blocks"')) == (1, 0)


def test_it_counts_while_it_is_built_and_says_what_is_missing(marta_client: Client) -> None:
    address, to_count = reverse("contacts:segment_add"), {"HX-Request": "true", "HX-Target": "found"}
    found = marta_client.post(address, form(("name", "", "begins", "a", "")), headers=to_count).content.decode()
    assert "<strong>1</strong> person" in found
    assert "Ana" in found
    found = marta_client.post(address, form(("name", "", "begins", "", "")), headers=to_count).content.decode()
    assert "Fill in what to compare with." in found


def test_it_is_kept_changed_refused_and_deleted(marta_client: Client) -> None:
    nested = form(("name", "", "begins", "A", ""), ("name", "", "has", "", "1"), blocks="1", match1="any")
    assert marta_client.post(reverse("contacts:segment_add"), nested).status_code == 302
    segment = Segment.objects.get()
    assert (segment.name, segment.size, segment.rules["conditions"][1]["match"]) == ("As", 1, "any")
    address = reverse("contacts:segment_edit", args=[segment.pk])
    assert marta_client.get(address).content.decode().count('name="fact"') == 2
    refused = marta_client.post(address, form(("field", "gone", "has_not", "", "")))
    assert (refused.status_code, "No contact has a field “gone”" in refused.content.decode()) == (422, True)
    marta_client.post(reverse("contacts:segment_delete", args=[segment.pk]))
    assert not Segment.objects.exists()


def test_a_search_is_its_beginning(marta_client: Client) -> None:
    listed = marta_client.get(reverse("contacts:list"), {"q": "an"}).content.decode()
    assert f"{reverse('contacts:segment_add')}?q=an" in listed
    assert "Keep this search" not in marta_client.get(reverse("contacts:list"), {"q": "5512"}).content.decode()
    begun = marta_client.get(reverse("contacts:segment_add"), {"q": "an"}).content.decode()
    assert 'value="an"' in begun


def test_viewers_look_and_change_nothing(charlie_client: Client) -> None:
    assert charlie_client.get(reverse("contacts:segments")).status_code == 200
    assert charlie_client.post(reverse("contacts:segment_add"), form(("name", "", "has", "", ""))).status_code == 403


def test_segments_by_rest(marta: User) -> None:
    api = Api(marta)
    made = api.call("POST", "/segments", {"name": "As", "rules": RULES}, expect=201)
    assert made["size"] == 1
    address = f"/segments/{made['id']}"
    assert api.call("POST", "/segments/count", {"rules": RULES}) == {"count": 1}
    assert api.call("GET", "/segments")["items"][0]["name"] == "As"
    wrong = api.call("POST", "/segments", {"name": "Bs", "rules": {"match": "all", "conditions": []}}, expect=422)
    assert "at least one condition" in wrong["detail"]
    assert api.call("PUT", address, {"name": "Cs", "rules": RULES})["name"] == "Cs"
    api.call("DELETE", address, expect=204)
    assert signed_in(marta).get(reverse("contacts:segments")).status_code == 200
