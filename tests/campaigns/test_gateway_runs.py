"""Campaigns that Zender sends by itself, against the sandbox: handed over once, steered, read back, and the books balance."""

import pytest

from campaigns import handing, lifecycle, mirror
from campaigns.models import Campaign, GatewayRun, Recipient
from contacts import consent
from contacts.models import ConsentEvent, Contact, Group, Membership
from contacts.phone import phone_key
from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import Reason
from tests.campaigns.gateway_world import (
    becomes,
    bring_on,
    gateway_campaign,
    kept,
    person_becomes,
    push,
    run_becomes,
)
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, make_people, phone, run_tasks, start, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State
R = Recipient.State
Run = GatewayRun.State


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


@pytest.fixture
def line(account: Account) -> Line:
    return whatsapp_line(account)


@pytest.fixture
def sim(account: Account) -> Line:
    return account.lines.filter(kind="sim").order_by("slot")[0]


def at_gateway(run: GatewayRun) -> str:
    """What the gateway says of a piece."""
    with provider_of(run.line.account) as provider:
        found = provider.campaign_state(run.remote_id, mirror.channel_of(run))
    return found.state if found else "not listed"


def campaigns_there(account: Account) -> list[str]:
    with provider_of(account) as provider:
        return [found.name for channel in ("whatsapp", "sms") for found in provider.fetch_campaigns(channel)]


def test_it_reaches_everybody_once_and_knows_each_message(sandbox: SandboxProcess, line: Line) -> None:
    people = make_people(5)
    campaign = gateway_campaign([line])
    run = push(campaign)
    assert kept(campaign) == {"accepted": 5}
    becomes(campaign, S.FINISHED)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    run.refresh_from_db()
    assert (run.state, run.size, run.remote_count, run.message_ids) == (Run.FINISHED, 5, 5, [])
    assert not Message.objects.filter(remote_id="").exists()
    assert set(Message.objects.values_list("body", flat=True)) <= {"Hola, hoy es primavera", "Hola, ya es primavera"}
    person_becomes(campaign, people[0].phone, R.SENT)
    kept(campaign)


def test_it_hands_over_in_pieces_that_the_lines_share(sandbox: SandboxProcess, account: Account) -> None:
    sandbox.reset(campaign_gap_seconds=0)
    vip = make_people(1)[0].groups.get()
    crowd = Contact.objects.bulk_create(
        Contact(phone=phone(n), phone_key=phone_key(phone(n))) for n in range(1000, 1500)
    )
    Membership.objects.bulk_create(Membership(contact=each, group=vip) for each in crowd)
    campaign = gateway_campaign(account.lines.filter(channel="whatsapp"))
    push(campaign)
    runs = list(campaign.gateway_runs.all())
    assert [(run.number, run.size) for run in runs] == [(1, 500), (2, 1)]
    assert len({run.line_id for run in runs}) == 2
    becomes(campaign, S.FINISHED, within=20)
    assert set(sandbox.received_by().values()) == {1}
    assert len(sandbox.received_by()) == 501
    kept(campaign)


def test_it_leaves_out_who_opted_out_even_at_the_last_moment(sandbox: SandboxProcess, line: Line) -> None:
    before, after, stays = make_people(3)
    consent.opt_out(phone_key=before.phone_key, source=ConsentEvent.Source.STAFF)
    campaign = start(gateway_campaign([line]))
    consent.opt_out(phone_key=after.phone_key, source=ConsentEvent.Source.STAFF)
    becomes(campaign, S.FINISHED)
    assert sandbox.received_by() == {stays.phone: 1}
    reasons = dict(Recipient.objects.exclude(phone=stays.phone).values_list("phone", "reason"))
    assert reasons == {before.phone: Reason.OPTED_OUT, after.phone: Reason.OPTED_OUT}
    kept(campaign)


def test_it_stops_and_goes_on_at_the_gateway(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=0.3)
    people = make_people(6)
    campaign = gateway_campaign([line])
    run = push(campaign)
    lifecycle.pause(campaign)
    run_becomes(run, Run.PAUSED)
    assert at_gateway(run) == "paused"
    held = len(sandbox.received_by())
    assert held < 6
    lifecycle.resume(campaign)
    becomes(campaign, S.FINISHED, within=15)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    kept(campaign)


def test_it_pauses_what_was_not_handed_over_too(sandbox: SandboxProcess, line: Line) -> None:
    make_people(2)
    campaign = start(gateway_campaign([line]))
    lifecycle.pause(campaign)
    bring_on(campaign)
    assert campaigns_there(line.account) == []
    lifecycle.resume(campaign)
    becomes(campaign, S.FINISHED)
    assert len(sandbox.received_by()) == 2


