"""The pages about what gateways send by themselves, and the mode in the API."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import plans
from campaigns.models import Campaign, GatewayRun
from contacts.models import Group
from messaging.gateway import provider_of
from messaging.models import Account, Line, MirroredObject
from messaging.providers.shapes import CampaignPlan, Route
from tests.campaigns.desk import a_campaign, a_line
from tests.campaigns.gateway_world import bring_on, gateway_campaign, push
from tests.messaging.mirror_world import sync
from tests.sandbox_process import SandboxProcess, eventually
from tests.test_api import Api, problem
from tests.world import make_account, make_people, phone, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
REMOTE = reverse("campaigns:remote")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


def at(name: str, campaign: Campaign) -> str:
    """A page or a call of a campaign."""
    return reverse(f"campaigns:{name}", args=[campaign.pk])


def a_draft(line: Line, body: str = "Hola", mode: str = "gateway") -> Campaign:
    """A draft for the gateway, whatever is wrong with it."""
    return plans.change(plans.begin(name="Spring"), body=body, lines=[line], mode=mode)


def test_it_offers_the_gateway_where_a_chosen_line_can(marta_client: Client) -> None:
    zender, wablas = a_line(1), a_line(2, account="Other")
    Account.objects.filter(pk=wablas.account_id).update(provider="wablas")
    campaign = plans.begin(name="Spring")
    assert 'name="mode"' not in marta_client.get(at("sending", campaign)).text
    for line, is_offered in ((zender, True), (wablas, False)):
        sent = {"lines": [line.pk], "mode": "gateway"}
        part = marta_client.post(at("sender", campaign), sent, headers=HTMX).text
        assert ('value="gateway" checked' in part) is is_offered


def test_it_keeps_who_sends_with_the_draft(marta_client: Client) -> None:
    campaign = plans.begin(name="Spring")
    marta_client.post(at("sending", campaign), {"lines": [a_line().pk], "mode": "gateway"})
    campaign.refresh_from_db()
    assert campaign.mode == "gateway"
    assert 'value="gateway" checked' in marta_client.get(at("sending", campaign)).text
    marta_client.post(at("clone", campaign))
    assert set(Campaign.objects.values_list("mode", flat=True)) == {"gateway"}


def test_it_previews_what_the_gateway_is_given(marta_client: Client) -> None:
    campaign = a_draft(a_line())
    asked = {"body": "Hola {{ contact.name }} {a|b}"}
    assert marta_client.post(at("preview", campaign), asked).context["preview"].text == "Hola {{ contact.name }} {a|b}"
    found = marta_client.post(at("preview", campaign), {"body": "Hola {{ name }}"}).context["preview"]
    assert "cannot be filled in when the gateway sends" in found.problem


def test_it_refuses_a_gateway_that_cannot_at_the_lines(marta_client: Client) -> None:
    line = a_line()
    Account.objects.update(provider="wablas")
    sent = {"lines": [line.pk], "mode": "gateway", "go": "next"}
    response = marta_client.post(at("sending", plans.begin(name="Spring")), sent)
    assert (response.status_code, response.context["wrong"].field) == (422, "lines")
    assert "cannot send a campaign by itself" in response.text


def test_it_refuses_a_test_with_the_gateways_merge_fields(marta_client: Client) -> None:
    asked = {"body": "Hola {{ contact.name }}", "to": phone(1)}
    assert "A test goes out over Carillon" in marta_client.post(at("test_send", a_draft(a_line())), asked).text


def test_it_reviews_and_shows_what_cannot_be_known(marta_client: Client, account: Account) -> None:
    make_people(2)
    campaign = gateway_campaign([whatsapp_line(account)])
    review = marta_client.get(reverse("campaigns:review", args=[campaign.pk])).content.decode()
    assert "The gateway, at its own pace" in review
    push(campaign)
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk])).content.decode()
    assert "goes on when this server is off" in page
    assert "2 messages were not found in the gateway&#x27;s lists so far" in page
    part = marta_client.get(reverse("campaigns:gateway", args=[campaign.pk])).content.decode()
    assert part.strip().startswith('<section class="card" id="gateway"')


def test_it_lets_a_person_decide_about_a_lost_part(
    marta_client: Client, sandbox: SandboxProcess, account: Account
) -> None:
    make_people(1)
    sandbox.control("options", {"lose_rate": 1})
    campaign = gateway_campaign([whatsapp_line(account)])
    run = push(campaign)
    page = reverse("campaigns:detail", args=[campaign.pk])
    assert reverse("campaigns:part_drop", args=[run.pk]) not in marta_client.get(page).content.decode()
    sandbox.control("options", {"lose_rate": 0})
    eventually(lambda: bring_on(campaign) and GatewayRun.objects.filter(look_at=None).exists())
    assert reverse("campaigns:part_again", args=[run.pk]) in marta_client.get(page).content.decode()
    assert "may or may not have a part of Spring" in marta_client.get(reverse("campaigns:dashboard")).content.decode()
    marta_client.post(reverse("campaigns:part_again", args=[run.pk]))
    bring_on(campaign)
    assert len(sandbox.received_by()) == 1
    answer = marta_client.post(reverse("campaigns:part_drop", args=[run.pk]), follow=True).content.decode()
    assert "It is known by now what became of it." in answer


# Campaigns found at the gateways


@pytest.fixture
def found(sandbox: SandboxProcess, account: Account) -> MirroredObject:
    """A campaign made at the gateway's own panel, and synced."""
    sandbox.reset(campaign_gap_seconds=5)
    line = whatsapp_line(account)
    with provider_of(account) as provider:
        provider.push_campaign(
            CampaignPlan(
                name="Made there",
                route=Route(channel="whatsapp", kind="whatsapp", address=line.address),
                body="Hola",
                phones=(phone(1), phone(2), phone(3)),
            )
        )
    sync(account)
    return MirroredObject.objects.get(kind="wa_campaign")


