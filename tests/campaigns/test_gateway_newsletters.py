"""Campaigns that SMSGateway24's phones send by themselves: saved by call, started by a tap, and only their messages tell."""

from typing import Any

import pytest

from campaigns import lifecycle
from campaigns.models import Campaign, GatewayRun, Recipient
from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.models import Line
from tests.campaigns.gateway_world import becomes, bring_on, gateway_campaign, kept, person_becomes, push, run_becomes
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State
R = Recipient.State
Run = GatewayRun.State


@pytest.fixture
def sim(sandbox: SandboxProcess) -> Line:
    account = make_account(sandbox, "smsgateway24")
    return account.lines.filter(channel="sms", state=Line.State.READY).order_by("slot")[0]


def tap_start(run: GatewayRun, paket_id: str = "") -> None:
    """What the phone's owner does."""
    with provider_of(run.line.account) as provider:
        client: Any = provider.client  # type: ignore[attr-defined]
        client._call("phone/start", {"paket_id": paket_id or run.remote_id})


def test_it_waits_for_the_tap_and_follows_each_message(sandbox: SandboxProcess, sim: Line) -> None:
    people = make_people(3)
    campaign = gateway_campaign([sim], body="Hola")
    run = push(campaign)
    assert (bring_on(campaign).state, run.state) == (S.RUNNING, Run.RUNNING)
    assert sandbox.received_by() == {}
    tap_start(run)
    person_becomes(campaign, people[0].phone, R.DELIVERED)
    for person in people:
        person_becomes(campaign, person.phone, R.DELIVERED)
    becomes(campaign, S.FINISHED)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert kept(campaign) == {"delivered": 3}


def test_it_says_that_only_the_phone_can_stop_it(sim: Line) -> None:
    make_people(1)
    campaign = gateway_campaign([sim], body="Hola")
    push(campaign)
    with pytest.raises(Refused, match="on the phone"):
        lifecycle.pause(campaign)


def test_it_cannot_be_taken_back_when_it_is_cancelled(sim: Line) -> None:
    make_people(2)
    campaign = gateway_campaign([sim], body="Hola")
    run = push(campaign)
    lifecycle.cancel(campaign)
    becomes(campaign, S.CANCELLED)
    run.refresh_from_db()
    assert (run.state, "Delete it on the phone" in run.note) == (Run.CANCELLED, True)
    assert kept(campaign) == {"accepted": 2}


def test_it_finds_a_newsletter_whose_answer_was_lost_by_its_messages(sandbox: SandboxProcess, sim: Line) -> None:
    make_people(1)
    make_people(1, story="94", first=60)
    campaign = gateway_campaign([sim], body="Hola")
    run = push(campaign)
    assert (run.state, run.remote_id) == (Run.UNKNOWN, "")
    run_becomes(run, Run.RUNNING)
    assert run.attempts == 1
    assert kept(campaign) == {"accepted": 2}
    assert sandbox.received_by() == {}


def test_it_refuses_merge_fields_that_no_phone_fills_in(sim: Line) -> None:
    make_people(1)
    with pytest.raises(Refused, match="It knows: none"):
        gateway_campaign([sim], body="Hola {{ contact.name }}")
