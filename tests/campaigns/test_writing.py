"""The list of campaigns, and the page on which one is written: drafts, preview, test send, copies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from contacts import consent
from contacts.models import Contact, Group
from messaging.models import Line, Message
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.world import make_people, phone

pytestmark = pytest.mark.django_db
LIST, ADD, PREVIEW = reverse("campaigns:list"), reverse("campaigns:add"), reverse("campaigns:preview")
TEST = reverse("campaigns:test_send")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def people() -> list[Contact]:
    return make_people(3)


@pytest.fixture
def line() -> Line:
    return a_line()


@pytest.fixture
def vip(people: list[Contact]) -> Group:
    return Group.objects.get(name="VIP")


def typed(line: Line, group: Group, **changes: Any) -> dict[str, Any]:
    return {"name": "Spring", "body": "Hi {{ name }}", "lines": [line.pk], "groups": [group.pk], **changes}


def test_it_keeps_a_draft_that_lacks_nearly_everything(marta_client: Client) -> None:
    response = marta_client.post(ADD, {"name": "Later"})
    campaign = Campaign.objects.get()
    assert response["Location"] == reverse("campaigns:edit", args=[campaign.pk])
    assert (campaign.name, campaign.state) == ("Later", "draft")
    assert campaign.created_by is not None


def test_it_goes_on_where_the_draft_was_left(marta_client: Client, line: Line, vip: Group) -> None:
    campaign = a_campaign(line)
    page = marta_client.get(reverse("campaigns:edit", args=[campaign.pk])).content.decode()
    assert "Hi {{ name }}" in page
    assert f'name="groups" value="{vip.pk}" checked' in page
    assert f'name="lines" value="{line.pk}" checked' in page


def test_it_saves_and_goes_to_the_review(marta_client: Client, line: Line, vip: Group) -> None:
    response = marta_client.post(ADD, typed(line, vip, review="1"))
    campaign = Campaign.objects.get()
    assert response["Location"] == reverse("campaigns:review", args=[campaign.pk])
    assert (list(campaign.lines.all()), list(campaign.groups.all())) == ([line], [vip])


def test_it_keeps_line_ends_as_one_character(marta_client: Client, line: Line, vip: Group) -> None:
    marta_client.post(ADD, typed(line, vip, body="One\r\ntwo"))
    assert Campaign.objects.get().body == "One\ntwo"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"body": "Hi {{ nope }}"}, "No contact has a field “nope”."),
        ({"body": "Hi {{ name"}, ""),
        ({"body": "Hi {{ name || x }}"}, "is not a merge field"),
        ({"send_before": "yesterday"}, "Enter a valid date/time."),
    ],
)
def test_it_says_what_is_wrong_and_loses_nothing(
    marta_client: Client, line: Line, vip: Group, changes: dict[str, str], sentence: str
) -> None:
    response = marta_client.post(ADD, typed(line, vip, **changes))
    if not sentence:
        assert Campaign.objects.exists()  # half a brace is just text
        return
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert f'name="groups" value="{vip.pk}" checked' in page
    assert not Campaign.objects.exists()


def test_it_refuses_lines_of_two_channels_at_the_lines(marta_client: Client, line: Line, vip: Group) -> None:
    other = a_line(2, channel="sms")
    response = marta_client.post(ADD, typed(line, vip, lines=[line.pk, other.pk]))
    assert response.context["form"].errors["lines"] == ["Choose lines of one channel: either WhatsApp or SMS."]


def test_it_marks_lines_that_cannot_send(marta_client: Client) -> None:
    a_line(1, state="disconnected")
    assert "disconnected" in marta_client.get(ADD).content.decode()


def test_it_shows_the_text_as_a_person_will_read_it(marta_client: Client, line: Line, vip: Group) -> None:
    part = marta_client.post(PREVIEW, typed(line, vip), headers=HTMX).content.decode()
    assert part.strip().startswith('<section class="card" id="preview"')
    assert "Hi Person 1" in part


def test_it_shows_the_next_person(marta_client: Client, line: Line, vip: Group, people: list[Contact]) -> None:
    seen = [
        marta_client.post(PREVIEW, typed(line, vip, person=person.pk, next="1")).context["preview"].person.name
        for person in people
    ]
    assert seen == ["Person 2", "Person 3", "Person 1"]


def test_it_previews_only_people_who_would_get_it(
    marta_client: Client, line: Line, vip: Group, people: list[Contact]
) -> None:
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    make_people(1, group="Left", first=2)
    asked = typed(line, vip, excluded_groups=[Group.objects.get(name="Left").pk])
    assert marta_client.post(PREVIEW, asked).context["preview"].person.name == "Person 3"


def test_it_previews_what_is_sent_to_the_letter(marta_client: Client, line: Line, people: list[Contact]) -> None:
    campaign = set_going(a_campaign(line, body="{Hi|Hello|Hola} {{ name }}, {a|b|c|d|e|f}"))
    sent = set(Message.objects.values_list("body", flat=True))
    vip = Group.objects.get(name="VIP")
    asked = typed(line, vip, body=campaign.body, campaign=campaign.pk)
    shown = {marta_client.post(PREVIEW, {**asked, "person": person.pk}).context["preview"].text for person in people}
    assert shown == sent


def test_it_shows_a_problem_beside_the_text_while_typing(marta_client: Client, line: Line, vip: Group) -> None:
    part = marta_client.post(PREVIEW, typed(line, vip, body="Hi {{ nope }}", name="")).content.decode()
    assert 'hx-swap-oob="innerHTML:#body-problem"' in part
    assert "No contact has a field “nope”." in part


def test_it_counts_parts_and_names_what_forces_ucs2(marta_client: Client, vip: Group) -> None:
    sms = a_line(2, channel="sms")
    found = marta_client.post(PREVIEW, typed(sms, vip, body="é" * 10 + "ı" + "x" * 80 + "ı😀")).context["preview"]
    assert (found.is_sms, found.parts, found.forcing) == (True, 2, ["ı", "😀"])


def test_it_previews_without_people_groups_and_lines(marta_client: Client) -> None:
    found = marta_client.post(PREVIEW, {"body": "Hi {{ name }}!"}).context["preview"]
    assert (found.text, found.person) == ("Hi !", None)


def test_it_offers_the_fields_people_have(marta_client: Client, people: list[Contact]) -> None:
    Contact.objects.filter(pk=people[0].pk).update(fields={"city": "Puebla"})
    assert 'data-insert="{{ city }}"' in marta_client.get(ADD).content.decode()


def test_it_sends_a_test_as_the_previewed_person_reads_it(
    marta_client: Client, line: Line, vip: Group, people: list[Contact]
) -> None:
    asked = typed(line, vip, to="222 100 0000", person=people[1].pk)
    response = marta_client.post(TEST, asked, headers=HTMX)
    message = Message.objects.get()
    assert (message.body, message.phone, message.line) == ("Hi Person 2", "+522221000000", line)
    assert reverse("messaging:message", args=[message.pk]) in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": ""}, "Enter the number of the phone that gets the test."),
        ({"to": "12"}, "too short"),
        ({"to": phone(1), "body": " "}, "Write the message."),
        ({"to": phone(1), "lines": []}, "Choose at least one line"),
    ],
)
def test_it_refuses_a_test_with_a_sentence(
    marta_client: Client, line: Line, vip: Group, changes: dict[str, Any], sentence: str
) -> None:
    response = marta_client.post(TEST, typed(line, vip, **changes), headers=HTMX)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Message.objects.exists()


def test_it_sends_a_test_without_javascript_and_loses_nothing(marta_client: Client, line: Line, vip: Group) -> None:
    response = marta_client.post(TEST, typed(line, vip, to="222 100 0000", name="Half written"))
    assert 'value="Half written"' in response.content.decode()
    assert Message.objects.count() == 1


def test_it_copies_a_campaign(marta_client: Client, line: Line, people: list[Contact]) -> None:
    campaign = set_going(a_campaign(line))
    marta_client.post(reverse("campaigns:clone", args=[campaign.pk]))
    copy = Campaign.objects.exclude(pk=campaign.pk).get()
    assert (copy.name, copy.state, copy.body, list(copy.lines.all())) == (
        "Copy of Spring",
        "draft",
        campaign.body,
        [line],
    )


def test_it_deletes_drafts_only(marta_client: Client, line: Line, people: list[Contact]) -> None:
    draft, started = a_campaign(line), set_going(a_campaign(line))
    for campaign in (draft, started):
        marta_client.post(reverse("campaigns:delete", args=[campaign.pk]))
    assert list(Campaign.objects.all()) == [started]


def test_it_does_not_change_what_was_started(marta_client: Client, line: Line, vip: Group) -> None:
    campaign = set_going(a_campaign(line))
    response = marta_client.post(
        reverse("campaigns:edit", args=[campaign.pk]), typed(line, vip, body="Other"), follow=True
    )
    assert "Only a draft can be changed." in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.body == "Hi {{ name }}"


def test_it_finds_campaigns_by_name_and_state(charlie_client: Client, line: Line, people: list[Contact]) -> None:
    a_campaign(line, name="Spring draft")
    set_going(a_campaign(line, name="Spring on its way"))
    part = charlie_client.get(LIST, {"q": "spring", "state": "running"}, headers={**HTMX, "HX-Target": "campaigns"})
    page = part.content.decode()
    assert page.strip().startswith('<div id="campaigns">')
    assert "Spring on its way" in page
    assert "Spring draft" not in page


def test_it_pages_the_list(charlie_client: Client) -> None:
    Campaign.objects.bulk_create(Campaign(name=f"Number {n}") for n in range(30))
    first = charlie_client.get(LIST)
    second = charlie_client.get(LIST, {"cursor": first.context["next"]})
    assert [len(page.context["rows"]) for page in (first, second)] == [25, 5]
    assert charlie_client.get(LIST, {"cursor": "made up"}).status_code == 302


def test_it_shows_the_next_step_where_no_campaign_is(marta_client: Client) -> None:
    assert "Write the first one" in marta_client.get(LIST).content.decode()


def test_it_asks_the_same_number_of_questions_for_3_and_30(
    marta_client: Client, line: Line, people: list[Contact]
) -> None:
    campaign = a_campaign(line)
    pages = [LIST, reverse("campaigns:edit", args=[campaign.pk])]
    few = [queries_of(marta_client, page) for page in pages]
    for number in range(30):
        a_line(number + 10, account=f"Account {number}")
        Group.objects.create(name=f"Group {number}")
        Campaign.objects.create(name=f"Number {number}")
    assert [queries_of(marta_client, page) for page in pages] == few


@pytest.mark.parametrize("name", ["add", "preview", "test_send", "edit", "clone", "delete"])
def test_it_is_closed_to_viewers(charlie_client: Client, name: str) -> None:
    arguments = [] if name in ("add", "preview", "test_send") else [Campaign.objects.create(name="Spring").pk]
    assert charlie_client.post(reverse(f"campaigns:{name}", args=arguments)).status_code == 403
    assert Campaign.objects.count() == len(arguments)


@pytest.mark.parametrize("name", ["preview", "test_send"])
def test_it_takes_post_only(marta_client: Client, name: str) -> None:
    assert marta_client.get(reverse(f"campaigns:{name}")).status_code == 405