def act(client: Client, item: MirroredObject, action: str) -> str:
    return client.post(reverse(f"campaigns:remote_{action}", args=[item.pk]), follow=True).content.decode()


def test_it_lists_starts_stops_and_deletes_what_was_made_there(marta_client: Client, found: MirroredObject) -> None:
    page = marta_client.get(REMOTE).content.decode()
    assert "Made there" in page
    assert reverse("campaigns:remote_stop", args=[found.pk]) in page
    page = act(marta_client, found, "stop")
    assert "It rests at the gateway." in page
    assert reverse("campaigns:remote_start", args=[found.pk]) in page
    assert "It goes on at the gateway." in act(marta_client, found, "start")
    assert "It is deleted at the gateway" in act(marta_client, found, "delete")
    found.refresh_from_db()
    assert found.gone_at is not None
    assert "No campaigns at the gateways" in marta_client.get(REMOTE).content.decode()


def test_it_says_what_the_gateway_refuses(marta_client: Client, sandbox: SandboxProcess, found: MirroredObject) -> None:
    sandbox.control("deny", {"account": "zender", "endpoints": ["remote/stop.chats"]})
    assert "Our key lacks a permission" in act(marta_client, found, "stop")


def test_it_notices_that_it_is_gone_already(marta_client: Client, account: Account, found: MirroredObject) -> None:
    with provider_of(account) as provider:
        provider.delete_campaign(found.remote_id, "whatsapp")
    assert "rejected" in act(marta_client, found, "delete")


def test_it_leaves_parts_of_campaigns_here_to_their_page(marta_client: Client, account: Account) -> None:
    make_people(1)
    campaign = gateway_campaign([whatsapp_line(account)])
    push(campaign)
    sync(account)
    item = MirroredObject.objects.get(kind="wa_campaign")
    page = marta_client.get(REMOTE).content.decode()
    assert reverse("campaigns:detail", args=[campaign.pk]) in page
    assert reverse("campaigns:remote_delete", args=[item.pk]) not in page
    assert "It is a part of the campaign “Spring”" in act(marta_client, item, "delete")


@pytest.mark.once
@pytest.mark.parametrize("name", ["part_again", "part_drop"])
def test_it_is_closed_to_viewers(charlie_client: Client, name: str) -> None:
    line = a_line()
    run = GatewayRun.objects.create(campaign=a_campaign(line), line=line, number=1, name="One", size=1, state="unknown")
    assert charlie_client.post(reverse(f"campaigns:{name}", args=[run.pk])).status_code == 403
    assert charlie_client.get(REMOTE).status_code == 200


@pytest.mark.once
@pytest.mark.parametrize("action", ["start", "stop", "delete"])
def test_it_steers_nothing_for_viewers_or_by_a_link(charlie_client: Client, marta_client: Client, action: str) -> None:
    item = MirroredObject.objects.create(
        account=a_line().account, kind="wa_campaign", remote_id="7", name="There", synced_at=timezone.now()
    )
    address = reverse(f"campaigns:remote_{action}", args=[item.pk])
    assert charlie_client.post(address).status_code == 403
    assert marta_client.get(address).status_code == 405
    assert address not in charlie_client.get(REMOTE).content.decode()


# The API


@pytest.fixture
def api(admin: User) -> Api:
    return Api(admin)


def test_the_api_takes_and_shows_who_sends(api: Api, account: Account, sandbox: SandboxProcess) -> None:
    make_people(1)
    assert Group.objects.filter(name="VIP").exists()
    body = {"name": "Spring", "lines": [whatsapp_line(account).pk], "groups": ["VIP"], "body": "Hola"}
    assert api.call("POST", "/campaigns", body, expect=201)["mode"] == "carillon"
    made = api.call("POST", "/campaigns", {**body, "mode": "gateway"}, expect=201)
    assert made["mode"] == "gateway"
    assert api.call("GET", f"/campaigns/{made['id']}")["mode"] == "gateway"
    assert api.call("POST", "/campaigns", {**body, "mode": "nobody"}, expect=422)


def test_the_api_says_what_the_gateway_cannot_fill_in(api: Api, account: Account) -> None:
    make_people(1)
    body = {"name": "Spring", "lines": [whatsapp_line(account).pk], "groups": ["VIP"], "body": "Hi {{ name }}"}
    assert "cannot be filled in" in problem(api.call("POST", "/campaigns", {**body, "mode": "gateway"}, expect=422))
