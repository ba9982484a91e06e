"""Messages whose outcome nobody knew: what the gateway is asked, when it is believed, and that nobody gets two."""

from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from messaging import outbox, polling
from messaging.models import Account, Line, Message, MessageEvent
from messaging.outbox.pump import Pump
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import ask_now, make_account, phone, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status
KNOWING = ["wablas", "smsgateway24"]  # gateways that know our reference, so that their "not there" counts


def line_of(sandbox: SandboxProcess, dialect: str) -> Line:
    account = make_account(sandbox, dialect)
    return (
        whatsapp_line(account) if dialect != "smsgateway24" else account.lines.filter(channel="sms").first() or Line()
    )


def grow_old(message: Message, *fields: str) -> None:
    """As if these moments of a message had been a minute earlier."""
    Message.objects.filter(pk=message.pk).update(**{field: F(field) - timedelta(minutes=1) for field in fields})


def look(message: Message) -> str:
    """One look at its gateway; the status after it."""
    ask_now(message.account)
    message.refresh_from_db()
    return message.status


@pytest.mark.parametrize("dialect", KNOWING)
def test_nobody_gets_two_from_a_gateway_that_is_late(sandbox: SandboxProcess, dialect: str) -> None:
    """Its call ended a moment ago, however long it lasted; it knows nothing of the message yet, and takes it all the same."""
    sandbox.reset(late_seconds=3)
    message = send(line_of(sandbox, dialect), phone(1, "88"))
    grow_old(message, "attempted_at")
    assert look(message) == S.UNKNOWN
    grow_old(message, "attempted_at", "status_at")
    assert look(message) == S.UNKNOWN
    assert not sandbox.deliveries(), "too slow for what is tried here"
    eventually(sandbox.deliveries)
    assert look(message) in (S.ACCEPTED, S.SENT, S.DELIVERED)
    Pump(seconds=1).run()
    assert sandbox.received_by() == {phone(1, "88"): 1}


@pytest.mark.parametrize("dialect", KNOWING)
def test_it_goes_out_again_once_it_is_twice_not_there(sandbox: SandboxProcess, dialect: str) -> None:
    sandbox.reset(lose_rate=1)
    message = send(line_of(sandbox, dialect), phone(1))
    sandbox.reset()
    grow_old(message, "attempted_at", "status_at")
    assert [look(message), look(message)] == [S.UNKNOWN, S.QUEUED]
    Pump(seconds=1).run()
    assert sandbox.received_by() == {phone(1): 1}


@pytest.mark.parametrize("hour", [3, 12])
@pytest.mark.parametrize(("dialect", "end"), [("wablas", S.QUEUED), ("smsgateway24", S.QUEUED), ("zender", S.UNKNOWN)])
def test_it_is_found_out_within_a_minute(sandbox: SandboxProcess, dialect: str, end: str, hour: int) -> None:
    line = whatsapp_line(make_account(sandbox, dialect))
    sandbox.control("options", {"lose_rate": 1})
    moment = (timezone.now() + timedelta(days=1)).replace(hour=hour)
    with time_machine.travel(moment, tick=False) as clock:
        message = send(line, phone(1))
        assert message.status == S.UNKNOWN
        while message.status == S.UNKNOWN and message.ask_at and timezone.now() < moment + timedelta(minutes=2):
            clock.shift(1)
            if Account.objects.filter(pk=line.account_id, next_poll_at__lte=timezone.now()).exists():
                polling.poll_account(line.account_id)
            message.refresh_from_db()
        assert (message.status, message.ask_at) == (end, None)
        assert timezone.now() - moment <= timedelta(minutes=1)
    assert sandbox.received_by() == {}


