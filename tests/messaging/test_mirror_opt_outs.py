"""Opt-outs both ways: a gateway's list becomes consent here, and ours is told to gateways that keep a list."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from contacts import consent
from contacts.models import Channel, Consent, ConsentEvent, ConsentState
from messaging import clock, tasks
from messaging.mirror import opt_outs_out
from messaging.models import Account, Exchange, MirrorState, OptOutPush
from tests.messaging.mirror_world import sync
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people

pytestmark = pytest.mark.django_db
ON_THE_LIST = "525550003009"  # the demo account's one unsubscribed person; its list says +521…
KEY = "6281230000042"


def told(path: str = "/api/blacklist") -> list[str]:
    """The phones a gateway was told at an address, oldest first."""
    rows = Exchange.objects.filter(url__endswith=path).order_by("id")
    return [json.loads(row.request)["query"]["phone"] for row in rows if row.status_code == 200]


def stop(key: str = KEY) -> None:
    consent.opt_out(phone_key=key, source=consent.Source.REPLY, evidence="STOP")


def start(key: str = KEY) -> None:
    consent.opt_in(phone_key=key, source=consent.Source.REPLY, evidence="START")


def tell(account: Account) -> None:
    """What the clock and the cluster do."""
    for account_id in opt_outs_out.collect():
        tasks.push_opt_outs(account_id)
    account.refresh_from_db()


# In


def test_somebody_on_the_gateways_list_is_opted_out_once(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    sync(account)
    events = ConsentEvent.objects.filter(phone_key=ON_THE_LIST)
    assert {(event.channel, event.state, event.source) for event in events} == {
        (channel, ConsentState.OPTED_OUT, "gateway") for channel in Channel.values
    }
    assert len(events) == 2
    assert account.name in events[0].evidence
    assert consent.states([ON_THE_LIST])[ON_THE_LIST] == {"sms": "opted-out", "whatsapp": "opted-out"}


def test_who_opted_in_after_the_entry_was_made_stays_in(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    start(ON_THE_LIST)
    Consent.objects.update(changed_at=timezone.now() + timedelta(seconds=5))
    sync(account)
    assert consent.states([ON_THE_LIST])[ON_THE_LIST]["sms"] == "opted-in"


def test_an_opt_in_after_the_list_was_read_is_not_undone_by_the_next_sync(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    start(ON_THE_LIST)
    sync(account)
    assert consent.states([ON_THE_LIST])[ON_THE_LIST]["whatsapp"] == "opted-in"


# Out


def test_an_opt_out_is_told_to_a_gateway_that_keeps_a_list(sandbox: SandboxProcess) -> None:
    account, other = make_account(sandbox, "wablas"), make_account(sandbox)
    tell(account)
    stop()
    tell(account)
    tell(account)
    assert told() == [KEY]
    push = OptOutPush.objects.get()
    assert (push.account, push.wanted, push.attempts) == (account, "out", 1)
    assert push.done_at is not None
    assert not other.opt_out_pushes.exists()


def test_those_who_stopped_before_the_account_was_made_are_told_too(sandbox: SandboxProcess) -> None:
    stop()
    stop("6281230000043")
    tell(make_account(sandbox, "wablas"))
    assert set(told()) == {KEY, "6281230000043"}


def test_an_opt_in_takes_back_what_was_told(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    tell(account)
    stop()
    tell(account)
    start()
    tell(account)
    assert told("/api/blacklist/cancel") == [KEY]


def test_an_opt_in_of_somebody_never_told_of_changes_nothing_there(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    tell(account)
    start()
    tell(account)
    assert told("/api/blacklist/cancel") == []


def test_every_spelling_of_a_number_is_told(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    (person,) = make_people(1)
    stop(person.phone_key)
    tell(account)
    assert set(told()) == {f"52{person.phone_key[2:]}", f"521{person.phone_key[2:]}"}


def test_it_tells_again_what_did_not_arrive(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    tell(account)
    address = account.base_url
    Account.objects.update(base_url="http://127.0.0.1:1")
    stop()
    tell(account)
    push = OptOutPush.objects.get()
    assert (push.done_at, push.attempts, bool(push.note)) == (None, 1, True)
    assert push.next_attempt_at is not None
    assert push.next_attempt_at > timezone.now()
    Account.objects.update(base_url=address)
    OptOutPush.objects.update(next_attempt_at=timezone.now())
    tell(account)
    push.refresh_from_db()
    assert (told(), push.attempts, push.note) == ([KEY], 2, "")


def test_an_answer_that_got_lost_is_asked_for_again() -> None:
    with RecordedGateway() as gateway:
        account = Account.objects.create(
            name="Lossy", provider="wablas", base_url=gateway.url, credentials={"token": "t0ken"}, state="ready"
        )
        gateway.hang_up()
        gateway.answer({"status": True, "message": "ok"})
        stop()
        tell(account)
        assert OptOutPush.objects.get().done_at is None
        OptOutPush.objects.update(next_attempt_at=timezone.now())
        tell(account)
        assert OptOutPush.objects.get().done_at is not None
        assert [request.query["phone"] for request in gateway.requests] == [KEY, KEY]


def test_a_number_the_gateway_refuses_for_good_is_kept_with_its_reason(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    stop("12345")
    tell(account)
    tell(account)
    push = OptOutPush.objects.get()
    assert (push.done_at, push.refused_at is not None, push.attempts) == (None, True, 1)
    assert push.note


def test_an_account_that_refuses_us_is_left_alone_for_a_while(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    for key in (KEY, "6281230000043", "6281230000044"):
        stop(key)
    Account.objects.filter(pk=account.pk).update(credentials={"token": "wrong"})
    tell(account)
    assert Exchange.objects.filter(url__endswith="/api/blacklist").count() == 1
    assert OptOutPush.objects.filter(next_attempt_at__gt=timezone.now() + timedelta(minutes=4)).count() == 3
    assert opt_outs_out.collect() == []


def test_an_event_that_was_committed_late_is_found_by_the_next_sync(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    tell(account)
    stop()
    MirrorState.objects.filter(kind=opt_outs_out.CURSOR).update(cursor=str(ConsentEvent.objects.latest("id").pk))
    tell(account)
    assert told() == []
    sync(account)
    tell(account)
    assert told() == [KEY]


def test_many_opt_outs_are_planned_in_a_few_statements(
    sandbox: SandboxProcess, django_assert_max_num_queries: object
) -> None:
    account = make_account(sandbox, "wablas")
    tell(account)
    consent.opt_out_many(evidence={f"62812{n:08d}": "file" for n in range(450)}, source=consent.Source.IMPORT)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        opt_outs_out.collect()
    assert OptOutPush.objects.filter(account=account, wanted="out").count() == 450


def test_the_clock_hands_the_telling_out_once(sandbox: SandboxProcess) -> None:
    make_account(sandbox, "wablas")
    stop()
    chore = clock._CHORES["opt-outs"][1]
    chore()
    chore()
    assert OrmQ.objects.count() == 1
