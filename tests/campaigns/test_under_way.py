"""What a campaign that a gateway sends by itself shows in the gateway's lists is ours, also before we know its ids."""

import pytest

from campaigns import under_way
from campaigns.models import GatewayRun
from contacts.phone import phone_key
from messaging.models import Account, MirroredObject
from tests.campaigns.gateway_world import bring_on, gateway_campaign, push
from tests.messaging.mirror_world import panel, sync
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, make_people, phone, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
Run = GatewayRun.State


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    sandbox.reset(campaign_gap_seconds=0)
    return make_account(sandbox)


def elsewhere(account: Account) -> set[str]:
    """Messages that are shown as made outside Carillon."""
    found = MirroredObject.objects.filter(
        account=account, kind__in=["wa_sent", "wa_pending", "sms_sent", "sms_pending"]
    )
    return set(found.filter(gone_at=None).values_list("name", flat=True))


def sent_there(account: Account, count: int) -> None:
    with panel(account) as provider:
        eventually(lambda: len(provider.client.get_wa_sent(limit=100)) == count)


def test_a_piece_whose_answer_got_lost_is_ours(sandbox: SandboxProcess, account: Account) -> None:
    make_people(3)
    sandbox.control("options", {"drop_rate": 1.0})
    run = push(gateway_campaign([whatsapp_line(account)]))
    sandbox.control("options", {"drop_rate": 0})
    assert run.state == Run.UNKNOWN
    sent_there(account, 3)
    sync(account)
    assert elsewhere(account) == set()


def test_it_stays_ours_once_its_ids_are_known(account: Account) -> None:
    make_people(3)
    campaign = gateway_campaign([whatsapp_line(account)])
    push(campaign)
    sent_there(account, 3)
    eventually(lambda: bring_on(campaign).state == "finished")
    sync(account)
    assert elsewhere(account) == set()


def test_what_somebody_sends_to_others_meanwhile_is_not(account: Account) -> None:
    make_people(2)
    line = whatsapp_line(account)
    push(gateway_campaign([line]))
    with panel(account) as provider:
        provider.client.send_whatsapp(account=line.address, recipient=phone(40), message="By hand")
    sent_there(account, 3)
    sync(account)
    assert elsewhere(account) == {"By hand"}


def test_people_of_a_piece_count_until_their_message_has_an_id(account: Account) -> None:
    people = make_people(2)
    run = push(gateway_campaign([whatsapp_line(account)]))
    keys = {phone_key(person.phone) for person in people}
    assert under_way.phones_of(account.pk, keys) == keys
    GatewayRun.objects.filter(pk=run.pk).update(state=Run.FINISHED, pushed_at="2026-01-01T00:00Z")
    assert under_way.phones_of(account.pk, keys) == set()
