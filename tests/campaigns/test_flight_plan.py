"""The review: what is counted, what it shows, and the way to somebody's yes."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from campaigns import flight, flight_counts
from campaigns.models import Campaign
from config.models import ApiToken
from contacts.models import Contact, Group
from contacts.people import save_contact
from messaging import rates
from messaging.models import Line
from tests.campaigns.desk import a_campaign, a_line, queries_of
from tests.world import make_people, run_tasks

pytestmark = pytest.mark.django_db
BODY = "Hi {{ name }}, come to {{ city }}. Write STOP to end it."


@pytest.fixture
def line() -> Line:
    return a_line(channel="sms", per_day=2)


@pytest.fixture
def people() -> list[Contact]:
    """Three in Mexico, one in Spain, one in the Dominican Republic, whose area shares its code with the USA."""
    found = make_people(3)
    vip = Group.objects.get(name="VIP")
    for phone, name, language in (("+34600123456", "Ana 😀", "es"), ("+18095550123", "Maximiliano " * 15, "")):
        person = save_contact(phone=phone, name=name.strip(), groups=[vip], region="MX")[0]
        Contact.objects.filter(pk=person.pk).update(fields={"city": "Puebla"}, language=language)
        found.append(person)
    return found


@pytest.fixture
def draft(line: Line, people: list[Contact], marta: User) -> Campaign:
    return a_campaign(line, body=BODY, user=marta)


def to(name: str, campaign: Campaign) -> str:
    return reverse(f"campaigns:{name}", args=[campaign.pk])


def test_it_counts_countries_and_costs(draft: Campaign, line: Line) -> None:
    rates.save(account=line.account, channel="sms", country="MX", price="0.03", currency="USD")
    rates.save(account=line.account, channel="sms", country="ES", price="0.1", currency="EUR")
    found = flight.flight(draft)
    assert found.counted is not None
    assert dict(found.counted.countries) == {"MX": 3, "ES": 1, "DO": 1}
    assert [amount.currency for amount in found.cost.amounts] == ["EUR", "USD"]
    assert found.cost.unknown == 1
    assert found.cost.amounts[1].most == Decimal("0.03") * 3 * found.most_parts
    assert "unknown_cost" in [risk.key for risk in found.risks]


def test_it_picks_people_who_show_what_can_go_wrong(draft: Campaign) -> None:
    whys = {why: each for each in flight.flight(draft).samples for why in each.whys}
    assert whys["longest"].person.name.startswith("Maximiliano")
    assert whys["parts"].parts == max(each.parts for each in whys.values())
    assert whys["lacks"].lacks == ["city"]
    assert whys["language"].person.language == "es"
    assert "random" in whys


def test_it_says_when_it_ends_and_that_more_lines_help(draft: Campaign) -> None:
    a_line(2, channel="sms")
    times = flight.flight(draft).times
    assert times.end is not None
    assert times.faster is not None
    assert times.faster.end < times.end
    assert (times.faster.names, sum(row.people for row in times.lines)) == (["Line 2"], 5)


def test_the_page_asks_as_much_for_many_as_for_few(marta_client: Client, draft: Campaign) -> None:
    make_people(40, first=50)
    few = queries_of(marta_client, to("review", draft))
    make_people(60, first=100)
    assert queries_of(marta_client, to("review", draft)) <= few


def test_a_big_audience_is_counted_by_a_task_while_the_page_waits(
    marta_client: Client, draft: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight_counts, "ON_THE_SPOT", 4)
    page = marta_client.get(to("review", draft)).content.decode()
    assert "Counting the people." in page
    assert 'hx-trigger="every 2s"' in page
    run_tasks()
    page = marta_client.get(to("review", draft)).content.decode()
    assert "Counting the people." not in page
    assert "Send to 5 people now" in page
    make_people(1, first=90)
    assert "Send to 5 people now" in marta_client.get(to("review", draft)).content.decode()
    marta_client.post(to("count_again", draft))
    run_tasks()
    assert "6 people" in marta_client.get(to("review", draft)).content.decode()


def test_it_is_asked_for_approved_and_started(
    marta_client: Client, alice_client: Client, charlie_client: Client, draft: Campaign, settings: Settings
) -> None:
    settings.APPROVAL_ABOVE = 4
    assert "Ask for approval" in marta_client.get(to("review", draft)).content.decode()
    assert marta_client.post(to("start", draft)).status_code == 422
    marta_client.post(to("ask_approval", draft))
    assert "Spring waits for your approval" in alice_client.get("/").content.decode()
    assert "waits for your approval" not in marta_client.get("/").content.decode()
    assert "Approve it" not in marta_client.get(to("review", draft)).content.decode()
    page = alice_client.get(to("review", draft))
    assert "Approve it" in page.content.decode()
    answer = {"plan": page.context["review"].approval.plan.pk, "verdict": "approve", "note": "Go"}
    for stranger in (marta_client, charlie_client):
        assert stranger.post(to("decide_approval", draft), answer).status_code == 403
    alice_client.post(to("decide_approval", draft), answer)
    assert "Approved by alice" in marta_client.get(to("review", draft)).content.decode()
    marta_client.post(to("start", draft))
    draft.refresh_from_db()
    assert draft.state == Campaign.State.PREPARING


def test_the_page_says_what_voided_the_approval(
    marta_client: Client, alice_client: Client, draft: Campaign, settings: Settings
) -> None:
    settings.APPROVAL_ABOVE = 4
    marta_client.post(to("ask_approval", draft))
    plan = alice_client.get(to("review", draft)).context["review"].approval.plan
    alice_client.post(to("decide_approval", draft), {"plan": plan.pk, "verdict": "approve"})
    Campaign.objects.filter(pk=draft.pk).update(body="Something else. STOP ends it.")
    page = marta_client.get(to("review", draft)).content.decode()
    assert "The approval is void, because this changed:" in page
    assert "the text" in page
    assert "Ask again" in page


def test_it_is_planned_and_approved_by_rest(
    marta: User, alice: User, client: Client, draft: Campaign, settings: Settings
) -> None:
    settings.APPROVAL_ABOVE = 4
    url = f"/api/v1/campaigns/{draft.pk}"

    def call(user: User, verdict: str, **more: Any) -> Any:
        signed = {"Authorization": f"Bearer {ApiToken.issue(user_id=user.pk)}"}
        body = {"verdict": verdict, **more}
        return client.post(f"{url}/approval", body, content_type="application/json", headers=signed)

    asked = call(marta, "ask").json()
    plan = asked["approval"]["plan"]
    assert (asked["people"], asked["approval"]["state"], asked["countries"]["MX"]) == (5, "asked", 3)
    assert call(marta, "approve", plan=plan).status_code == 403
    assert call(alice, "refuse", plan=plan).status_code == 422
    assert call(alice, "approve", plan=plan).json()["approval"]["state"] == "approved"
    signed = {"Authorization": f"Bearer {ApiToken.issue(user_id=marta.pk)}"}
    assert client.get(f"{url}/flight-plan", headers=signed).json()["approval"]["approved_by"] == "alice"
