"""The list of campaigns, and the page on which one is written: drafts, preview, test send, copies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import plans
from campaigns.models import Campaign
from contacts import consent
from contacts.models import Contact, Group
from messaging.models import Line, Message
from tests.campaigns.desk import a_campaign, a_line, queries_of, set_going
from tests.world import make_people, phone

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("campaigns:list"), reverse("campaigns:add")
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


def at(name: str, campaign: Campaign) -> str:
    """A page or a call of a campaign."""
    return reverse(f"campaigns:{name}", args=[campaign.pk])


def asked(client: Client, campaign: Campaign, body: str = "Hi {{ name }}", **more: Any) -> Any:
    """The preview of a text."""
    return client.post(at("preview", campaign), {"body": body, **more}, headers=HTMX)


def test_it_asks_for_a_name_and_is_a_draft_from_then_on(marta_client: Client) -> None:
    assert marta_client.post(ADD, {"name": " "}).status_code == 422
    response = marta_client.post(ADD, {"name": "Later"})
    campaign = Campaign.objects.get()
    assert response["Location"] == at("audience", campaign)
    assert (campaign.name, campaign.state) == ("Later", "draft")
    assert campaign.created_by is not None


def test_it_goes_on_where_the_draft_was_left(marta_client: Client, line: Line, vip: Group) -> None:
    campaign = a_campaign(line)
    assert marta_client.get(at("edit", campaign))["Location"] == at("review", campaign)
    assert f'name="groups" value="{vip.pk}" checked' in marta_client.get(at("audience", campaign)).text
    assert "Hi {{ name }}" in marta_client.get(at("message", campaign)).text
    assert f'name="lines" value="{line.pk}" checked' in marta_client.get(at("sending", campaign)).text
    campaign.lines.clear()
    assert marta_client.get(at("edit", campaign))["Location"] == at("sending", campaign)


STEPS: dict[str, dict[str, Any]] = {
    "audience": {"name": "Other", "groups": []},
    "message": {"body": "New"},
    "sending": {"lines": []},
}


@pytest.mark.parametrize("go", ["next", "back", "leave", "review", ""])
@pytest.mark.parametrize("step", STEPS)
def test_it_keeps_a_step_whichever_way_somebody_leaves_it(
    marta_client: Client, line: Line, vip: Group, step: str, go: str
) -> None:
    campaign = a_campaign(line)
    response = marta_client.post(at(step, campaign), {**STEPS[step], "go": go})
    kept = Campaign.objects.get()
    held = {"name": kept.name, "groups": list(kept.groups.all()), "body": kept.body, "lines": list(kept.lines.all())}
    before = {"name": "Spring", "groups": [vip], "body": "Hi {{ name }}", "lines": [line]}
    assert held == {**before, **STEPS[step]}
    keys = ["audience", "message", "sending", "review"]
    here = keys.index(step)
    ways = {"next": keys[here + 1], "back": keys[max(0, here - 1)], "review": "review", "": step}
    assert response["Location"] == (LIST if go == "leave" else at(ways[go], campaign))


def test_it_says_at_each_step_what_is_missing(marta_client: Client, line: Line, vip: Group) -> None:
    campaign = plans.begin(name="Spring")
    shown = marta_client.get(at("message", campaign))
    assert [step.missing for step in shown.context["steps"]] == [
        "Choose at least one group or segment of people.", "Write the message.", "Choose at least one line to send over.", "",
    ]  # fmt: skip
    assert 'aria-current="step"' in shown.text
    assert "It cannot start yet." in marta_client.get(at("review", campaign)).text
    assert not any(step.missing for step in marta_client.get(at("review", a_campaign(line))).context["steps"])


def test_it_keeps_line_ends_as_one_character(marta_client: Client, line: Line, vip: Group) -> None:
    campaign = a_campaign(line)
    marta_client.post(at("message", campaign), {"body": "One\r\ntwo"})
    assert Campaign.objects.get().body == "One\ntwo"


@pytest.mark.once
@pytest.mark.parametrize(
    ("step", "typed", "sentence"),
    [
        ("audience", {"name": "", "groups": "VIP"}, "This field is required."),
        ("message", {"body": "Hi {{ nope }}"}, "No contact has a field “nope”."),
        ("message", {"body": "Hi {{ name || x }}"}, "is not a merge field"),
        ("sending", {"lines": "both"}, "Choose lines of one channel: either WhatsApp or SMS."),
        ("sending", {"lines": "one", "send_before": "yesterday"}, "Enter a valid date/time."),
        ("sending", {"lines": "one", "send_before": "2020-01-01T10:00"}, "It starts after the moment"),
    ],
)
def test_it_says_at_its_place_what_is_wrong_and_loses_nothing(
    marta_client: Client, line: Line, vip: Group, step: str, typed: dict[str, Any], sentence: str
) -> None:
    campaign = a_campaign(line, group="nobody")
    lines = {"both": [line.pk, a_line(2, channel="sms").pk], "one": [line.pk]}
    sent = {**typed, **({"lines": lines[typed["lines"]]} if "lines" in typed else {})}
    if "groups" in typed:
        sent["groups"] = [vip.pk]
    response = marta_client.post(at(step, campaign), {**sent, "go": "next"})
    assert response.status_code == 422
    assert sentence in response.text
    for name, value in sent.items():
        if isinstance(value, list):
            assert all(f'name="{name}" value="{pk}" checked' in response.text for pk in value)
        else:
            assert value in response.text
    left = marta_client.post(at(step, campaign), {**sent, "go": "leave"})
    if left.status_code == 302:  # what can be kept is kept, and said again when somebody comes back
        assert sentence in marta_client.get(at(step, campaign)).text
    elif "groups" in sent:
        assert list(campaign.groups.all()) == [vip]
    else:
        assert campaign.lines.count() == 1


def test_it_marks_lines_that_cannot_send(marta_client: Client) -> None:
    a_line(1, state="disconnected")
    assert "disconnected" in marta_client.get(at("sending", plans.begin(name="Spring"))).text


def test_it_shows_the_text_as_a_person_will_read_it(marta_client: Client, line: Line, vip: Group) -> None:
    part = asked(marta_client, a_campaign(line)).text
    assert part.strip().startswith('<section class="card" id="preview"')
    assert "Hi Person 1" in part


def test_it_shows_the_next_person(marta_client: Client, line: Line, vip: Group, people: list[Contact]) -> None:
    campaign = a_campaign(line)
    seen = [
        asked(marta_client, campaign, person=person.pk, next="1").context["preview"].person.name for person in people
    ]
    assert seen == ["Person 2", "Person 3", "Person 1"]


def test_it_previews_only_people_who_would_get_it(
    marta_client: Client, line: Line, vip: Group, people: list[Contact]
) -> None:
    consent.opt_out(phone_key=people[0].phone_key, source="reply")
    make_people(1, group="Left", first=2)
    campaign = a_campaign(line, excluded_groups=[Group.objects.get(name="Left")])
    assert asked(marta_client, campaign).context["preview"].person.name == "Person 3"


def test_it_previews_what_is_sent_to_the_letter(marta_client: Client, line: Line, people: list[Contact]) -> None:
    campaign = set_going(a_campaign(line, body="{Hi|Hello|Hola} {{ name }}, {a|b|c|d|e|f}"))
    sent = set(Message.objects.values_list("body", flat=True))
    shown = {asked(marta_client, campaign, campaign.body, person=p.pk).context["preview"].text for p in people}
    assert shown == sent


def test_it_shows_a_problem_beside_the_text_while_typing(marta_client: Client, line: Line, vip: Group) -> None:
    part = asked(marta_client, a_campaign(line), "Hi {{ nope }}").text
    assert 'hx-swap-oob="innerHTML:#body-problem"' in part
    assert "No contact has a field “nope”." in part


def test_it_counts_parts_and_names_what_forces_ucs2(marta_client: Client, vip: Group) -> None:
    campaign = a_campaign(a_line(2, channel="sms"))
    found = asked(marta_client, campaign, "é" * 10 + "ı" + "x" * 80 + "ı😀").context["preview"]
    assert (found.is_sms, found.parts, found.forcing) == (True, 2, ["ı", "😀"])


def test_it_previews_without_people_groups_and_lines(marta_client: Client) -> None:
    found = asked(marta_client, plans.begin(name="Spring"), "Hi {{ name }}!").context["preview"]
    assert (found.text, found.person) == ("Hi !", None)


def test_it_offers_the_fields_people_have(marta_client: Client, people: list[Contact]) -> None:
    Contact.objects.filter(pk=people[0].pk).update(fields={"city": "Puebla"})
    page = marta_client.get(at("message", plans.begin(name="Spring"))).text
    assert 'data-field="city"' in page


@pytest.mark.parametrize("is_chosen", [True, False])
def test_it_sends_a_test_as_the_previewed_person_reads_it(
    marta_client: Client, line: Line, vip: Group, people: list[Contact], is_chosen: bool
) -> None:
    campaign = a_campaign(*[line] if is_chosen else [])
    sent = {"body": "Hi {{ name }}", "to": "222 100 0000", "person": people[1].pk}
    response = marta_client.post(at("test_send", campaign), sent, headers=HTMX)
    message = Message.objects.get()
    assert (message.body, message.phone, message.line) == ("Hi Person 2", "+522221000000", line)
    assert reverse("messaging:message", args=[message.pk]) in response.text


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": ""}, "Enter the number of the phone that gets the test."),
        ({"to": "12"}, "too short"),
        ({"to": phone(1), "body": " "}, "Write the message."),
        ({"to": phone(1), "no_line": True}, "No line can send a test now."),
    ],
)
def test_it_refuses_a_test_with_a_sentence(
    marta_client: Client, line: Line, vip: Group, changes: dict[str, Any], sentence: str
) -> None:
    campaign = a_campaign(*[] if changes.pop("no_line", False) else [line])
    if not campaign.lines.exists():
        Line.objects.update(state=Line.State.DISCONNECTED)
    response = marta_client.post(at("test_send", campaign), {"body": "Hi", **changes}, headers=HTMX)
    assert response.status_code == 422
    assert sentence in response.text
    assert not Message.objects.exists()


def test_it_sends_a_test_without_javascript_and_loses_nothing(marta_client: Client, line: Line, vip: Group) -> None:
    response = marta_client.post(at("test_send", a_campaign(line)), {"to": "222 100 0000", "body": "Half written"})
    assert "Half written</textarea>" in response.text
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


@pytest.mark.parametrize("step", STEPS)
def test_it_does_not_change_what_was_started(marta_client: Client, line: Line, vip: Group, step: str) -> None:
    campaign = set_going(a_campaign(line))
    response = marta_client.post(at(step, campaign), STEPS[step], follow=True)
    assert "Only a draft can be changed." in response.text
    campaign.refresh_from_db()
    assert (campaign.name, campaign.body, campaign.lines.count()) == ("Spring", "Hi {{ name }}", 1)


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
    pages = [LIST, *(at(step, campaign) for step in STEPS)]
    few = [queries_of(marta_client, page) for page in pages]
    for number in range(30):
        a_line(number + 10, account=f"Account {number}")
        Group.objects.create(name=f"Group {number}")
        Campaign.objects.create(name=f"Number {number}")
    assert [queries_of(marta_client, page) for page in pages] == few


CALLS = ["preview", "test_send", "sender"]


@pytest.mark.once
@pytest.mark.parametrize("name", ["add", "audience", "message", "sending", *CALLS, "clone", "delete"])
def test_it_is_closed_to_viewers(charlie_client: Client, name: str) -> None:
    campaign = Campaign.objects.create(name="Spring")
    assert charlie_client.post(ADD if name == "add" else at(name, campaign)).status_code == 403
    assert Campaign.objects.count() == 1


@pytest.mark.once
@pytest.mark.parametrize("name", CALLS)
def test_it_takes_post_only(marta_client: Client, name: str) -> None:
    assert marta_client.get(at(name, plans.begin(name="Spring"))).status_code == 405