def test_it_asks_again_while_the_gateway_cannot_be_asked(sandbox: SandboxProcess) -> None:
    """An outage or throttling is no answer: nobody has to decide about what can be found out later."""
    remote = sandbox.new_account("wablas", "Throttled", settings={"report_throttled": True})
    account = make_account(sandbox, "wablas", base_url=remote["base_url"], credentials=remote["credentials"])
    message = send(whatsapp_line(account), phone(1, "94"))
    assert [look(message) for _ in range(6)] == [S.UNKNOWN] * 6
    assert message.ask_at
    own = account.base_url
    Account.objects.update(base_url="http://127.0.0.1:9")
    assert [look(message) for _ in range(3)] == [S.UNKNOWN] * 3
    assert message.ask_at
    Account.objects.update(base_url=own)
    Message.objects.update(status_at=timezone.now() - timedelta(hours=2))
    assert [look(message) for _ in range(4)] == [S.UNKNOWN] * 4
    assert message.ask_at is None, "after an hour a person decides"


def test_one_that_went_back_by_mistake_does_not_go_out_again(sandbox: SandboxProcess) -> None:
    sandbox.reset(lose_rate=1)
    message = send(line_of(sandbox, "wablas"), phone(1))
    outbox.apply([outbox.Update(message_id=message.pk, status=S.QUEUED, claim=message.lease_token)], source="engine")
    told = outbox.Update(message_id=message.pk, status=S.DELIVERED, remote_id="7")
    assert outbox.apply([told], source=MessageEvent.Source.CALLBACK)
    sandbox.reset()
    Pump(seconds=1).run()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (S.DELIVERED, 1)
    assert message.counted_at, "the caps count it"
    assert sandbox.received_by() == {}


def test_news_about_one_that_was_never_handed_over_is_not_believed(sandbox: SandboxProcess) -> None:
    message, _ = outbox.queue(line=line_of(sandbox, "wablas"), to=phone(1), body="Hello")
    told = outbox.Update(message_id=message.pk, status=S.DELIVERED, remote_id="7")
    assert outbox.apply([told], source=MessageEvent.Source.CALLBACK) == []


def test_an_inbox_that_fails_keeps_no_status_back(sandbox: SandboxProcess) -> None:
    remote = sandbox.account("smsgateway24")
    with RecordedGateway() as gateway:
        line = line_of(sandbox, "smsgateway24")
        message = send(line, phone(1))
        gateway.answer_at("/gettoken", {"error": 0, "token": "t"})
        for _ in range(2):
            gateway.answer_at("/getallsms", "<html>", status=500)
        gateway.answer_at("/getsmsstatus", {"error": 0, "status": "6", "status_description": "sent"})
        Account.objects.update(base_url=gateway.url, credentials=remote["credentials"])
        assert look(message) == S.SENT
        assert {"getallsms", "getsmsstatus"} <= {request.path.rpartition("/")[2] for request in gateway.requests}


def test_one_bad_person_of_a_batch_costs_the_others_nothing(sandbox: SandboxProcess) -> None:
    """A refused batch may have been saved in part: only what is certainly not there goes out again, each by itself."""
    line = line_of(sandbox, "smsgateway24")
    for to in (phone(1), phone(2, "91"), phone(3)):
        outbox.queue(line=line, to=to, body="Hello")
    Pump(seconds=1).run()
    statuses = Message.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == [S.ACCEPTED, S.UNKNOWN, S.UNKNOWN]
    for message in Message.objects.filter(status=S.UNKNOWN):
        grow_old(message, "attempted_at", "status_at")
    for _look in range(2):
        ask_now(line.account)
    Pump(seconds=1).run()
    assert [status == S.FAILED for status in statuses.all()] == [False, True, False]
    assert not Message.objects.filter(status__in=[S.QUEUED, S.UNKNOWN]).exists()
    assert sandbox.received_by() == {phone(1): 1, phone(3): 1}


def test_a_question_that_the_key_may_not_ask_leaves_it_to_a_person(sandbox: SandboxProcess) -> None:
    message = send(line_of(sandbox, "zender"), phone(1, "94"))
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/wa.pending", "get/wa.sent"]})
    assert [look(message) for _ in range(4)] == [S.UNKNOWN] * 4
    assert message.ask_at is None