def test_it_respects_a_stop_made_at_the_gateway(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=0.3)
    make_people(6)
    campaign = gateway_campaign([line])
    run = push(campaign)
    with provider_of(line.account) as provider:
        provider.stop_campaign(run.remote_id, "whatsapp")
    run_becomes(run, Run.PAUSED)
    bring_on(campaign)
    assert (at_gateway(run), campaign.state) == ("paused", S.RUNNING)


def test_it_takes_the_rest_back_when_it_is_cancelled(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=0.4)
    make_people(6)
    campaign = gateway_campaign([line])
    run = push(campaign)
    eventually(lambda: len(sandbox.received_by()) >= 1)
    lifecycle.cancel(campaign)
    becomes(campaign, S.CANCELLED)
    assert at_gateway(run) == "not listed"
    counts = kept(campaign)
    assert counts["cancelled"] >= 1
    assert sum(counts.values()) == 6
    assert len(sandbox.received_by()) <= 6 - counts["cancelled"] + 1  # one may be with the phone already


def test_it_names_who_the_gateway_left_out(sandbox: SandboxProcess, line: Line) -> None:
    make_people(2)
    make_people(1, story="91", first=60)
    campaign = gateway_campaign([line])
    push(campaign)
    becomes(campaign, S.FINISHED)
    person = Recipient.objects.get(phone=phone(60, "91"))
    assert (person.state, person.reason) == (R.FAILED, Reason.REJECTED)
    assert len(sandbox.received_by()) == 2
    kept(campaign)


def test_it_reports_who_did_not_get_it(line: Line) -> None:
    make_people(1)
    make_people(1, story="92", first=60)
    campaign = gateway_campaign([line])
    push(campaign)
    person = person_becomes(campaign, phone(60, "92"), R.FAILED)
    assert person.reason == Reason.NOT_DELIVERED
    kept(campaign)


def test_it_finds_a_lost_answer_by_its_name_and_hands_nothing_over_twice(sandbox: SandboxProcess, line: Line) -> None:
    people = [*make_people(2), *make_people(1, story="94", first=60)]
    campaign = gateway_campaign([line])
    run = push(campaign)
    assert run.attempts == 1
    becomes(campaign, S.FINISHED)
    assert campaigns_there(line.account) == [run.name]
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    assert not Message.objects.filter(remote_id="").exists()
    kept(campaign)


def unknown(sandbox: SandboxProcess, line: Line) -> GatewayRun:
    """A piece that left and never arrived, after every look for it."""
    campaign = gateway_campaign([line])
    sandbox.control("options", {"lose_rate": 1})
    run = push(campaign)
    sandbox.control("options", {"lose_rate": 0})

    def is_given_up() -> bool:
        bring_on(campaign)
        run.refresh_from_db()
        return run.look_at is None

    eventually(is_given_up)
    return run


def test_it_asks_a_person_when_the_gateway_has_none_of_this_name(sandbox: SandboxProcess, line: Line) -> None:
    make_people(2)
    run = unknown(sandbox, line)
    assert (run.state, bring_on(run.campaign).state, kept(run.campaign)) == (Run.UNKNOWN, S.RUNNING, {"unknown": 2})
    assert sandbox.received_by() == {}
    name = run.name
    handing.hand_over_again(run, user=None)
    becomes(run.campaign, S.FINISHED)
    run.refresh_from_db()
    assert run.name != name
    assert set(sandbox.received_by().values()) == {1}
    kept(run.campaign)


def test_it_lets_a_lost_one_be(sandbox: SandboxProcess, line: Line) -> None:
    make_people(2)
    run = unknown(sandbox, line)
    handing.drop(run, user=None)
    assert bring_on(run.campaign).state == S.FINISHED
    assert kept(run.campaign) == {"failed": 2}
    assert set(Recipient.objects.values_list("reason", flat=True)) == {Reason.DROPPED}
    with pytest.raises(Refused, match="known by now"):
        handing.hand_over_again(run, user=None)


def test_it_asks_nobody_while_it_is_still_looking(sandbox: SandboxProcess, line: Line) -> None:
    make_people(1)
    sandbox.control("options", {"lose_rate": 1})
    run = push(gateway_campaign([line]))
    with pytest.raises(Refused, match="still being asked"):
        handing.drop(run, user=None)


def test_it_doubts_what_a_dead_worker_was_handing_over(line: Line) -> None:
    make_people(1)
    campaign = start(gateway_campaign([line]))
    run = handing.take_piece(campaign, line)
    assert run is not None
    handing._set_off(run)
    bring_on(campaign)
    run.refresh_from_db()
    assert (run.state, run.reason, campaigns_there(line.account)) == (Run.UNKNOWN, Reason.CRASHED, [])
    kept(campaign)


def test_it_tries_again_by_itself_what_was_certainly_not_taken(sandbox: SandboxProcess, line: Line) -> None:
    people = [*make_people(1), *make_people(1, story="93", first=60)]
    campaign = gateway_campaign([line])
    push(campaign)
    becomes(campaign, S.FINISHED)
    assert campaign.gateway_runs.get().attempts == 2
    assert sandbox.received_by() == {person.phone: 1 for person in people}


def test_it_blocks_when_the_line_is_refused_and_goes_on_when_it_is_well(sandbox: SandboxProcess, line: Line) -> None:
    make_people(1)
    sandbox.control("disconnect", {"account": "zender", "number": line.phone})
    campaign = gateway_campaign([line])
    run = push(campaign)
    line.refresh_from_db()
    assert (campaign.state, campaign.reason, run.state) == (S.BLOCKED, Reason.LINE_DISCONNECTED, Run.PLANNED)
    assert line.state == Line.State.DISCONNECTED
    sandbox.control("connect", {"account": "zender", "number": line.phone})
    Line.objects.filter(pk=line.pk).update(state=Line.State.READY)
    becomes(campaign, S.FINISHED)
    assert len(sandbox.received_by()) == 1


def test_it_notices_that_somebody_deleted_it_there(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=5)
    make_people(3)
    campaign = gateway_campaign([line])
    run = push(campaign)
    with provider_of(line.account) as provider:
        provider.delete_campaign(run.remote_id, "whatsapp")
    run_becomes(run, Run.GONE)
    assert bring_on(campaign).state == S.FINISHED
    kept(campaign)


def test_it_finds_each_sms_by_recipient_text_and_time(sandbox: SandboxProcess, sim: Line) -> None:
    people = make_people(3)
    campaign = gateway_campaign([sim], body="Rebajas {hoy|ya} en {{unsubscribe.link}} {a|{b|c}}")
    run = push(campaign)
    becomes(campaign, S.FINISHED)
    assert sandbox.received_by() == {person.phone: 1 for person in people}
    person_becomes(campaign, people[0].phone, R.DELIVERED)
    run.refresh_from_db()
    assert run.remote_id
    kept(campaign)


def test_it_steers_sms_campaigns_by_their_listed_id(sandbox: SandboxProcess, sim: Line) -> None:
    sandbox.reset(campaign_gap_seconds=0.3)
    make_people(6)
    campaign = gateway_campaign([sim])
    run = push(campaign)
    lifecycle.pause(campaign)
    run_becomes(run, Run.PAUSED)
    assert at_gateway(run) == "paused"
    lifecycle.resume(campaign)
    becomes(campaign, S.FINISHED, within=15)
    assert set(sandbox.received_by().values()) == {1}


def test_it_does_not_argue_with_a_refusal_to_stop(account: Account) -> None:
    make_people(2)
    paid = account.lines.filter(kind="paid").order_by("id")[0]
    campaign = gateway_campaign([paid])
    run = push(campaign)
    bring_on(campaign)
    run.refresh_from_db()
    assert (run.state, campaign.state) == (Run.FINISHED, S.FINISHED)  # the gateway lists it as one without control
    with provider_of(account) as provider, pytest.raises(Exception, match="not supported") as refused:
        provider.stop_campaign(run.remote_id, "sms")
    assert refused.value.reason == Reason.NOT_SUPPORTED  # type: ignore[attr-defined]


def test_it_sends_nothing_of_it_by_carillon(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.reset(campaign_gap_seconds=5)
    make_people(3)
    push(gateway_campaign([line]))
    before = sandbox.received_by()
    assert Pump(seconds=1).run() == 0
    assert sandbox.received_by() == before


def test_it_is_brought_on_by_the_clock(line: Line) -> None:
    make_people(1)
    campaign = gateway_campaign([line])
    mirror.sweep()
    assert not campaign.gateway_runs.exists()
    lifecycle.start(campaign)
    lifecycle.prepare(campaign.pk)
    mirror.sweep()
    run_tasks()
    assert campaign.gateway_runs.count() == 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"body": "Hi {{ name }}"}, "body", "It knows: contact.name"),
        ({"body": 'Hi {{ contact.name|default:"you" }}'}, "body", "cannot be filled in"),
        ({"send_before": "2099-01-01T00:00Z"}, "send_before", "keeps no last moment"),
    ],
)
def test_it_refuses_what_the_gateway_cannot_do(line: Line, changes: dict[str, str], field: str, sentence: str) -> None:
    make_people(1)
    campaign = gateway_campaign([line])
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    campaign.refresh_from_db()
    with pytest.raises(Refused, match=sentence) as refused:
        lifecycle.start(campaign)
    assert refused.value.field == field


def test_it_refuses_a_gateway_that_cannot_send_by_itself(sandbox: SandboxProcess) -> None:
    wablas = make_account(sandbox, "wablas")
    make_people(1)
    with pytest.raises(Refused, match="cannot send a campaign by itself") as refused:
        gateway_campaign([whatsapp_line(wablas)])
    assert refused.value.field == "lines"
    assert Group.objects.exists()
